"""A receiver that is killed, or loses an answer, while access changes: the same delivery again makes it good."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import product as combinations

import pytest

from tests.enrollments import worlds
from tests.kills import LOSSES, MOMENTS
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks.money import FAILED, REFUNDED, USER, enroll, item_of, newest
from tests.webhooks.signed import deliver
from tests.webhooks.worlds import put_signing_secret, serving

SECOND = "cs_test_second"
End = tuple[str, str | None, str, int]


def _revoke(sandbox: Sandbox) -> tuple[str, End]:
    session_id = enroll(sandbox)
    sandbox.control.refund(session_id)
    return REFUNDED, ("pending", "refunded", session_id, 40)


def _restore(sandbox: Sandbox) -> tuple[str, End]:
    session_id = enroll(sandbox)
    sandbox.control.refund(session_id)
    worlds.reconcile(sandbox, "--since", "3d", "--revoke")
    sandbox.control.change_refund(session_id, "failed")
    return FAILED, ("completed", None, session_id, 40)


def _update(sandbox: Sandbox) -> tuple[str, End]:
    session_id = enroll(sandbox)
    email = (worlds.read_item(sandbox, USER, "METADATA") or {})["email"]
    worlds.seed(sandbox, USER, id=SECOND, email=email)
    sandbox.control.refund(session_id)
    return REFUNDED, ("completed", None, SECOND, 40)


CHANGES: dict[str, Callable[[Sandbox], tuple[str, End]]] = {"revoke": _revoke, "restore": _restore, "update": _update}


def _end(sandbox: Sandbox) -> End:
    item = item_of(sandbox)
    return item["paymentStatus"], item.get("accessRevokedReason"), item["stripeSessionId"], int(item["progress"])


@pytest.mark.parametrize(("name", "when"), list(combinations(CHANGES, MOMENTS)))
def test_killed_receiver_is_made_good_by_the_next_delivery(sandbox: Sandbox, name: str, when: str) -> None:
    """One write and no mail; the next delivery does it, or finds it done."""
    event_type, end = CHANGES[name](sandbox)
    put_signing_secret(sandbox)
    event, now, seq = newest(sandbox, event_type), worlds.now(sandbox), last_entry(sandbox)
    with serving(sandbox, "--revoke") as receiver, ThreadPoolExecutor(1) as pool:
        sandbox.control.add_fault("hold", writes_only=True, when=when)
        lost = pool.submit(deliver, receiver.url, event, now)
        sandbox.control.wait_held(timeout=60)
        receiver.kill()
        sandbox.control.release()
        assert isinstance(lost.exception(), OSError)
    with serving(sandbox, "--revoke") as receiver:
        assert 200 == deliver(receiver.url, event, now)[0]
        assert end == _end(sandbox)
        done = writes_since(sandbox, seq)
        assert 200 == deliver(receiver.url, event, now)[0]
    assert (end, done, []) == (_end(sandbox), writes_since(sandbox, seq), worlds.read_events(sandbox))


@pytest.mark.parametrize("case", sampled(list(combinations(CHANGES, LOSSES)), one_in=7), ids="-".join)
def test_lost_answer_is_made_good(sandbox: Sandbox, case: tuple[str, str]) -> None:
    """By the same delivery, or when Stripe sends it again."""
    name, loss = case
    event_type, end = CHANGES[name](sandbox)
    put_signing_secret(sandbox)
    event, now = newest(sandbox, event_type), worlds.now(sandbox)
    sandbox.control.add_fault(service="dynamodb", writes_only=True, **LOSSES[loss])
    with serving(sandbox, "--revoke") as receiver:
        assert 200 == deliver(receiver.url, event, now)[0]
    assert (end, []) == (_end(sandbox), worlds.read_events(sandbox))
