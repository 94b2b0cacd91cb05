"""Which keys `secrets push` takes, from where, and which ones it refuses."""

import pytest

from tests.ran import writes_since
from tests.running import Sandbox
from tests.secrets import support
from tests.secrets.support import PREVIEW, WEBHOOK

PUBLISHABLE = "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"


def test_env_file_is_the_one_place(sandbox: Sandbox) -> None:
    """With .env.local there, all keys come from it, none from the process environment."""
    keys = {**support.api_keys(sandbox, kind="restricted"), "STRIPE_WEBHOOK_SECRET": WEBHOOK}
    support.write_env(sandbox, keys)

    run = sandbox.run("secrets", "push", *PREVIEW)

    assert (0, keys) == (run.returncode, support.stored(sandbox))
    assert "Stripe keys from .env.local." in run.stderr


def test_named_env_file(sandbox: Sandbox) -> None:
    """--env-file is read instead of .env.local."""
    support.write_env(sandbox, {"STRIPE_SECRET_KEY": "wrong"})
    support.write_env(sandbox, support.api_keys(sandbox), "other.env")

    report = support.document(sandbox.run("secrets", "push", *PREVIEW, "--env-file", "other.env", "-o", "json"))

    assert ("other.env", support.api_keys(sandbox)) == (report["source"], support.stored(sandbox))


def test_keys_are_not_mixed(sandbox: Sandbox) -> None:
    """A key that the file lacks is missing, though the process environment has it."""
    support.write_env(sandbox, {"STRIPE_SECRET_KEY": sandbox.info.secret_key})

    run = sandbox.run("secrets", "push", *PREVIEW, "-o", "json")

    assert (3, "config.key_missing") == support.ending(run)
    assert "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY missing in .env.local" == support.document(run)["error"]["message"]


