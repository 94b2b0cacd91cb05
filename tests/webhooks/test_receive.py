"""What Stripe did not send, or sent to somebody else, is answered and leaves no trace."""

import http.client
import json
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from urllib.parse import urlsplit

import pytest

from learnermax_cli.adapters.stripe.deliveries import StripeDeliveries
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.webhooks.model import Answer, Delivery
from learnermax_cli.webhooks.receive import Receiver
from learnermax_cli.webhooks.signing import CachedSecrets
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.ran import last_entry
from tests.running import Sandbox
from tests.webhooks.signed import COMPLETED, SECRET, body_of, deliver, event_about, event_of, post, signature
from tests.webhooks.worlds import Serving

USER = "user-7"
OTHER = "whsec_" + "other" * 5
Headers = Callable[[bytes, float], dict[str, str]]


def _signed(*secrets: str, off: float = 0.0) -> Headers:
    return lambda body, now: {"Stripe-Signature": signature(body, now + off, *secrets)}


def _header(text: str) -> Headers:
    return lambda body, now: {"Stripe-Signature": text.format(at=int(now))}


REFUSED: dict[str, Headers] = {
    "no header": lambda body, now: {},
    "empty": _header(""),
    "garbled": _header("nonsense"),
    "no time": lambda body, now: {"Stripe-Signature": "v1=" + signature(body, now).partition("v1=")[2]},
    "no number": lambda body, now: {"Stripe-Signature": signature(body, now).replace("t=", "t=x")},
    "no signature": _header("t={at}"),
    "not hexadecimal": _header("t={at},v1=é"),
    "only v0": lambda body, now: {"Stripe-Signature": signature(body, now).replace("v1=", "v0=")},
    "wrong secret": _signed(OTHER),
    "other time": lambda body, now: {
        "Stripe-Signature": signature(body, now - 1).replace(f"{int(now) - 1}", f"{int(now)}")
    },
    "stale": _signed(off=-303),
    "future": _signed(off=303),
}
TAKEN: dict[str, Headers] = {
    "now": _signed(),
    "almost stale": _signed(off=-295),
    "almost from the future": _signed(off=295),
    "several during a roll": _signed(OTHER, SECRET),
    "an older scheme beside": lambda body, now: {"Stripe-Signature": signature(body, now) + ",v0=abc"},
}
CHANGED: dict[str, Callable[[bytes], bytes]] = {
    "tampered": lambda body: body.replace(USER.encode(), b"user-8"),
    "re-encoded": lambda body: json.dumps(json.loads(body)).encode(),
    "one byte more": lambda body: body + b"\n",
    "other encoding": lambda body: body.decode().encode("utf-16"),
    "not UTF-8": lambda body: body + b"\xff",
    "empty": lambda body: b"",
}
SESSION = (
    b'{"id": "evt_1", "type": "x", "created": 1, "livemode": false, '
    b'"data": {"object": {"object": "checkout.session", "id": %s}}}'
)
NO_EVENT: dict[str, bytes] = {
    "malformed": b'{"object": "event"',
    "empty": b"",
    "null": b"null",
    "list": b"[]",
    "text": b'"checkout.session.completed"',
    "number": b"1",
    "no event": b"{}",
    "no data": b'{"id": "evt_1", "type": "checkout.session.completed", "created": 1, "livemode": false}',
    "data is a list": b'{"id": "evt_1", "type": "x", "created": 1, "livemode": false, "data": {"object": []}}',
    "no time": b'{"id": "evt_1", "type": "x", "created": "soon", "livemode": false, "data": {"object": {}}}',
    "endless time": b'{"id": "evt_1", "type": "x", "created": 1e999, "livemode": false, "data": {"object": {}}}',
    "id is a number": SESSION % b"1",
    "id is a list": SESSION % b"[]",
    "deep": b"[" * 100_000,
}
NOT_OURS: dict[str, dict[str, Any]] = {
    "not a session": {"data": {"object": {"id": "cus_7", "object": "customer", "livemode": False}}},
    "other mode": {"livemode": True},
    "other account": {"account": "acct_1Connected"},
}
SESSIONS: dict[str, dict[str, Any]] = {
    "other environment": {"metadata": {"environment": "prod", "userId": USER, "courseId": COURSE}},
    "not ours": {"metadata": {}, "client_reference_id": None},
    "not a session": {"id": "cs_test_a/../../accounts"},
}


def _bought(sandbox: Sandbox) -> str:
    worlds.put_basics(sandbox)
    return worlds.put_bought(sandbox, USER)


def _require_no_trace(sandbox: Sandbox, seq: int) -> None:
    touched = [e["operation"] for e in sandbox.control.journal(seq) if e["service"] in ("stripe", "dynamodb", "sns")]
    assert [] == touched
    assert {worlds.key(USER): "pending"} == worlds.read_statuses(sandbox)


@pytest.mark.parametrize("headers", REFUSED.values(), ids=REFUSED)
def test_forged_or_stale_signature_gets_400_and_touches_nothing(
    sandbox: Sandbox, receiver: Serving, headers: Headers
) -> None:
    """Not even a read of Stripe or DynamoDB follows, in either direction of time."""
    body = body_of(event_of(sandbox, _bought(sandbox)))
    seq = last_entry(sandbox)
    assert 400 == post(receiver.url, body, headers(body, worlds.now(sandbox)))[0]
    _require_no_trace(sandbox, seq)


