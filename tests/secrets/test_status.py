"""`lmx secrets status`, end to end."""

import pytest

from learnermax_cli.core.times import show_age
from learnermax_cli.secrets.status import compare_keys
from tests.running import Sandbox
from tests.secrets.support import (
    FIRST,
    NAME,
    PREVIEW,
    WEBHOOK,
    api_keys,
    content_of,
    create_secret,
    document,
    ending,
    write_env,
)

OTHER_KEY = "sk_" + "test_" + "other" * 5


def states(document: dict[str, object]) -> dict[str, str]:
    """Return the state per key."""
    items = document["items"]
    assert isinstance(items, list)
    return {row["key"]: row["state"] for row in items}


def test_each_state(sandbox: Sandbox) -> None:
    """Every key that is here or there has its state; other keys are named only."""
    create_secret(sandbox, {"STRIPE_SECRET_KEY": OTHER_KEY, "STRIPE_WEBHOOK_SECRET": WEBHOOK, "foreign": "x"})
    write_env(sandbox, api_keys(sandbox))

    run = sandbox.run("secrets", "status", *PREVIEW, "-o", "json")

    expected = {
        "STRIPE_SECRET_KEY": "differs",
        "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": "missing there",
        "STRIPE_WEBHOOK_SECRET": "missing here",
    }
    report = document(run)
    assert (0, expected) == (run.returncode, states(report))
    assert (FIRST, ["foreign"], ".env.local") == (report["version_id"], report["other_keys"], report["source"])


def test_same(sandbox: Sandbox) -> None:
    """After a push everything is the same, and --exit-code ends in 0."""
    sandbox.run("secrets", "push")

    run = sandbox.run("secrets", "status", "--exit-code", "-o", "json")

    assert (0, {"same"}) == (run.returncode, set(states(document(run)).values()))
    assert "findings" not in document(run)


def test_exit_code(sandbox: Sandbox) -> None:
    """With --exit-code a difference ends in 8."""
    assert 8 == sandbox.run("secrets", "status", "--exit-code").returncode


def test_a_signing_secret_that_only_the_secret_has_is_no_drift(sandbox: Sandbox) -> None:
    """`webhooks create` puts it there alone, and the one before too; a push leaves both."""
    keys = api_keys(sandbox)
    create_secret(sandbox, {**keys, "STRIPE_WEBHOOK_SECRET": WEBHOOK, "STRIPE_WEBHOOK_SECRET_PREVIOUS": WEBHOOK})
    write_env(sandbox, keys)

    run = sandbox.run("secrets", "status", *PREVIEW, "--exit-code", "-o", "json")

    assert (0, "missing here") == (run.returncode, states(document(run))["STRIPE_WEBHOOK_SECRET"])
    assert "findings" not in document(run)


@pytest.mark.parametrize(
    ("environment", "here", "told"),
    [
        ("sandbox", False, "differs"),
        ("preview", True, "differs; to take the stored one: lmx secrets pull -e preview"),
    ],
)
def test_a_pull_is_a_remedy_where_it_helps(sandbox: Sandbox, environment: str, *, here: bool, told: str) -> None:
    """The sandbox's own keys come from no env file, so that a push alone makes them agree."""
    keys = api_keys(sandbox)
    create_secret(sandbox, {**keys, "STRIPE_SECRET_KEY": OTHER_KEY})
    if here:
        write_env(sandbox, keys)

    run = sandbox.run("secrets", "status", "-e", environment, "-o", "json")

    found = [(finding["detail"], finding["remedy"]) for finding in document(run)["findings"]]
    assert [(told, f"lmx secrets push -e {environment}")] == found


def test_no_secret(sandbox: Sandbox) -> None:
    """A secret that is not there yet is no failure."""
    run = sandbox.run("secrets", "status", "-o", "json")

    assert (0, {"missing there"}, None) == (
        run.returncode,
        set(states(document(run)).values()),
        document(run)["version_id"],
    )


def test_version_and_age(sandbox: Sandbox) -> None:
    """The table names version and age."""
    create_secret(sandbox, {})

    out = sandbox.run("secrets", "status").stdout

    assert f"Secret {NAME}, version {FIRST}, less than a minute old." in out


def test_secret_without_a_version(sandbox: Sandbox) -> None:
    """A secret that holds nothing yet is told as such."""
    sandbox.secretsmanager().create_secret(Name=NAME)

    assert f"Secret {NAME} has no version yet." in sandbox.run("secrets", "status").stdout


def test_scheduled_for_deletion(sandbox: Sandbox) -> None:
    """What can't be read is explained."""
    create_secret(sandbox, {})
    sandbox.secretsmanager().delete_secret(SecretId=NAME)

    assert (3, "config.secret_deleted") == ending(sandbox.run("secrets", "status", "-o", "json"))


def test_no_stripe_call(sandbox: Sandbox) -> None:
    """Status asks Stripe nothing and writes nothing."""
    sandbox.run("secrets", "status")

    assert ["DescribeSecret"] == [entry["operation"] for entry in sandbox.control.journal()]


def test_values_of_another_type_differ() -> None:
    """A stored null or number is there, and is not the same as a key."""
    assert ["differs", "missing here"] == [
        row.state
        for row in compare_keys(
            {"STRIPE_SECRET_KEY": OTHER_KEY}, content_of({"STRIPE_SECRET_KEY": None, "STRIPE_WEBHOOK_SECRET": 3})
        )
    ]


@pytest.mark.parametrize(
    ("seconds", "told"),
    [
        (-5, "less than a minute"),
        (59, "less than a minute"),
        (60, "1 minute"),
        (7200, "2 hours"),
        (86_400 * 3, "3 days"),
    ],
)
def test_age(seconds: int, told: str) -> None:
    """An age is told in its largest unit."""
    from datetime import UTC, datetime, timedelta

    now = datetime(2026, 1, 10, tzinfo=UTC)
    assert told == show_age(now - timedelta(seconds=seconds), now)
