"""Other writers, kills and lost answers: a push ends in the state of one clean run."""

import json
from collections.abc import Mapping

import pytest

from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.secrets import support
from tests.secrets.support import FIRST, NAME, PREVIEW, WEBHOOK

MOVE, PUT, CREATE = "UpdateSecretVersionStage", "PutSecretValue", "CreateSecret"


def hold(sandbox: Sandbox, operation: str, when: str = "before") -> None:
    """Hold the next such call; once released, its connection is dropped and boto3 sends it again."""
    sandbox.control.add_fault("hold", service="secretsmanager", operation=operation, when=when)


def kill_push(sandbox: Sandbox, operation: str, when: str, *flags: str) -> None:
    """Push, and kill the run while that call is held."""
    hold(sandbox, operation, when)
    process = sandbox.start("secrets", "push", *flags)
    sandbox.control.wait_held(60)
    process.kill()
    process.wait()
    sandbox.control.release()


def push_while(sandbox: Sandbox, operation: str, other: Mapping[str, object], *flags: str) -> tuple[int, str]:
    """Push; another writer stores `other` while that call is held. Return exit code and standard error."""
    hold(sandbox, operation)
    process = sandbox.start("secrets", "push", *flags)
    sandbox.control.wait_held(60)
    if operation == CREATE:
        support.create_secret(sandbox, other)
    else:
        support.put_secret(sandbox, other)
    sandbox.control.release()
    _, err = process.communicate(timeout=60)
    return process.returncode, err


@pytest.mark.parametrize("operation", [PUT, MOVE])
def test_writer_between_read_and_move(sandbox: Sandbox, operation: str) -> None:
    """A version that came after the read is not lost: the push starts over from it."""
    support.create_secret(sandbox, {"a": "1"})

    code, _ = push_while(sandbox, operation, {"a": "1", "theirs": "kept"})

    assert (0, {**support.api_keys(sandbox), "a": "1", "theirs": "kept"}) == (code, support.stored(sandbox))


@pytest.mark.parametrize("flags", [(), ("--yes",)])
def test_writer_whose_value_would_be_replaced(sandbox: Sandbox, flags: tuple[str, ...]) -> None:
    """What nobody agreed to replace is not replaced, though it came after the plan."""
    support.create_secret(sandbox, {})
    theirs: dict[str, object] = {"STRIPE_SECRET_KEY": "sk_" + "test_" + "theirs" * 4}

    code, err = push_while(sandbox, MOVE, theirs, *flags)

    expected = (0, support.api_keys(sandbox)) if flags else (5, theirs)
    assert expected == (code, support.stored(sandbox))
    assert bool(flags) != ("--yes" in err)


def test_first_version_that_another_one_stored(sandbox: Sandbox) -> None:
    """A secret without a value that gets one meanwhile is merged with: only the first version is current by itself."""
    sandbox.secretsmanager().create_secret(Name=support.NAME)

    code, _ = push_while(sandbox, PUT, {"theirs": "kept"})

    assert (0, {**support.api_keys(sandbox), "theirs": "kept"}) == (code, support.stored(sandbox))


def test_failed_read_after_the_push(sandbox: Sandbox) -> None:
    """What is stored is reported as applied, though nobody can say whether it is current still."""
    support.create_secret(sandbox, {})
    denied = {"status": 400, "code": "AccessDeniedException", "times": None, "skip": 1}
    sandbox.control.add_fault("error", service="secretsmanager", operation="DescribeSecret", **denied)

    report = support.document(sandbox.run("secrets", "push", "-o", "json"))

    assert "applied" == report["changes"][0]["outcome"]
    assert ["stored, but not read back"] == [warning.partition(":")[0] for warning in report["warnings"]]
    assert support.api_keys(sandbox) == support.stored(sandbox)


def test_creation_that_another_one_won(sandbox: Sandbox) -> None:
    """A secret that was created meanwhile is merged with."""
    code, _ = push_while(sandbox, CREATE, {"theirs": "kept"})

    assert (0, {**support.api_keys(sandbox), "theirs": "kept"}) == (code, support.stored(sandbox))


def test_same_keys_by_another_writer(sandbox: Sandbox) -> None:
    """When the other one stored the same, ours is superseded, and there is one new version current."""
    support.create_secret(sandbox, {})
    hold(sandbox, PUT)
    process = sandbox.start("secrets", "push", "-o", "json")
    sandbox.control.wait_held(60)
    support.put_secret(sandbox, support.api_keys(sandbox))
    sandbox.control.release()
    out, _ = process.communicate(timeout=60)

    assert (0, True) == (process.returncode, '"superseded"' in out)
    assert support.api_keys(sandbox) == support.stored(sandbox)


@pytest.mark.parametrize("theirs", [None, {"theirs": "1"}], ids=["nobody", "another writer"])
def test_writer_right_after_the_push(sandbox: Sandbox, theirs: dict[str, object] | None) -> None:
    """The push is done, and says so when another version is current right after it."""
    support.create_secret(sandbox, {})
    sandbox.control.add_fault("hold", service="secretsmanager", operation="DescribeSecret", skip=1)
    process = sandbox.start("secrets", "push", "-o", "json")
    sandbox.control.wait_held(60)
    assert support.api_keys(sandbox) == support.stored(sandbox)
    if theirs is not None:
        support.put_secret(sandbox, theirs)
    sandbox.control.release()
    out, _ = process.communicate(timeout=60)

    report = json.loads(out)
    warning = "another writer made a different version current after this one: lmx secrets status"
    assert (0, "applied") == (process.returncode, report["changes"][0]["outcome"])
    assert ([] if theirs is None else [warning]) == report.get("warnings", [])
    assert (theirs or support.api_keys(sandbox)) == support.stored(sandbox)


