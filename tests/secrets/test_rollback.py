"""`lmx secrets rollback`, end to end."""

from datetime import datetime

import pytest

from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.secrets import support
from tests.secrets.support import FIRST, NAME, OTHER
from tests.webhooks.endpoint_worlds import CURRENT, PREVIOUS, created, healthy

OLD: dict[str, object] = {"STRIPE_SECRET_KEY": "sk_" + "test_" + "old" * 8, "gone": "1"}
NEW: dict[str, object] = {"STRIPE_SECRET_KEY": "rk_" + "test_" + "new" * 8}
MOVE = "UpdateSecretVersionStage"


@pytest.fixture
def two(sandbox: Sandbox) -> Sandbox:
    """The sandbox, with a secret of two versions."""
    support.create_secret(sandbox, OLD)
    support.put_secret(sandbox, NEW)
    return sandbox


def test_named_version(two: Sandbox) -> None:
    """A named version becomes current with one write, the current one previous."""
    position = last_entry(two)

    run = two.run("secrets", "rollback", "--to", FIRST, "--yes", "-o", "json")

    labels = two.secretsmanager().describe_secret(SecretId=NAME)["VersionIdsToStages"]
    assert (0, [MOVE], OLD) == (run.returncode, writes_since(two, position), support.stored(two))
    assert {FIRST: ["AWSCURRENT"], OTHER: ["AWSPREVIOUS"]} == labels


def test_age(two: Sandbox) -> None:
    """The table tells how old the version is that becomes current."""
    run = two.run("secrets", "rollback", "--dry-run")

    assert f"Plan: make version {FIRST}, less than a minute old, current." in run.stdout


def test_plan(two: Sandbox) -> None:
    """The plan names both versions, the age, and what becomes of each key, without a value; nothing is written."""
    position = last_entry(two)

    report = support.document(two.run("secrets", "rollback", "--dry-run", "-o", "json"))

    before, after = report["changes"][0]["before"], report["changes"][0]["after"]
    made = [fields.pop("created") for fields in (before, after)]
    assert {"version": OTHER, "STRIPE_SECRET_KEY": "present (restricted, test)", "gone": "missing"} == before
    assert {"version": FIRST, "STRIPE_SECRET_KEY": "changed (secret, test)", "gone": "present"} == after
    assert made == [f"{datetime.fromisoformat(time):%Y-%m-%dT%H:%M:%SZ}" for time in made]
    assert [] == writes_since(two, position)


FORMER, LATER = "whsec_" + "former" * 6, "whsec_" + "later" * 6
CHANGES = (
    "STRIPE_WEBHOOK_SECRET changes too: receivers reject deliveries of the present endpoint "
    "until lmx webhooks create --url URL replaces it"
)


@pytest.mark.parametrize(
    ("before", "after", "warnings"),
    [
        ({CURRENT: FORMER}, {CURRENT: LATER, PREVIOUS: FORMER}, [CHANGES]),
        ({}, {CURRENT: LATER}, [CHANGES]),
        ({CURRENT: LATER}, {CURRENT: LATER, "theirs": "1"}, []),
        ({CURRENT: FORMER, PREVIOUS: LATER}, {CURRENT: LATER}, []),
        ({CURRENT: FORMER}, {"theirs": "1"}, []),
    ],
)
def test_signing_secret_that_would_be_lost(
    sandbox: Sandbox, before: dict[str, object], after: dict[str, object], warnings: list[str]
) -> None:
    """A rollback across a roll is warned of: the endpoint signs with what would be gone."""
    support.create_secret(sandbox, before)
    support.put_secret(sandbox, after)

    assert warnings == support.document(sandbox.run("secrets", "rollback", "--dry-run", "-o", "json")).get(
        "warnings", []
    )


def test_endpoint_is_made_anew_after_a_rollback(sandbox: Sandbox) -> None:
    """What the warning says to do leaves an endpoint whose signing secret is the stored one."""
    created(sandbox)
    created(sandbox, "--roll")
    former = support.document(sandbox.run("secrets", "rollback", "--dry-run", "-o", "json"))["version_id"]
    assert 0 == sandbox.run("secrets", "rollback", "--to", former, "--yes").returncode

    created(sandbox, "--yes")

    healthy(sandbox)


@pytest.mark.parametrize(("answer", "code", "content"), [("y\n", 0, OLD), ("n\n", 1, NEW)])
def test_asks_on_a_terminal(two: Sandbox, answer: str, code: int, content: dict[str, object]) -> None:
    """On a terminal the previous version is offered."""
    assert code == support.run_on_terminal(two, answer, "secrets", "rollback")
    assert content == support.stored(two)


def test_without_a_terminal(two: Sandbox) -> None:
    """Where nobody can answer, the remedy names both flags that it takes, with the version of the plan."""
    run = two.run("secrets", "rollback", "-o", "json")

    assert (5, "guard.confirm") == support.ending(run)
    command = f"lmx secrets rollback --yes --to {support.document(run)['version_id']}"
    assert f"If this is the right version: {command}" == support.document(run)["error"]["hint"]
    assert NEW == support.stored(two)


def test_yes_needs_a_version(two: Sandbox) -> None:
    """--yes without --to would undo itself when run again."""
    assert (2, "usage") == support.ending(two.run("secrets", "rollback", "--yes", "-o", "json"))
    assert NEW == support.stored(two)


