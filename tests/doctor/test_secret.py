"""What doctor says of the secret."""

from collections.abc import Callable, Mapping

import pytest

from tests.doctor.worlds import SECRET_NAME, examine, keys_of, live_key, put_secret
from tests.running import Sandbox

PUSH = "lmx secrets push"
Content = Callable[[Sandbox], Mapping[str, str] | str]


def test_secret_as_it_should_be(sandbox: Sandbox) -> None:
    """Its keys are told by kind and mode, never by value; nothing else is said."""
    put_secret(sandbox, keys_of(sandbox))
    examined = examine(sandbox)
    found = f"{SECRET_NAME} holds STRIPE_SECRET_KEY (secret, test) and "
    found += "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY (publishable, test)"
    assert ("ok", found, None, 0) == examined.row("Secret")
    assert {"Signing secret", "Configured key"}.isdisjoint(examined.statuses())


def test_secret_that_is_not_there(sandbox: Sandbox) -> None:
    """The remedy makes it."""
    assert ("failed", f"secret {SECRET_NAME} does not exist", PUSH, 3) == examine(sandbox).row("Secret")


def test_secret_scheduled_for_deletion(sandbox: Sandbox) -> None:
    """It still answers, and can be restored."""
    put_secret(sandbox, keys_of(sandbox))
    sandbox.secretsmanager().delete_secret(SecretId=SECRET_NAME)
    status, found, remedy, code = examine(sandbox).row("Secret")
    assert ("failed", 3) == (status, code)
    assert found.startswith(f"secret {SECRET_NAME} is scheduled for deletion (20")
    assert str(remedy).startswith("Restore it with lmx secrets push --restore, or ")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (lambda _: "not JSON", f"the value of secret {SECRET_NAME} is not JSON"),
        (
            lambda sandbox: keys_of(sandbox, NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY=None),
            f"NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY missing in secret {SECRET_NAME}",
        ),
        (
            lambda sandbox: keys_of(sandbox, STRIPE_SECRET_KEY="nonsense"),
            "STRIPE_SECRET_KEY is not a Stripe key",
        ),
        (
            lambda sandbox: keys_of(sandbox, STRIPE_SECRET_KEY=live_key(sandbox)),
            "STRIPE_SECRET_KEY is a live mode key, NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY a test mode key",
        ),
    ],
    ids=("text", "incomplete", "nonsense", "two modes"),
)
def test_secret_that_no_command_can_use(sandbox: Sandbox, content: Content, found: str) -> None:
    """Each flaw by its name, with the command that puts it right."""
    put_secret(sandbox, content(sandbox))
    status, said, remedy, code = examine(sandbox).row("Secret")
    assert ("failed", found, 3) == (status, said, code)
    assert "lmx secrets " in str(remedy)


def test_keys_of_two_accounts(sandbox: Sandbox) -> None:
    """Both keys tell their account."""
    other = sandbox.control.add_key(kind="publishable", mode="test", account="new")
    put_secret(sandbox, keys_of(sandbox, NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY=str(other["value"])))
    mine = sandbox.info.stripe_account
    found = f"STRIPE_SECRET_KEY belongs to account {mine}, NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY to {other['account']}"
    assert ("failed", found, PUSH, 3) == examine(sandbox).row("Secret")


def test_live_keys_in_preview(sandbox: Sandbox) -> None:
    """The site's preview would take real money: a guard."""
    live = {
        "STRIPE_SECRET_KEY": live_key(sandbox),
        "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": live_key(sandbox, "publishable"),
    }
    put_secret(sandbox, keys_of(sandbox, **live))
    found = f"{SECRET_NAME} holds live mode keys, environment preview takes test mode keys"
    assert ("failed", found, f"{PUSH}, with test mode keys", 5) == examine(sandbox).row("Secret")


def test_secret_tagged_with_another_environment(sandbox: Sandbox) -> None:
    """Its tag says whose it is."""
    put_secret(sandbox, keys_of(sandbox), tag="prod")
    status, found, remedy, code = examine(sandbox).row("Secret")
    assert ("failed", 5) == (status, code)
    assert f"secret {SECRET_NAME} has the tag Environment=prod, but this run is for preview" == found
    assert "--secret-name" in str(remedy)


def test_secret_without_a_signing_secret(sandbox: Sandbox) -> None:
    """A warning: payments then wait for the reconcile."""
    put_secret(sandbox, keys_of(sandbox, STRIPE_WEBHOOK_SECRET=None))
    examined = examine(sandbox)
    assert "ok" == examined.row("Secret")[0]
    status, found, remedy, _ = examined.row("Signing secret")
    assert ("warning", f"{SECRET_NAME} has no STRIPE_WEBHOOK_SECRET") == (status, found.partition(":")[0])
    assert "lmx webhooks create --url https://HOST/api/webhooks/stripe" == remedy


def test_signing_secret_that_is_none(sandbox: Sandbox) -> None:
    """The API keys are fine, and a push would keep what is wrong: the remedy is another one than theirs."""
    put_secret(sandbox, keys_of(sandbox, STRIPE_WEBHOOK_SECRET="nonsense"))
    examined = examine(sandbox)
    assert "ok" == examined.row("Secret")[0]
    found = f"STRIPE_WEBHOOK_SECRET in {SECRET_NAME} is not a signing secret"
    remedy = "lmx webhooks create --url https://HOST/api/webhooks/stripe --yes"
    assert ("failed", found, remedy, 3) == examined.row("Signing secret")


def test_keys_of_another_account_than_it_should_be(sandbox: Sandbox) -> None:
    """The key that is configured here is right: the site would still sell into another account."""
    other = sandbox.control.add_key(kind="secret", mode="test", account="new")
    beside = sandbox.control.add_key(kind="publishable", mode="test", account=other["account"])
    keys = {"STRIPE_SECRET_KEY": str(other["value"]), "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": str(beside["value"])}
    put_secret(sandbox, keys_of(sandbox, **keys))
    mine = sandbox.info.stripe_account
    examined = examine(sandbox, {"LMX_STRIPE_ACCOUNT": mine})
    found = f"{SECRET_NAME} holds keys of account {other['account']}, but LMX_STRIPE_ACCOUNT is {mine}"
    assert ("failed", found, f"{PUSH}, with keys of {mine}; or change LMX_STRIPE_ACCOUNT", 5) == examined.row("Secret")
    assert "ok" == examined.row("Stripe key")[0]


def test_key_here_that_is_not_the_stored_one(sandbox: Sandbox) -> None:
    """What is tried out here is not what the site runs with."""
    other = sandbox.control.add_key(kind="secret", mode="test")
    put_secret(sandbox, keys_of(sandbox, STRIPE_SECRET_KEY=str(other["value"])))
    status, found, remedy, _ = examine(sandbox).row("Configured key")
    assert ("warning", True) == (status, found.startswith("STRIPE_SECRET_KEY here differs from the one in"))
    assert "lmx secrets status (then push or pull)" == remedy


def test_secret_that_another_writer_rotates(sandbox: Sandbox) -> None:
    """The keys are fine, a push would be refused: both are said."""
    put_secret(sandbox, keys_of(sandbox))
    sandbox.secretsmanager().rotate_secret(SecretId=SECRET_NAME, RotationRules={"AutomaticallyAfterDays": 30})
    examined = examine(sandbox)
    assert "ok" == examined.row("Secret")[0]
    status, found, remedy, code = examined.row("Secret owner")
    assert ("failed", 5, True) == (status, code, "has rotation turned on" in found)
    assert "Turn rotation off" in str(remedy)