def test_process_environment(sandbox: Sandbox) -> None:
    """Without an env file the keys come from the process environment."""
    run = sandbox.run("secrets", "push", *PREVIEW, env={"STRIPE_WEBHOOK_SECRET": WEBHOOK})

    assert {**support.api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": WEBHOOK} == support.stored(sandbox)
    assert "Stripe keys from the process environment." in run.stderr


def test_sandbox_has_its_own_keys(sandbox: Sandbox) -> None:
    """For -e sandbox neither .env.local nor the process environment counts."""
    support.write_env(sandbox, {"STRIPE_SECRET_KEY": "wrong"})

    run = sandbox.run("secrets", "push", "-e", "sandbox", env={"STRIPE_SECRET_KEY": "wrong"})

    assert (0, support.api_keys(sandbox)) == (run.returncode, support.stored(sandbox))
    assert "Stripe keys from the running sandbox." in run.stderr


def test_missing_env_file(sandbox: Sandbox) -> None:
    """A named env file must be there."""
    assert (3, "config.env_file") == support.ending(
        sandbox.run("secrets", "push", "--env-file", "nowhere", "-o", "json")
    )


def test_unreadable_env_file(sandbox: Sandbox) -> None:
    """A folder in place of the env file is an error of one line."""
    (sandbox.cwd / ".env.local").mkdir()

    run = sandbox.run("secrets", "push", *PREVIEW, "-o", "json")

    assert (3, "config.env_file") == support.ending(run)
    assert "Is a directory" in support.document(run)["error"]["message"]


def test_env_file_with_an_open_quote(sandbox: Sandbox) -> None:
    """A quote that never closes is named by its line."""
    (sandbox.cwd / ".env.local").write_text('A=1\nSTRIPE_SECRET_KEY="sk_canary\n')

    run = sandbox.run("secrets", "push", *PREVIEW, "-o", "json")

    assert (3, "env file .env.local can't be understood at line 2") == (
        run.returncode,
        support.document(run)["error"]["message"],
    )


@pytest.mark.parametrize(
    ("pasted", "flaw"),
    [
        ('"KEY"', "wrapped in quotes"),
        ("'KEY'", "wrapped in quotes"),
        ("KEY ", "blank or newline"),
        ("KEY\n", "blank or newline"),
        (" KEY", "blank or newline"),
        ("xKEY", "not a Stripe key"),
    ],
)
def test_flawed_value_in_the_environment(sandbox: Sandbox, pasted: str, flaw: str) -> None:
    """A key that was pasted badly into the process environment is refused with the flaw."""
    key = pasted.replace("KEY", sandbox.info.secret_key)

    run = sandbox.run("secrets", "push", *PREVIEW, "-o", "json", env={"STRIPE_SECRET_KEY": key})

    assert (3, "config.key") == support.ending(run)
    assert flaw in support.document(run)["error"]["message"]
    assert [] == writes_since(sandbox)


def test_blank_inside_the_quotes_of_an_env_file(sandbox: Sandbox) -> None:
    """Quotes of an env file belong to the file, a blank inside them to the value."""
    keys = {name: f'"{value} "' for name, value in support.api_keys(sandbox).items()}
    support.write_env(sandbox, keys)

    assert (3, "config.key") == support.ending(sandbox.run("secrets", "push", *PREVIEW, "-o", "json"))


def test_swapped_keys(sandbox: Sandbox) -> None:
    """A publishable key in the secret key's place is refused: anybody may read it there."""
    keys = support.api_keys(sandbox)
    support.write_env(sandbox, {"STRIPE_SECRET_KEY": keys[PUBLISHABLE], PUBLISHABLE: keys["STRIPE_SECRET_KEY"]})

    assert (3, "config.key") == support.ending(sandbox.run("secrets", "push", *PREVIEW, "-o", "json"))


def test_keys_of_two_modes(sandbox: Sandbox) -> None:
    """Both keys are test keys, or both are live keys."""
    mixed = {**support.api_keys(sandbox), PUBLISHABLE: support.api_keys(sandbox, "live")[PUBLISHABLE]}
    support.write_env(sandbox, mixed)

    assert (3, "config.key_mode") == support.ending(sandbox.run("secrets", "push", *PREVIEW, "-o", "json"))


@pytest.mark.parametrize(("environment", "mode"), [("preview", "live"), ("prod", "test")])
def test_mode_that_does_not_fit(sandbox: Sandbox, environment: str, mode: str) -> None:
    """Live keys outside prod and test keys for prod are refused; the flag is named; Stripe is not asked."""
    support.write_env(sandbox, support.api_keys(sandbox, mode))

    run = sandbox.run("secrets", "push", "-e", environment, "-o", "json")

    assert (5, "guard.mode") == support.ending(run)
    assert "--allow-mode-mismatch" in support.document(run)["error"]["hint"]
    assert [] == sandbox.control.journal()


def test_keys_of_two_accounts(sandbox: Sandbox) -> None:
    """A publishable key of another account is seen without asking Stripe."""
    other = sandbox.control.add_key(kind="publishable", mode="test", account="acct_1" + "Z" * 15)
    support.write_env(sandbox, {**support.api_keys(sandbox), PUBLISHABLE: str(other["value"])})

    assert (3, "config.key_account") == support.ending(sandbox.run("secrets", "push", *PREVIEW, "-o", "json"))
    assert [] == sandbox.control.journal()


def test_account_that_is_not_expected(sandbox: Sandbox) -> None:
    """LMX_STRIPE_ACCOUNT refuses the keys of any other account."""
    run = sandbox.run("secrets", "push", *PREVIEW, "-o", "json", env={"LMX_STRIPE_ACCOUNT": "acct_1other"})

    assert (5, "guard.account") == support.ending(run)
    assert [] == writes_since(sandbox)


def test_unverified_account_that_is_not_expected(sandbox: Sandbox) -> None:
    """Without a call to Stripe, the account that the key names is compared."""
    environment = {"LMX_STRIPE_ACCOUNT": "acct_1other"}
    run = sandbox.run("secrets", "push", *PREVIEW, "--no-verify", "-o", "json", env=environment)

    assert (5, "guard.account") == support.ending(run)


@pytest.mark.parametrize("status", ["revoked", "expired"])
def test_key_that_no_longer_works(sandbox: Sandbox, status: str) -> None:
    """A revoked or expired key is found out before it is stored."""
    sandbox.control.set_key_status(sandbox.info.secret_key, status)

    run = sandbox.run("secrets", "push", "-o", "json")

    assert (4, "credentials.stripe") == support.ending(run)
    assert [] == writes_since(sandbox)
