"""No history of sessions, refunds, disputes and runs lets anybody in unpaid, or keeps out who paid."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from learnermax_cli.core.times import site_time
from learnermax_cli.enrollments.decide_case import Rules
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Revocation
from learnermax_cli.enrollments.read_table import Scope
from tests.enrollments.history import COURSES, START, STUDENTS, History, KilledError, Sale, pending_item
from tests.enrollments.history_events import OPENINGS, Opening, happen, possible_events
from tests.enrollments.values import rules
from tests.sampling import examples

pytestmark = pytest.mark.properties

KNOWN = [EnrollmentKey(user, course) for user in STUDENTS for course in COURSES]
ANYBODY = [*KNOWN, EnrollmentKey("nobody", "a"), EnrollmentKey("u1", "gone")]
EVENTS = st.lists(st.integers(0, 100), max_size=3)
STRATEGIES = st.sampled_from(["auto", "list", "retrieve"])
RUNS = st.builds(
    rules, release_expired=st.booleans(), create_missing=st.booleans(), audit=st.booleans(), revoke=st.booleans()
)


class Histories(RuleBasedStateMachine):
    """Buyers, Stripe, the site and reconcile take turns."""

    @initialize()
    def begin(self) -> None:
        self.history = History()
        self.runs = 0

    @rule(key=st.sampled_from(KNOWN), by=st.sampled_from(["lmx", "site"]), crashed=st.booleans(), events=EVENTS)
    def checkout(self, key: EnrollmentKey, by: str, crashed: bool, events: list[int]) -> None:
        """A session with its pending item; the site refuses where there is one; a crash keeps the id from it."""
        if key not in self.history.items:
            sale = OPENINGS[by].open(self.history, key)
            session_id = None if crashed else sale.payment.session_id
            self.history.items[key] = pending_item(key, session_id, self.history.now)
            self._happen(sale, events)

    @rule(key=st.sampled_from(ANYBODY), opening=st.sampled_from(list(OPENINGS.values())), events=EVENTS)
    def open_without_item(self, key: EnrollmentKey, opening: Opening, events: list[int]) -> None:
        """A session through a link, of another environment, contradicting itself, or whose item is gone."""
        self._happen(opening.open(self.history, key), events)

    @precondition(lambda self: self.history.sales)
    @rule(key=st.sampled_from(KNOWN), data=st.data())
    def name_any_session(self, key: EnrollmentKey, data: st.DataObject) -> None:
        """A pending item that names whatever session, somebody else's too."""
        if key not in self.history.items:
            sale = data.draw(st.sampled_from(self.history.sales))
            self.history.items[key] = pending_item(key, sale.payment.session_id, self.history.now)

    @precondition(lambda self: any(possible_events(sale) for sale in self.history.sales))
    @rule(data=st.data(), hours=st.sampled_from([0, 0.1, 25]), events=EVENTS)
    def go_on(self, data: st.DataObject, hours: float, events: list[int]) -> None:
        """Time passes, and a session is paid, expires, fails, is refunded or disputed."""
        self.history.now += timedelta(hours=hours)
        self._happen(data.draw(st.sampled_from([s for s in self.history.sales if possible_events(s)])), events)

    def _happen(self, sale: Sale, events: list[int]) -> None:
        for number in events:
            if possible := possible_events(sale):
                happen(sale, possible[number % len(possible)])

    @precondition(lambda self: any(not e.pending or e.revoked for e in self.history.items.values()))
    @rule(data=st.data(), kept=st.booleans())
    def decide_by_hand(self, data: st.DataObject, kept: bool) -> None:
        """An operator keeps who is in or was, or takes the access away."""
        key = data.draw(st.sampled_from([e.key for e in self.history.items.values() if not e.pending or e.revoked]))
        self.history.now += timedelta(minutes=1)
        at, item = site_time(self.history.now), self.history.items[key]
        self.history.now += timedelta(minutes=1)
        if kept:
            self.history.items[key] = replace(item, status="completed", revoked=None, kept_at=at)
        else:
            revoked = Revocation(at, "by hand", by_operator=True)
            self.history.items[key] = replace(item, status="pending", revoked=revoked, kept_at=None)

    @rule(asked=RUNS, strategy=STRATEGIES, killed_after=st.sampled_from([None, None, 0, 1, 2, 3, 4]))
    def reconcile(self, asked: Rules, strategy: Any, killed_after: int | None) -> None:
        """Runs without --since, with it, and killed before one of its writes."""
        if killed_after is not None:
            self._reconcile_killed(asked, killed_after)
        else:
            self._reconcile_named(asked, strategy)
            self._reconcile_all(asked, strategy)

    def _reconcile_named(self, asked: Rules, strategy: Any) -> None:
        """A run without --since completes every pending item that names a session validly paid for it."""
        due = {e.key for e in self._pending() if e.session_id in self._valid(e.key) and self._may_be_let_in(e.key)}
        self._run(asked, Scope(strategy=strategy))
        assert dict.fromkeys(due, "completed") == {key: self.history.items[key].status for key in due}

    def _reconcile_all(self, asked: Rules, strategy: Any) -> None:
        """A run whose --since covers the history lets in everybody who paid; the same run again changes nothing."""
        scope = Scope(since=START, strategy=strategy)
        due = {key for key in KNOWN if self._is_due(key, asked)}
        self._run(asked, scope)
        assert set() == {key for key in due if key not in self.history.items or self.history.items[key].pending}
        assert [] == self.history.reconcile("again", asked, scope)
        if asked.revoke:
            assert [] == [key for key, item in self.history.items.items() if not self._follows_the_money(item)]

    def _follows_the_money(self, item: Enrollment) -> bool:
        """Return whether a student is in just when the money is here, or as an operator decided."""
        valid, sales = self._valid(item.key), {sale.payment.session_id: sale for sale in self.history.sales}
        if item.kept_at is not None:
            return item.status == "completed"
        if item.revoked is not None:
            return item.pending and not (self._made_since(item) if item.revoked.by_operator else valid)
        own = sales.get(item.session_id or "")
        if item.pending or own is None or own.buyer != item.key or not own.void:
            return True
        # Nothing is taken while another payment is disputed.
        return not valid and any(s.buyer == item.key and s.disputed and not s.void for s in self.history.sales)

    def _made_since(self, item: Enrollment) -> list[Sale]:
        """Return the valid payments that were begun after access was taken away."""
        assert item.revoked is not None
        at = datetime.fromisoformat(item.revoked.at).timestamp()
        return [sale for sale in self._valid(item.key).values() if sale.payment.created > at]

    def _may_be_let_in(self, key: EnrollmentKey) -> bool:
        """Return whether a run may let in who has paid: after an operator's revocation only for a new purchase."""
        item = self.history.items.get(key)
        by_hand = item is not None and item.revoked is not None and item.revoked.by_operator
        return not by_hand or (item is not None and bool(self._made_since(item)))

    def _reconcile_killed(self, asked: Rules, writes: int) -> None:
        """A run that is killed before one of its writes loses neither a payment nor an event."""
        self.history.writes_left = writes
        try:
            self._run(asked, Scope(since=START))
        except KilledError:
            self.history.writes_left = None
            self.history.now += timedelta(minutes=11)
            self._reconcile_all(asked, "auto")
            assert [] == [item.key for item in self.history.items.values() if item.intent is not None]
        self.history.writes_left = None

    @invariant()
    def only_known_statuses(self) -> None:
        """The table holds pending and completed enrollments only: every other word lets a student in."""
        if hasattr(self, "history"):
            assert {item.status for item in self.history.items.values()} <= {"pending", "completed"}

    def _run(self, asked: Rules, scope: Scope) -> None:
        before, sent = dict(self.history.items), len(self.history.events)
        self.runs += 1
        try:
            self.history.reconcile(f"run-{self.runs}", asked, scope)
        finally:
            finished = self._require_right(before)
            self._require_rightly_revoked(before, asked)
        # Exactly one event for each completion, none where access was given back, and one for each that was owed.
        owed = [e.key for e in before.values() if e.intent is not None and not e.pending]
        new = [key for key in finished if not self._was_given_back(before.get(key))]
        assert sorted([*new, *owed]) == sorted(self.history.events[sent:])

    def _require_rightly_revoked(self, before: dict[EnrollmentKey, Enrollment], asked: Rules) -> None:
        """Assert that access was taken only when asked, and only where the payment went back and no other may hold."""
        taken = [e for key, e in self.history.items.items() if e.revoked and key in before and not before[key].revoked]
        assert asked.revoke or not taken
        for item in taken:
            sales = [sale for sale in self.history.sales if sale.buyer == item.key]
            own = next(sale for sale in sales if sale.payment.session_id == item.session_id)
            waiting = [sale for sale in sales if sale.disputed and not sale.lost and not sale.money_gone]
            assert (None, True, {}, []) == (before[item.key].kept_at, own.void, self._valid(item.key), waiting)

    def _was_given_back(self, before: Enrollment | None) -> bool:
        """Return whether who is in now had lost access, and is in by the same payment as before."""
        if before is None or before.revoked is None:
            return False
        same = before.session_id == self.history.items[before.key].session_id
        sale = next(sale for sale in self.history.sales if sale.payment.session_id == before.session_id)
        at = datetime.fromisoformat(before.revoked.at).timestamp()
        return same and sale.payment.created <= at

    def _require_right(self, before: dict[EnrollmentKey, Enrollment]) -> list[EnrollmentKey]:
        """Assert that nobody got in unpaid and no item went whose student may still pay; return who got in."""
        after = self.history.items
        finished = [k for k, e in after.items() if not e.pending and (k not in before or before[k].pending)]
        assert [] == [key for key in finished if after[key].session_id not in self._valid(key)]
        gone = [item for key, item in before.items() if key not in after]
        assert [] == [item for item in gone if not item.pending or item.revoked or self._may_be_paid(item)]
        return finished

    def _is_due(self, key: EnrollmentKey, asked: Rules) -> bool:
        valid = self._valid(key).values()
        ours = any(sale.payment.marker.managed for sale in valid)
        there = key in self.history.items
        return bool(valid) and (there or ours or asked.create_missing) and self._may_be_let_in(key)

    def _valid(self, key: EnrollmentKey) -> dict[str, Sale]:
        return {sale.payment.session_id: sale for sale in self.history.sales if sale.buyer == key and sale.valid}

    def _may_be_paid(self, item: Enrollment) -> bool:
        """Return whether a session since an item was written has been paid by its student, or still may be."""
        written = int(datetime.fromisoformat(item.enrolled_at).timestamp())
        own = [sale for sale in self.history.sales if sale.buyer == item.key and sale.payment.created >= written]
        return any(sale.live for sale in own)

    def _pending(self) -> list[Enrollment]:
        return [item for item in self.history.items.values() if item.pending]


Histories.TestCase.settings = examples(300, stateful_step_count=15)
TestHistories = Histories.TestCase
