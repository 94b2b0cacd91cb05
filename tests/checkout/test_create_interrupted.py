"""Ctrl-C during `checkout create`: no further write begins, what was done is told, and the next run goes on."""

import json
import signal
from typing import Any

import pytest

from tests.checkout import worlds
from tests.checkout.worlds import COURSE, CREATE_SESSION, ENV, PUT, UPDATE, USER
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.started import STOPPING

WRITES = (PUT, CREATE_SESSION, UPDATE)


def _interrupted(sandbox: Sandbox, index: int) -> dict[str, Any]:
    """Run into Ctrl-C while a write is in flight; return the report, after exactly the writes up to that one."""
    seq = last_entry(sandbox)
    sandbox.control.add_fault("hold", writes_only=True, skip=index, when="before")
    process = sandbox.start("checkout", "create", COURSE, "--user", USER, "-o", "json", env=ENV)
    sandbox.control.wait_held(timeout=60)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    stdout, stderr = process.communicate(timeout=60)
    assert (130, False) == (process.returncode, "Traceback" in stderr)
    # The held request is dropped with its connection, and is sent again.
    assert [*WRITES[: index + 1], WRITES[index]] == writes_since(sandbox, seq)
    report: dict[str, Any] = json.loads(stdout)
    assert (130, "interrupted") == (report["error"]["exit_code"], report["error"]["code"])
    return report


@pytest.mark.parametrize("index", [0, 1])
def test_stopped_between_two_writes(sandbox: Sandbox, index: int) -> None:
    """The write in flight is finished, the next one does not begin; another run leaves one session to pay."""
    worlds.on_sale(sandbox)
    message = _interrupted(sandbox, index)["error"]["message"]
    done = [f"the pending enrollment {USER}/{COURSE} was written"]
    made = worlds.open_sessions(sandbox)
    done += [f"session {session_id} was created" for session_id in made]
    assert index == len(made)
    assert f"interrupted; the checkout is not complete: {', '.join(done)}" == message
    data = worlds.created(sandbox)
    assert data["session_id"] == worlds.only_session(sandbox)
    assert made in ([], [data["session_id"]])


def test_stopped_at_the_last_write(sandbox: Sandbox) -> None:
    """When nothing was left to do, the session is shown all the same, and another run writes nothing."""
    worlds.on_sale(sandbox)
    report = _interrupted(sandbox, 2)
    assert "interrupted; nothing was left to apply" == report["error"]["message"]
    assert report["data"]["session_id"] == worlds.only_session(sandbox)
    seq = last_entry(sandbox)
    assert {**report["data"], "reused": True} == worlds.created(sandbox)
    assert [] == writes_since(sandbox, seq)