def test_already_current(two: Sandbox) -> None:
    """The current version is nothing to do, again and again."""
    position = last_entry(two)

    run = two.run("secrets", "rollback", "--to", OTHER, "--yes", "-o", "json")

    assert (0, [], []) == (run.returncode, support.document(run)["changes"], writes_since(two, position))


@pytest.mark.parametrize("version", ["9" * 32, "9" * 64, "short", "x" * 100])
def test_unknown_version(two: Sandbox, version: str) -> None:
    """The versions that there are get named."""
    run = two.run("secrets", "rollback", "--to", version, "--yes", "-o", "json")

    assert (2, "usage.version") == support.ending(run)
    hint = support.document(run)["error"]["hint"]
    assert [True, True] == [known in hint for known in (FIRST, OTHER)]


def test_version_without_a_label(two: Sandbox) -> None:
    """A version older than the previous one can be named too."""
    support.put_secret(two, {"newest": "1"}, "3" * 32)

    assert 0 == two.run("secrets", "rollback", "--to", FIRST, "--yes").returncode
    assert OLD == support.stored(two)


def test_no_earlier_version(sandbox: Sandbox) -> None:
    """With one version there is nothing to go back to."""
    support.create_secret(sandbox, OLD)

    assert (1, "failed.no_version") == support.ending(sandbox.run("secrets", "rollback", "-o", "json"))


def test_no_secret(sandbox: Sandbox) -> None:
    """Without a secret neither."""
    assert (3, "config.secret_missing") == support.ending(sandbox.run("secrets", "rollback", "-o", "json"))


def test_scheduled_for_deletion(two: Sandbox) -> None:
    """A secret that is going away is brought back first."""
    two.secretsmanager().delete_secret(SecretId=NAME)

    assert (3, "config.secret_deleted") == support.ending(two.run("secrets", "rollback", "-o", "json"))


def test_rotation(two: Sandbox) -> None:
    """A secret with rotation is left alone."""
    two.secretsmanager().rotate_secret(SecretId=NAME, RotationRules={"AutomaticallyAfterDays": 30})

    assert (5, "guard.owned_secret") == support.ending(two.run("secrets", "rollback", "-o", "json"))


def test_secret_of_a_service(sandbox: Sandbox) -> None:
    """A secret that belongs to another AWS service is left alone."""
    support.create_owned_secret(sandbox, support.api_keys(sandbox))
    support.put_secret(sandbox, {})
    position = last_entry(sandbox)

    assert (5, "guard.owned_secret") == support.ending(sandbox.run("secrets", "rollback", "-o", "json"))
    assert [] == writes_since(sandbox, position)


def test_current_version_that_is_broken(sandbox: Sandbox) -> None:
    """A current version that is no JSON is what a rollback is for."""
    support.create_secret(sandbox, support.api_keys(sandbox))
    sandbox.secretsmanager().put_secret_value(SecretId=NAME, SecretString="not JSON")

    assert 0 == sandbox.run("secrets", "rollback", "--to", FIRST, "--yes").returncode
    assert support.api_keys(sandbox) == support.stored(sandbox)


def test_target_that_is_broken(sandbox: Sandbox) -> None:
    """A version that is no JSON does not become current."""
    sandbox.secretsmanager().create_secret(Name=NAME, SecretString="not JSON", ClientRequestToken=FIRST)
    support.put_secret(sandbox, NEW)

    run = sandbox.run("secrets", "rollback", "--to", FIRST, "--yes", "-o", "json")

    assert (3, "config.secret_content") == support.ending(run)
    assert NEW == support.stored(sandbox)


def test_another_writer(two: Sandbox) -> None:
    """When another version became current meanwhile, what was agreed to no longer holds: nothing is moved."""
    two.control.add_fault("hold", service="secretsmanager", operation=MOVE)
    process = two.start("secrets", "rollback", "--to", FIRST, "--yes", "-o", "json")
    two.control.wait_held(60)
    support.put_secret(two, {"theirs": "1"}, "3" * 32)
    two.control.release()
    out, _ = process.communicate(timeout=60)

    assert (1, True) == (process.returncode, "failed.race" in out)
    assert {"theirs": "1"} == support.stored(two)


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_answer(two: Sandbox, when: str) -> None:
    """A call whose answer is lost is sent again and done once."""
    two.control.add_fault("drop", service="secretsmanager", operation=MOVE, when=when)

    run = two.run("secrets", "rollback", "--to", FIRST, "--yes", "-o", "json")

    assert (0, "applied", OLD) == (run.returncode, support.document(run)["changes"][0]["outcome"], support.stored(two))


@pytest.mark.parametrize("when", ["before", "after"])
def test_kill(two: Sandbox, when: str) -> None:
    """Killed before or after the move, the same command run again ends the same."""
    two.control.add_fault("hold", service="secretsmanager", operation=MOVE, when=when)
    process = two.start("secrets", "rollback", "--to", FIRST, "--yes")
    two.control.wait_held(60)
    process.kill()
    process.wait()
    two.control.release()

    assert 0 == two.run("secrets", "rollback", "--to", FIRST, "--yes").returncode
    assert OLD == support.stored(two)