def test_two_pushes_side_by_side(sandbox: Sandbox) -> None:
    """Two first pushes of the same keys end in one version; neither fails."""
    processes = [sandbox.start("secrets", "push") for _ in range(2)]
    codes = []
    for process in processes:
        process.communicate(timeout=60)
        codes.append(process.returncode)

    assert ([0, 0], 1, support.api_keys(sandbox)) == (codes, support.versions(sandbox), support.stored(sandbox))


def test_two_different_pushes_side_by_side(sandbox: Sandbox) -> None:
    """What either of two pushes adds is there in the end."""
    support.create_secret(sandbox, {"other": "1"})
    support.write_env(sandbox, support.api_keys(sandbox), "one.env")
    support.write_env(sandbox, {**support.api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": WEBHOOK}, "two.env")

    processes = [sandbox.start("secrets", "push", *PREVIEW, "--env-file", name) for name in ("one.env", "two.env")]
    codes = []
    for process in processes:
        process.communicate(timeout=60)
        codes.append(process.returncode)

    expected = {**support.api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": WEBHOOK, "other": "1"}
    assert ([0, 0], expected) == (codes, support.stored(sandbox))


def test_writers_without_end(sandbox: Sandbox) -> None:
    """After five lost races the push gives up; what is current is untouched."""
    support.create_secret(sandbox, {"theirs": "1"})
    sandbox.control.add_fault(
        "error", service="secretsmanager", operation=MOVE, times=None, status=400, code="InvalidParameterException"
    )
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push", "-o", "json")

    assert (1, "failed.race") == support.ending(run)
    assert 5 == writes_since(sandbox, position).count(MOVE)
    assert {"theirs": "1"} == support.stored(sandbox)
    assert 2 == support.versions(sandbox)


def test_last_attempt_counts(sandbox: Sandbox) -> None:
    """Four lost races, and an answer lost at the fifth attempt, are a success."""
    support.create_secret(sandbox, {})
    sandbox.control.add_fault(
        "error", service="secretsmanager", operation=MOVE, times=4, status=400, code="InvalidParameterException"
    )
    sandbox.control.add_fault("drop", service="secretsmanager", operation=MOVE, when="after")

    run = sandbox.run("secrets", "push", "-o", "json")

    assert (0, "applied") == (run.returncode, support.document(run)["changes"][0]["outcome"])
    assert support.api_keys(sandbox) == support.stored(sandbox)


@pytest.mark.parametrize(
    ("operation", "when", "current"),
    [(PUT, "before", {"a": "1"}), (PUT, "after", {"a": "1"}), (MOVE, "before", {"a": "1"}), (MOVE, "after", None)],
)
def test_kill(sandbox: Sandbox, operation: str, when: str, current: dict[str, object] | None) -> None:
    """Killed anywhere, the secret is as before or as wanted; the next run ends with exactly one new version."""
    support.create_secret(sandbox, {"a": "1"})
    wanted = {**support.api_keys(sandbox), "a": "1"}
    kill_push(sandbox, operation, when)
    assert (current or wanted) == support.stored(sandbox)

    run = sandbox.run("secrets", "push")

    assert (0, wanted, 2) == (run.returncode, support.stored(sandbox), support.versions(sandbox))


@pytest.mark.parametrize("when", ["before", "after"])
def test_kill_while_creating(sandbox: Sandbox, when: str) -> None:
    """Killed while creating, the next run ends with one version all the same."""
    kill_push(sandbox, CREATE, when)

    run = sandbox.run("secrets", "push")

    assert (0, support.api_keys(sandbox), 1) == (run.returncode, support.stored(sandbox), support.versions(sandbox))


def test_killed_push_that_is_not_wanted_any_more(sandbox: Sandbox) -> None:
    """A version that was stored but never made current stays without effect."""
    support.create_secret(sandbox, support.api_keys(sandbox))
    support.write_env(sandbox, {**support.api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": WEBHOOK}, "other.env")
    kill_push(sandbox, MOVE, "before", *PREVIEW, "--env-file", "other.env")
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push")

    assert (0, []) == (run.returncode, writes_since(sandbox, position))
    assert support.api_keys(sandbox) == support.stored(sandbox)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("operation", [CREATE, PUT, MOVE])
def test_lost_answer(sandbox: Sandbox, operation: str, when: str) -> None:
    """A call whose answer is lost is sent again and done once."""
    if operation != CREATE:
        support.create_secret(sandbox, {"a": "1"})
    sandbox.control.add_fault("drop", service="secretsmanager", operation=operation, when=when)

    run = sandbox.run("secrets", "push", "-o", "json")

    assert (0, "applied") == (run.returncode, support.document(run)["changes"][0]["outcome"])
    assert (1 if operation == CREATE else 2) == support.versions(sandbox)
    assert support.api_keys(sandbox).items() <= support.stored(sandbox).items()


def test_push_after_a_rollback(sandbox: Sandbox) -> None:
    """Pushing again what was rolled back makes it current again."""
    support.create_secret(sandbox, {"a": "1"})
    sandbox.run("secrets", "push")
    sandbox.run("secrets", "rollback", "--to", FIRST, "--yes")
    assert {"a": "1"} == support.stored(sandbox)

    run = sandbox.run("secrets", "push")

    assert (0, {**support.api_keys(sandbox), "a": "1"}) == (run.returncode, support.stored(sandbox))
    labels = sandbox.secretsmanager().describe_secret(SecretId=NAME)["VersionIdsToStages"]
    assert ["AWSPREVIOUS"] == labels[FIRST]
