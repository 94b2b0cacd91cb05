"""A roll while payments come in: the receiver, the sandbox's deliveries and `webhooks create --roll`, all together."""

import socket
from contextlib import closing

import pytest

from tests.enrollments import worlds
from tests.items import student_item
from tests.running import Sandbox
from tests.webhooks import endpoint_worlds as endpoints
from tests.webhooks.mailbox import mailbox
from tests.webhooks.recording import PATH
from tests.webhooks.worlds import serving

USERS = [f"user-{number}" for number in range(10)]
# Longer than a receiver holds on to secrets that do not fit, so that a retry finds the new one.
RETRY_SECONDS = 61.0


@pytest.mark.slow
def test_no_payment_is_lost_while_the_secret_is_rolled(sandbox: Sandbox) -> None:
    """Before, during the overlap and after it: each is confirmed, each student gets one mail, nothing is left over."""
    url = f"http://127.0.0.1:{_free_port()}{PATH}"
    worlds.put_basics(sandbox)
    endpoints.created(sandbox, url=url)
    sandbox.control.set_webhooks(retry_seconds=[RETRY_SECONDS] * 3)
    with serving(sandbox, "--port", url.rpartition(":")[2].partition("/")[0]) as receiver, mailbox(sandbox) as mails:
        _buy(sandbox, USERS[:3])
        sandbox.control.drain_webhooks()
        roll = sandbox.start("webhooks", "create", "--url", url, "--roll", "--overlap", "2s", "-o", "json")
        roll.read_until("Waiting 2 s for receivers")
        _buy(sandbox, USERS[3:6])  # to a receiver that knows the former secret alone
        sandbox.control.drain_webhooks()
        sandbox.control.advance_clock(RETRY_SECONDS)
        _buy(sandbox, USERS[6:8])
        out, err = roll.communicate(60)
        assert 0 == endpoints.read_ran(roll.returncode, out, err).exit_code
        _buy(sandbox, USERS[8:])
        sandbox.control.advance_clock(RETRY_SECONDS)
        sandbox.control.drain_webhooks()
        assert 3 == receiver.stop()["refused"]
    assert dict.fromkeys(map(worlds.key, USERS), "completed") == worlds.read_statuses(sandbox)
    assert USERS == mails.students()
    assert [] == sandbox.stripe().v1.events.list({"delivery_success": False}).data
    endpoints.healthy(sandbox, url)


def _buy(sandbox: Sandbox, users: list[str]) -> None:
    """Let students pay, and Stripe deliver the events once their enrollments are there."""
    sandbox.control.pause_webhooks()
    rows = [{"course_id": worlds.COURSE, "user_id": user, "amount": worlds.AMOUNT} for user in users]
    worlds.put_items(sandbox, [student_item(user) for user in users])
    for user, session_id in zip(users, sandbox.control.seed_sessions(rows, deliver=True), strict=True):
        worlds.put_pending(sandbox, user, session_id, hours=0)
    sandbox.control.resume_webhooks()


def _free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])
