"""A receiver tells nothing private: neither in its log and report, nor in what it answers."""

import json
import re
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.running import Sandbox
from tests.webhooks.signed import Reply, deliver, event_of, post, signature
from tests.webhooks.worlds import SECRET_NAME, put_signing_secret, serving

USER = "user-7"
STRAY = "sk_" + "test_" + "CANARYstrayCANARYstray"
SIGNING = "whsec_" + "CANARYsigningCANARYsigning"
FAULTS: dict[str, dict[str, Any]] = {
    "stripe": {"service": "stripe", "operation": "GET /v1/checkout*", "status": 400, "message": f"No such {STRAY}"},
    "dynamodb": {"service": "dynamodb", "status": 400, "code": "ValidationException", "message": f"bad {STRAY}"},
}


def _require_silence(sandbox: Sandbox, said: list[str]) -> None:
    text = "\n".join(said)
    assert [] == [name for name in (STRAY, SIGNING, sandbox.info.secret_key) if name[-12:] in text]
    assert [] == re.findall(r"(?:sk|rk)_(?:test|live)_[A-Za-z0-9]{4}|whsec_[A-Za-z0-9]{4}", text)
    assert "Traceback" not in text


@pytest.mark.parametrize("fault", FAULTS)
def test_receiver_shows_no_secret(sandbox: Sandbox, fault: str) -> None:
    """With --verbose, forged and true deliveries, keys in the event, and failures that echo one."""
    put_signing_secret(sandbox, SIGNING)
    worlds.put_basics(sandbox)
    event, now = event_of(sandbox, worlds.put_bought(sandbox, USER)), worlds.now(sandbox)
    stray = event_of(sandbox, event["data"]["object"]["id"], STRAY, id=STRAY, api_version=STRAY)
    with serving(sandbox, "-v") as receiver:
        sandbox.control.add_fault("error", times=None, **FAULTS[fault])
        replies = [deliver(receiver.url, event, now, SIGNING), deliver(receiver.url, stray, now, SIGNING)]
        assert [503, 503] == [status for status, _ in replies]
        sandbox.control.clear_faults()
        replies += [deliver(receiver.url, stray, now, SIGNING), deliver(receiver.url, event, now, STRAY)]
        replies.append(post(receiver.url, b"{}", {"Stripe-Signature": signature(b"{}", now, SIGNING), "X": SIGNING}))
        assert [200, 400, 400] == [status for status, _ in replies[2:]]
        report = receiver.end()
    _require_silence(sandbox, [*receiver.lines, json.dumps(report), *(text for _, text in replies)])


def test_answers_name_nothing_of_ours(sandbox: Sandbox) -> None:
    """Stripe's dashboard keeps them: no table, secret, account or person is in them."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    event, now = event_of(sandbox, worlds.put_bought(sandbox, USER)), worlds.now(sandbox)
    replies: list[Reply] = []
    with serving(sandbox) as receiver:
        for service in ("dynamodb", "stripe", "sns"):
            sandbox.control.add_fault("error", service=service, status=400, code="ValidationException", times=None)
            replies.append(deliver(receiver.url, event, now))
            sandbox.control.clear_faults()
        replies.append(deliver(receiver.url, event, now))
    assert [503, 503, 503, 200] == [status for status, _ in replies]
    text = " ".join(line for _, line in replies)
    private = ("learnermax", SECRET_NAME, USER, worlds.COURSE, "cs_test", "acct_", "arn:", "127.0.0.1")
    assert [] == [name for name in private if name in text]