@pytest.mark.parametrize("change", CHANGED.values(), ids=CHANGED)
def test_changed_body_gets_400_and_touches_nothing(
    sandbox: Sandbox, receiver: Serving, change: Callable[[bytes], bytes]
) -> None:
    """What was signed is the raw body: the same JSON written in another way does not fit."""
    body = body_of(event_of(sandbox, _bought(sandbox)))
    headers = {"Stripe-Signature": signature(body, worlds.now(sandbox))}
    seq = last_entry(sandbox)
    assert (400, "signature verification failed") == post(receiver.url, change(body), headers)
    _require_no_trace(sandbox, seq)


@pytest.mark.parametrize("headers", TAKEN.values(), ids=TAKEN)
def test_true_signature_is_taken(sandbox: Sandbox, receiver: Serving, headers: Headers) -> None:
    """Five minutes in both directions, and one fitting signature of several."""
    body = body_of(event_of(sandbox, _bought(sandbox)))
    assert (200, "changed: paid") == post(receiver.url, body, headers(body, worlds.now(sandbox)))
    assert {worlds.key(USER): "completed"} == worlds.read_statuses(sandbox)


class Check(StripeDeliveries):
    """A check that nothing fits, and that counts."""

    def __init__(self) -> None:
        self.checks = 0

    def signed_at(self, delivery: Delivery, secrets: Sequence[SecretText]) -> int | None:
        """Find that no secret fits."""
        self.checks += 1
        return None


def test_secrets_that_were_not_read_again_are_not_checked_again() -> None:
    """A forged delivery costs one check, and a second one only with secrets that may be new."""
    now = datetime(2026, 11, 23, tzinfo=UTC)
    times = [now]
    check = Check()
    receiver = Receiver(
        check, CachedSecrets(lambda: (SecretText(SECRET),), lambda: times[-1]), lambda: times[-1], cast("Any", None)
    )
    checks = []
    for _ in range(2):
        assert Answer(400, "signature verification failed") == receiver.receive(Delivery(b"{}", "t=1,v1=0"))
        checks.append(check.checks)
        times.append(now + timedelta(seconds=61))
    assert [1, 3] == checks


@pytest.mark.parametrize("order", [1, -1])
def test_signatures_may_come_in_lines_of_their_own(sandbox: Sandbox, receiver: Serving, order: int) -> None:
    """Several Stripe-Signature lines are one list, in whatever order."""
    body, now = body_of(event_of(sandbox, _bought(sandbox))), worlds.now(sandbox)
    parts = urlsplit(receiver.url)
    with closing(http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=60)) as connection:
        connection.putrequest("POST", parts.path)
        connection.putheader("Content-Length", str(len(body)))
        for secret in (SECRET, OTHER)[::order]:
            connection.putheader("Stripe-Signature", signature(body, now, secret))
        connection.endheaders(body)
        assert 200 == connection.getresponse().status
    assert {worlds.key(USER): "completed"} == worlds.read_statuses(sandbox)


@pytest.mark.parametrize("body", NO_EVENT.values(), ids=NO_EVENT)
def test_signed_body_that_is_no_event_gets_400(sandbox: Sandbox, receiver: Serving, body: bytes) -> None:
    """A true signature does not make an event of it."""
    headers = {"Stripe-Signature": signature(body, worlds.now(sandbox))}
    seq = last_entry(sandbox)
    assert (400, "the body is not an event of Stripe") == post(receiver.url, body, headers)
    assert [] == worlds.stripe_requests(sandbox, seq)


@pytest.mark.parametrize("state", NOT_OURS)
def test_event_of_others_gets_200_and_touches_nothing(sandbox: Sandbox, receiver: Serving, state: str) -> None:
    """Another kind of object, another mode, a connected account: said by the event itself."""
    event = event_of(sandbox, _bought(sandbox), **NOT_OURS[state])
    seq = last_entry(sandbox)
    assert (200, f"ignored: {state}") == deliver(receiver.url, event, worlds.now(sandbox))
    _require_no_trace(sandbox, seq)


@pytest.mark.parametrize(("state", "fields"), SESSIONS.items(), ids=[*list(SESSIONS)[:2], "no session id"])
def test_session_of_others_gets_200_and_touches_nothing(
    sandbox: Sandbox, receiver: Serving, state: str, fields: dict[str, Any]
) -> None:
    """Another environment's, one without marker and names, and an id that is none."""
    event = event_of(sandbox, _bought(sandbox))
    event["data"]["object"] |= fields
    seq = last_entry(sandbox)
    assert (200, f"ignored: {state}") == deliver(receiver.url, event, worlds.now(sandbox))
    _require_no_trace(sandbox, seq)


def test_unknown_event_type_about_something_else_is_ignored(sandbox: Sandbox, receiver: Serving) -> None:
    """Endpoints may be registered for more by hand."""
    event = event_about({"id": "in_1", "object": "invoice"}, int(worlds.now(sandbox)), "invoice.payment_overpaid")
    assert (200, "ignored: not a session") == deliver(receiver.url, event, worlds.now(sandbox))


@pytest.mark.parametrize("event_type", [COMPLETED, "checkout.session.unheard_of"])
def test_other_api_version_does_not_matter(sandbox: Sandbox, receiver: Serving, event_type: str) -> None:
    """The event is only a hint: what counts is the session as it is read again, in our version."""
    event = event_of(sandbox, _bought(sandbox), event_type, api_version="2019-12-03")
    event["data"]["object"] |= {"payment_status": "unpaid", "status": None}
    assert (200, "changed: paid") == deliver(receiver.url, event, worlds.now(sandbox))
    assert {worlds.key(USER): "completed"} == worlds.read_statuses(sandbox)
