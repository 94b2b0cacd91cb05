"""`lmx webhooks create --roll`: a new signing secret, both valid meanwhile, and no delivery lost."""

import signal
from typing import Any

import pytest

from tests.checkout import worlds as checkout
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.started import STOPPING, Started
from tests.webhooks import endpoint_worlds as worlds
from tests.webhooks.endpoint_worlds import CHANGE, CURRENT, DELETE, KEPT, MAKE, MOVE, PREVIOUS, PUT
from tests.webhooks.recording import recording

# Nobody listens there: what Stripe delivers to it stays undelivered.
DEAF = "http://127.0.0.1:9/api/webhooks/stripe"


def test_roll_replaces_the_secret_and_keeps_the_former(sandbox: Sandbox) -> None:
    """One version with both, the new endpoint marked, the old one deleted last."""
    worlds.create_secret(sandbox, KEPT)
    worlds.created(sandbox)
    old, former = worlds.healthy(sandbox).id, worlds.stored(sandbox)[CURRENT]
    before = last_entry(sandbox)
    ran = worlds.created(sandbox, "--roll")
    assert [MAKE, CHANGE, PUT, MOVE, DELETE] == writes_since(sandbox, before)
    assert old != worlds.healthy(sandbox).id
    content = worlds.stored(sandbox)
    assert ({"theirs", CURRENT, PREVIOUS}, former, 3) == (
        set(content),
        content[PREVIOUS],
        worlds.versions(sandbox),
    )
    assert [("replace", "applied"), ("delete", "applied")] == ran.outcomes


def test_both_endpoints_are_valid_during_the_overlap(sandbox: Sandbox) -> None:
    """Ctrl-C meanwhile leaves both, exit 130; what either delivers fits; run again, only the old one's end is left."""
    with recording() as recorder:
        worlds.created(sandbox, url=recorder.url)
        process = _in_overlap(sandbox, recorder.url)
        assert 2 == len(worlds.endpoints(sandbox))
        worlds.require_signed(sandbox, recorder)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
        ran = worlds.read_ran(process.returncode, out, err)
        assert (130, [("replace", "applied"), ("delete", "planned")]) == (ran.exit_code, ran.outcomes)
        listed = worlds.run(sandbox, "list", "--exit-code")
        assert (8, 2) == (listed.exit_code, len(listed.findings))
        before = last_entry(sandbox)
        assert [("delete", "applied")] == worlds.created(sandbox, "--roll", url=recorder.url).outcomes
        assert [DELETE] == writes_since(sandbox, before)
        worlds.healthy(sandbox, recorder.url)


def test_rest_of_the_overlap_is_waited_for(sandbox: Sandbox) -> None:
    """A run that takes an unfinished roll up waits only for what is left of the overlap."""
    worlds.created(sandbox)
    process = _in_overlap(sandbox, worlds.URL)
    process.kill()
    sandbox.control.advance_clock(3600)
    ran = worlds.run(sandbox, "create", "--url", worlds.URL, "--overlap", "1h")
    assert (0, [("delete", "applied")]) == (ran.exit_code, ran.outcomes)
    assert "Waiting 3600 s" not in ran.stderr


def test_what_the_old_endpoint_has_not_delivered_is_handled(sandbox: Sandbox) -> None:
    """A payment whose webhook nobody took: confirmed before the endpoint, and with it Stripe's retries, is gone."""
    _paid_undelivered(sandbox)
    assert "pending" == _status(sandbox)
    ran = worlds.created(sandbox, "--roll", url=DEAF)
    assert "completed" == _status(sandbox)
    kinds = [(change["kind"], change["action"], change["outcome"]) for change in ran.report["changes"]]
    assert ("endpoint", "replace", "applied") == kinds[0]
    assert ("enrollment", "complete", "applied") in kinds
    assert ("endpoint", "delete", "applied") == kinds[-1]
    worlds.healthy(sandbox, DEAF)


def test_old_endpoint_stays_while_something_cannot_be_handled(sandbox: Sandbox) -> None:
    """Exit 1 with the reason; both endpoints stay, and the next run finishes."""
    _paid_undelivered(sandbox)
    fault: dict[str, Any] = {"service": "dynamodb", "status": 400, "code": "ValidationException", "message": "no"}
    sandbox.control.add_fault("error", operation="UpdateItem", times=None, **fault)
    ran = worlds.create(sandbox, "--roll", url=DEAF)
    assert (1, "failed.undelivered") == (ran.exit_code, ran.error)
    assert [("replace", "applied"), ("delete", "failed")] == ran.outcomes
    assert (2, "pending") == (len(worlds.endpoints(sandbox)), _status(sandbox))
    sandbox.control.clear_faults()
    assert [("delete", "applied")] == worlds.created(sandbox, url=DEAF).outcomes
    assert "completed" == _status(sandbox)
    worlds.healthy(sandbox, DEAF)


def test_second_roll_drops_the_first_secret(sandbox: Sandbox) -> None:
    """Receivers accept two secrets: the present and the one before it."""
    seen = []
    for args in ((), ("--roll",), ("--roll",)):
        worlds.created(sandbox, *args)
        seen.append(worlds.stored(sandbox)[CURRENT])
    assert (3, {CURRENT: seen[2], PREVIOUS: seen[1]}) == (len(set(seen)), worlds.stored(sandbox))


@pytest.mark.parametrize("operation", [MAKE, MOVE, CHANGE])
def test_interrupt_finishes_the_new_endpoint(sandbox: Sandbox, operation: str) -> None:
    """Ctrl-C while it is made: its secret is stored and it is marked all the same; only the old one's end is left."""
    worlds.created(sandbox)
    sandbox.control.add_fault("hold", operation=operation)
    process = sandbox.start("webhooks", "create", "--url", worlds.URL, "--roll", "-o", "json")
    sandbox.control.wait_held(timeout=60)
    process.send_signal(signal.SIGINT)
    process.read_until(STOPPING)
    sandbox.control.release()
    out, err = process.communicate(timeout=60)
    ran = worlds.read_ran(process.returncode, out, err)
    assert (130, [("replace", "applied"), ("delete", "planned")]) == (ran.exit_code, ran.outcomes)
    assert [("delete", "applied")] == worlds.created(sandbox).outcomes
    worlds.healthy(sandbox)


def _in_overlap(sandbox: Sandbox, url: str) -> Started:
    """Start a roll and wait until it gives receivers an hour."""
    process = sandbox.start("webhooks", "create", "--url", url, "--roll", "--overlap", "1h", "-o", "json")
    for line in process.stderr:
        if "Waiting 3600 s for receivers" in line:
            return process
    raise AssertionError("the run ended without an overlap")


def _paid_undelivered(sandbox: Sandbox) -> None:
    checkout.on_sale(sandbox)
    worlds.created(sandbox, url=DEAF)
    session_id = checkout.created(sandbox)["session_id"]
    sandbox.control.pay(session_id)


def _status(sandbox: Sandbox) -> str:
    item = checkout.read_enrollment(sandbox)
    assert item is not None
    return str(item["paymentStatus"])
