"""A signal while the last write is in flight: the write is finished, the report says so, and the run ends in 130."""

import signal
from collections.abc import Callable

import pytest

from tests.enrollments import worlds as enrollments
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.started import STOPPING
from tests.webhooks import endpoint_worlds as worlds
from tests.webhooks.endpoint_worlds import CHANGE, DELETE, URL, Ran
from tests.webhooks.replays import REPLAY, put_many

NOTHING_LEFT = "interrupted; nothing was left to apply"
CREATE = ("webhooks", "create", "--url", URL, "--overlap", "0s", "-o", "json")


def _nothing(sandbox: Sandbox) -> None:
    """An account without endpoints."""


def _disabled(sandbox: Sandbox) -> None:
    worlds.created(sandbox)
    [endpoint] = worlds.endpoints(sandbox)
    sandbox.stripe().v1.webhook_endpoints.update(endpoint.id, {"disabled": True})


def _registered(sandbox: Sandbox) -> None:
    worlds.created(sandbox)


def _interrupted(sandbox: Sandbox, operation: str, *args: str) -> Ran:
    """Run into Ctrl-C while a write is in flight."""
    sandbox.control.add_fault("hold", operation=operation)
    process = sandbox.start(*args)
    sandbox.control.wait_held(timeout=60)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    out, err = process.communicate(timeout=60)
    return worlds.read_ran(process.returncode, out, err)


@pytest.mark.parametrize(
    ("build", "operation", "args", "outcomes"),
    [
        (_nothing, CHANGE, CREATE, [("create", "applied")]),
        (_disabled, CHANGE, CREATE, [("update", "applied")]),
        (_registered, DELETE, (*CREATE, "--roll"), [("replace", "applied"), ("delete", "applied")]),
        (_registered, DELETE, ("webhooks", "delete", "--url", URL, "--yes", "-o", "json"), [("delete", "applied")]),
    ],
    ids=["create", "create fixes", "create --roll", "delete"],
)
def test_last_write_is_finished(
    sandbox: Sandbox,
    build: Callable[[Sandbox], None],
    operation: str,
    args: tuple[str, ...],
    outcomes: list[tuple[str, str]],
) -> None:
    """Run again, there is nothing to do."""
    build(sandbox)

    ran = _interrupted(sandbox, operation, *args)

    assert (130, outcomes, NOTHING_LEFT) == (ran.exit_code, ran.outcomes, ran.report["error"]["message"])
    before = last_entry(sandbox)
    rest = sandbox.run(*(arg for arg in args if arg != "--roll"))
    assert (0, []) == (rest.returncode, writes_since(sandbox, before))


def test_replay_handles_the_event_in_flight(sandbox: Sandbox) -> None:
    """The number of events in the window is not known, so the report counts those that were handled."""
    enrollments.put_basics(sandbox)
    put_many(sandbox, 1)

    ran = _interrupted(sandbox, "UpdateItem", *REPLAY)

    assert (130, "interrupted after 1 event") == (ran.exit_code, ran.report["error"]["message"])
    assert 1 == ran.report["effects"]["changed"]
