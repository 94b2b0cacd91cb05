"""What a reconcile does first: a run that is cut short has seen to those who wait before what was abandoned."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from learnermax_cli.core.times import site_time
from learnermax_cli.enrollments.model import EnrollmentKey, EventIntent
from learnermax_cli.enrollments.plan_enrollment import Work
from learnermax_cli.enrollments.plan_event import EventRules
from learnermax_cli.enrollments.read_table import Scope, Table
from learnermax_cli.enrollments.reconcile_pass import Reconcile
from tests.enrollments.history import History, Sale, pending_item
from tests.enrollments.values import NOW, PRICE, RULES, payment

OLD = 1_600
FRESH, LINKED, OWED, AGAIN = (EnrollmentKey(f"u{n}", "a") for n in range(1, 5))


class Shop(History):
    """A table full of what was left at the checkout long ago, an hour apart, and a few who have paid just now."""

    def __init__(self) -> None:
        super().__init__(now=NOW)
        for number in range(OLD):
            at = NOW - timedelta(days=90, hours=number)
            key = EnrollmentKey(f"left-{number}", "a")
            self._sell(key, at, status="expired", payment_status="unpaid", intent_id=None, intent_status=None)
            self.items[key] = pending_item(key, self.sales[-1].payment.session_id, at)
        self._sell(FRESH, NOW - timedelta(hours=1))
        self.items[FRESH] = pending_item(FRESH, self.sales[-1].payment.session_id, NOW - timedelta(hours=1))
        self._sell(LINKED, NOW - timedelta(hours=2), link_id="plink_1")
        self._sell(AGAIN, NOW - timedelta(hours=3))
        self.items[AGAIN] = pending_item(AGAIN, None, NOW - timedelta(days=400))
        intent = EventIntent("dead", site_time(NOW - timedelta(hours=4)))
        done = pending_item(OWED, "cs_test_owed", NOW - timedelta(days=500))
        self.items[OWED] = replace(done, status="completed", intent=intent)

    def _sell(self, key: EnrollmentKey, at: datetime, **says: object) -> None:
        names = {"metadata_user": key.user_id, "reference_user": key.user_id, "course_id": key.course_id}
        made = payment(f"cs_test_{len(self.sales)}", created=int(at.timestamp()), **names)
        self.sales.append(Sale(replace(made, **says), key))  # type: ignore[arg-type]  # fields by name


def first_of(scope: Scope, examined: int) -> list[tuple[str, str]]:
    """Reconcile until so many enrollments were looked at, then stop; return what was to be done by then."""
    shop = Shop()
    job = Reconcile(shop, shop, RULES, scope, EventRules("publish", NOW))
    read = shop.scan(completed=False)
    batches = job.batches(Table(read.enrollments, {"a": PRICE}))
    done: list[Work] = []
    for batch in batches:
        done += batch
        if job.tally.examined >= examined:
            break
    batches.close()  # type: ignore[attr-defined]
    assert examined <= job.tally.examined < OLD
    return [(work.key.user_id, work.changes[0].action) for work in done]


def test_cut_run_has_done_what_is_waited_for() -> None:
    """Stopped among 1,600 abandoned items: the owed event, the link's payment, and both paid pending items are done."""
    found = first_of(Scope(since=NOW - timedelta(days=3)), 4)
    assert [("u3", "publish"), ("u2", "create"), ("u1", "complete"), ("u4", "complete")] == found


def test_newest_pending_item_comes_first_without_a_span() -> None:
    """Without --since too: whoever paid an hour ago does not wait for last year's."""
    assert [("u3", "publish"), ("u1", "complete")] == first_of(Scope(), 1)


@pytest.mark.parametrize("scope", [Scope(), Scope(since=NOW - timedelta(days=3))], ids=["all", "since"])
def test_whole_run_looks_at_each_once(scope: Scope) -> None:
    """Whatever the order: each item once, and the payment without an item where a span shows it."""
    shop = Shop()
    job = Reconcile(shop, shop, RULES, scope, EventRules("publish", NOW))
    for _ in job.batches(Table(shop.scan(completed=False).enrollments, {"a": PRICE})):
        pass
    assert OLD + 2 + (scope.since is not None) == job.tally.examined
