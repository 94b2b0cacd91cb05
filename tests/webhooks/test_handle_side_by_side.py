"""Deliveries that come at the same moment, to one receiver or to two, complete once and send one mail."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from tests.enrollments import worlds
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.webhooks.signed import Reply, deliver, event_of
from tests.webhooks.worlds import Serving, serving

USER = "user-7"
MANY = 12
CHANGED, DONE = (200, "changed: paid"), (200, "done: completed")


def _all_at_once(sandbox: Sandbox, urls: Sequence[str], session_id: str) -> list[Reply]:
    event, now = event_of(sandbox, session_id), worlds.now(sandbox)
    with ThreadPoolExecutor(len(urls)) as pool:
        return sorted(pool.map(lambda url: deliver(url, event, now), urls))


def test_same_event_side_by_side_completes_once(sandbox: Sandbox, receiver: Serving) -> None:
    """One of them does the work, the others wait for it and find it done."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER, customer="cus_7")
    seq = last_entry(sandbox)
    assert [CHANGED, *[DONE] * (MANY - 1)] == _all_at_once(sandbox, [receiver.url] * MANY, session_id)
    assert ["UpdateItem", "UpdateItem", "Publish", "UpdateItem"] == writes_since(sandbox, seq)
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


def test_two_receivers_side_by_side_send_one_mail(sandbox: Sandbox, receiver: Serving) -> None:
    """The one that lost the race waits until the other has sent it, or asks for another delivery."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    with serving(sandbox) as other:
        replies = _all_at_once(sandbox, [receiver.url, other.url] * (MANY // 2), session_id)
        assert CHANGED == replies[0]
        assert {DONE} >= {reply for reply in replies[1:] if reply[0] == 200}
        assert [DONE, DONE] == [receiver.deliver(session_id), other.deliver(session_id)]
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


def test_receiver_and_reconcile_side_by_side_send_one_mail(sandbox: Sandbox, receiver: Serving) -> None:
    """Whoever is slower writes nothing."""
    worlds.put_basics(sandbox)
    session_ids = [worlds.put_bought(sandbox, f"user-{number}") for number in range(MANY)]
    with ThreadPoolExecutor(MANY + 1) as pool:
        ran = pool.submit(worlds.reconcile, sandbox)
        replies = list(pool.map(receiver.deliver, session_ids))
    assert 0 == ran.result().exit_code
    assert {200, 503} >= {status for status, _ in replies}
    assert {"completed"} == set(worlds.read_statuses(sandbox).values())
    assert MANY == len(worlds.read_events(sandbox))
    assert {DONE} == {receiver.deliver(session_id) for session_id in session_ids}
