"""Two registrations at once end with one endpoint whose secret is stored."""

import pytest

from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.started import Started
from tests.webhooks import endpoint_worlds as worlds
from tests.webhooks.endpoint_worlds import CHANGE, CURRENT, KEPT, MAKE, MOVE, PREVIOUS, PUT, URL, Ran
from tests.webhooks.recording import Recorder, recording


def test_two_first_runs_register_one(sandbox: Sandbox) -> None:
    """Both planned to make one: Stripe gives both the same."""
    worlds.create_secret(sandbox, KEPT)
    with recording() as recorder:
        sandbox.control.add_fault("hold", operation=MAKE, times=2)
        processes = [_start(sandbox, recorder.url) for _ in range(2)]
        sandbox.control.wait_held(timeout=60, at_least=2)
        sandbox.control.release()
        assert [0, 0] == [_end(process).exit_code for process in processes]
        _require_one(sandbox, recorder)


@pytest.mark.parametrize("operation", [MAKE, CHANGE, PUT, MOVE])
def test_run_that_comes_in_between(sandbox: Sandbox, operation: str) -> None:
    """While the first is held before a write, a second run does it all; the first finds that, and ends well too."""
    worlds.create_secret(sandbox, KEPT)
    with recording() as recorder:
        first = _held(sandbox, operation, recorder.url)
        worlds.created(sandbox, url=recorder.url)
        sandbox.control.release()
        ran = _end(first)
        assert 0 == ran.exit_code, ran.stderr
        assert ("create", "applied" if operation == MAKE else "superseded") == ran.outcomes[0]
        assert {"create": int(operation == MAKE), "failed": 0} == {
            word: ran.report["summary"][word] for word in ("create", "failed")
        }
        _require_one(sandbox, recorder)


@pytest.mark.parametrize(
    ("operation", "args"),
    [(operation, args) for args in (("--roll",), ()) for operation in (MAKE, CHANGE, PUT, MOVE)],
    ids=lambda value: value if isinstance(value, str) else " ".join(value) or "create",
)
def test_run_that_comes_in_between_a_roll(sandbox: Sandbox, operation: str, args: tuple[str, ...]) -> None:
    """A second roll or a plain create while the first roll is held: one endpoint, both secrets of endpoints there."""
    worlds.create_secret(sandbox, KEPT)
    with recording() as recorder:
        worlds.created(sandbox, url=recorder.url)
        former = worlds.stored(sandbox)[CURRENT]
        first = _held(sandbox, operation, recorder.url, "--roll")
        worlds.created(sandbox, *args, url=recorder.url)
        sandbox.control.release()
        assert 0 == _end(first).exit_code
        _require_one(sandbox, recorder)
        content = worlds.stored(sandbox)
        # Rolled once: the secret before it is the first one.
        assert ({"theirs", CURRENT, PREVIOUS}, former) == (set(content), content[PREVIOUS])
        assert former != content[CURRENT]


@pytest.mark.parametrize(("args", "code"), [((), 5), (("--yes",), 0)], ids=["unasked", "yes"])
def test_another_signing_secret_stored_meanwhile_is_not_overwritten_unseen(
    sandbox: Sandbox, args: tuple[str, ...], code: int
) -> None:
    """Somebody pushes one between reading and storing: looked at again, refused, and replaced once somebody agrees."""
    worlds.create_secret(sandbox, KEPT)
    process = _held(sandbox, MOVE, URL, *args)
    theirs = {**KEPT, CURRENT: "whsec_" + "somebodys", "more": "theirs"}
    put = sandbox.secretsmanager().put_secret_value
    put(SecretId=worlds.NAME, SecretString=str(theirs).replace("'", '"'))
    sandbox.control.release()
    ran = _end(process)
    assert (code, ("create", "superseded")) == (ran.exit_code, ran.outcomes[0])
    if code:
        assert ("guard.confirm", theirs) == (ran.error, worlds.stored(sandbox))
        worlds.created(sandbox, "--yes")
    worlds.healthy(sandbox)
    stored = worlds.stored(sandbox)
    assert ("theirs", theirs[CURRENT]) == (stored["more"], stored[PREVIOUS])


def test_endpoint_deleted_while_it_is_fixed(sandbox: Sandbox) -> None:
    """It is created again."""
    worlds.created(sandbox)
    [endpoint] = worlds.endpoints(sandbox)
    service = sandbox.stripe().v1.webhook_endpoints
    service.update(endpoint.id, {"disabled": True})
    process = _held(sandbox, CHANGE, URL)
    service.delete(endpoint.id)
    sandbox.control.release()
    ran = _end(process)
    assert (0, [("update", "superseded"), ("create", "applied")]) == (ran.exit_code, ran.outcomes)
    worlds.healthy(sandbox)


def _start(sandbox: Sandbox, url: str, *args: str) -> Started:
    return sandbox.start("webhooks", "create", "--url", url, "--overlap", "0s", "-o", "json", *args)


def _held(sandbox: Sandbox, operation: str, url: str, *args: str) -> Started:
    sandbox.control.add_fault("hold", operation=operation)
    process = _start(sandbox, url, *args)
    sandbox.control.wait_held(timeout=60)
    return process


def _end(process: Started) -> Ran:
    out, err = process.communicate(timeout=60)
    return worlds.read_ran(process.returncode, out, err)


def _require_one(sandbox: Sandbox, recorder: Recorder) -> None:
    worlds.healthy(sandbox, recorder.url)
    worlds.require_signed(sandbox, recorder)
    before = last_entry(sandbox)
    worlds.created(sandbox, url=recorder.url)
    assert [] == writes_since(sandbox, before)
