"""Pending enrollments against Stripe: reads, decides and writes window by window, so that memory stays flat."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from learnermax_cli.core.money import Money
from learnermax_cli.core.retries import side_by_side
from learnermax_cli.core.times import parse_time
from learnermax_cli.enrollments.decide import decide, decide_unnamed
from learnermax_cli.enrollments.decide_case import Case, Decision, Rules
from learnermax_cli.enrollments.model import (
    PAGE_SIZE,
    Enrollment,
    EnrollmentKey,
    Payment,
    PaymentGateway,
    Student,
    Window,
    usable_session_id,
)
from learnermax_cli.enrollments.plan_enrollment import (
    Tally,
    Work,
    customer_to_note,
    names_customer,
    plan_enrollment,
)
from learnermax_cli.enrollments.plan_event import EventRules, plan_owed_event
from learnermax_cli.enrollments.read_payments import SESSION_MARGIN, WindowRead, read_all, read_windows
from learnermax_cli.enrollments.read_reversed import Reversed, is_settled, search_others
from learnermax_cli.enrollments.read_table import Scope, Table
from learnermax_cli.enrollments.store_model import EnrollmentReader

_CHUNK = 1_000


class Reconcile:
    """One pass over the enrollments of a scope; yields work in batches and never writes."""

    def __init__(
        self, gateway: PaymentGateway, reader: EnrollmentReader, rules: Rules, scope: Scope, events: EventRules
    ) -> None:
        self._gateway = gateway
        self._reader = reader
        self._rules = rules
        self._scope = scope
        self._events = events
        self._prices: Mapping[str, Money | None] = {}
        self._others: dict[EnrollmentKey, list[Payment]] = {}
        """The payments of the window, by the enrollment that they name."""
        self._known: dict[str, Payment] = {}
        """The same payments, by session."""
        self._reversed = Reversed(gateway, rules.realm)
        self.tally = Tally()

    def batches(self, table: Table) -> Iterator[list[Work]]:
        """Yield the work to be done, a batch of at most a thousand enrollments at a time.

        What people wait for comes first, for a run may be cut short: events owed, then payments of the window.
        """
        self._prices = table.prices
        self._read_window()
        if table.enrollments is None:
            yield from self._window_alone()
            return
        yield self._settle_events(table.enrollments)
        targets = [e for e in table.enrollments if self._is_target(e)]
        del table  # what has been decided is not held any longer
        paid, targets = [e for e in targets if e.key in self._others], [e for e in targets if e.key not in self._others]
        seen = {e.key for e in paid} | {e.key for e in targets if e.key in self._reversed.by_key}
        for part in _parts([key for key in self._paid_or_reversed() if key not in seen]):
            yield self._decide_not_pending(part, self._reader.read_enrollments(part))
        waiting: list[Case] = []
        for enrollments in (paid, targets):
            for read in self._read_windows(enrollments):
                yield self._decide([self._case(e, read) for e in read.enrollments], waiting)
                for enrollment in read.enrollments:
                    for payment in self._others.pop(enrollment.key, ()):
                        self._known.pop(payment.session_id, None)
        if waiting:
            yield from self._release(waiting)

    def _window_alone(self) -> Iterator[list[Work]]:
        """Decide on the enrollments that the payments of the window name, whatever their status, and on no other."""
        for part in _parts(self._paid_or_reversed()):
            there = self._reader.read_enrollments(part)
            pending = [enrollment for enrollment in there.values() if enrollment.pending]
            # What they name may be another session, from outside of the window.
            for read in self._read_windows(pending):
                yield self._decide([self._case(e, read) for e in read.enrollments])
            rest = [key for key in part if key not in there or not there[key].pending]
            yield self._decide_not_pending(rest, there)
            yield self._settle_events(there.values())

    def _is_target(self, enrollment: Enrollment) -> bool:
        """Return whether the payment that an enrollment names is read, whatever was paid or went back in the window."""
        if not enrollment.pending:
            return (self._rules.audit or self._scope.is_one) and enrollment.status == "completed"
        asked = self._rules.audit or self._scope.courses or self._scope.user
        return bool(asked) or not is_settled(enrollment, self._rules.now)

    def _paid_or_reversed(self) -> list[EnrollmentKey]:
        return list(dict.fromkeys((*self._others, *self._reversed.by_key)))

    def _settle_events(self, enrollments: Iterable[Enrollment]) -> list[Work]:
        """Return the work on events that were owed before, and count those that stay owed."""
        works = []
        for planned in (plan_owed_event(e, self._events) for e in enrollments if e.owes_event):
            if isinstance(planned, Work):
                works.append(planned)
                continue
            self.tally.owed += 1
            self.tally.findings += [] if planned is None else [planned]
        return works

    def _read_windows(self, enrollments: list[Enrollment]) -> Iterator[WindowRead]:
        return read_windows(self._gateway, enrollments, self._known, self._scope.strategy)

    def _read_window(self) -> None:
        """Read every complete session since --since."""
        if self._scope.since is None:
            return
        until = None if self._scope.until is None else int(self._scope.until.timestamp())
        window = Window(max(0, int(self._scope.since.timestamp())), until)
        for payment in self._read_all(window, "complete", lambda p: p.key is None or self._scope.covers(p.key)):
            if payment.key is None:
                self._note_unnamed(payment)
                continue
            self._others.setdefault(payment.key, []).append(payment)
            self._known[payment.session_id] = payment
        self._reversed.read(window, self._rules.now, self._scope.covers)

    def _read_all(self, window: Window, status: str | None, keep: Callable[[Payment], bool]) -> Sequence[Payment]:
        """Read the sessions of a window that are to be kept, with what went back of them."""
        pages = read_all(self._gateway, window, status=status, now=self._rules.now)
        kept = [payment for page in pages for payment in page if keep(payment)]
        return self._gateway.read_reversals(kept, len(kept) // PAGE_SIZE)

    def _note_unnamed(self, payment: Payment) -> None:
        finding = decide_unnamed(payment, self._rules)
        if finding is None:
            self.tally.ignored += 1
        elif self._scope.user is None and (not self._scope.courses or payment.course_id in self._scope.courses):
            self.tally.findings.append(finding)

    def _case(self, enrollment: Enrollment, read: WindowRead) -> Case:
        session_id = enrollment.session_id if usable_session_id(enrollment.session_id or "") else None
        return Case(
            enrollment.key,
            enrollment,
            named=read.payments.get(session_id or ""),
            named_missing=session_id in read.missing,
            others=self._others.get(enrollment.key, ()),
            price=self._prices.get(enrollment.key.course_id),
        )

    def _decide(self, cases: Iterable[Case], waiting: list[Case] | None = None) -> list[Work]:
        """Return the work that cases ask for; those that may be released wait until all their sessions are known."""
        decided = [(case, decide(case, self._rules)) for case in self._searched(list(cases))]
        students = self._students(decided)
        work = []
        for case, decision in decided:
            if waiting is not None and self._may_be_released(case):
                waiting.append(case)
                continue
            self.tally.note(case, decision)
            customer = customer_to_note(decision.payment, students, self._rules.realm)
            planned = plan_enrollment(
                case.key, case.enrollment, decision, customer, event=self._events.mode == "publish"
            )
            if planned is not None:
                work.append(planned)
        return work

    def _searched(self, cases: list[Case]) -> list[Case]:
        """Return cases, those of students who would lose access with all their payments."""
        if not self._rules.revoke:
            return cases
        would = [c for c in cases if decide(replace(c, searched=True), self._rules).verdict == "revoke"]
        students = self._reader.read_students({case.key.user_id for case in would}) if would else {}

        def search(case: Case) -> Case:
            return search_others(self._gateway, case, students.get(case.key.user_id), self._rules.realm)

        searched = {case.key: case for case in side_by_side(search, would)}
        return [searched.get(case.key, case) for case in cases]

    def _may_be_released(self, case: Case) -> bool:
        known = replace(case, all_sessions_known=True)
        if decide(known, self._rules).verdict != "release" or case.enrollment is None:
            return False
        written = parse_time(case.enrollment.enrolled_at)
        return written is not None and (self._scope.since is None or written >= self._scope.since)

    def _release(self, waiting: Sequence[Case]) -> Iterator[list[Work]]:
        """Read all sessions back to the oldest item that may go, and decide again."""
        times = [parse_time(case.enrollment.enrolled_at) for case in waiting if case.enrollment]
        oldest = min(time for time in times if time is not None)
        window = Window(max(0, int(oldest.timestamp()) - SESSION_MARGIN), None)
        by_key: dict[EnrollmentKey, list[Payment]] = {case.key: list(case.others) for case in waiting}
        for payment in self._read_all(window, None, lambda p: p.key in by_key):
            assert payment.key is not None
            by_key[payment.key].append(payment)
        for start in range(0, len(waiting), _CHUNK):
            part = waiting[start : start + _CHUNK]
            yield self._decide(replace(case, others=by_key[case.key], all_sessions_known=True) for case in part)

    def _decide_not_pending(
        self, keys: Sequence[EnrollmentKey], there: Mapping[EnrollmentKey, Enrollment]
    ) -> list[Work]:
        """Decide on payments of the window, and on what went back, whose enrollment is not pending, or not there."""
        keys = [key for key in keys if key in self._others or (key in there and not there[key].pending)]
        students = self._reader.read_students(key.user_id for key in keys if key not in there)
        cases = [
            Case(
                key,
                there.get(key),
                others=self._others.get(key, ()),
                student_known=key.user_id in students,
                course_known=key.course_id in self._prices,
                price=self._prices.get(key.course_id),
            )
            for key in keys
        ]
        return self._decide(self._reversed.cases(cases))

    def _students(self, decided: Sequence[tuple[Case, Decision]]) -> Mapping[str, Student]:
        payments = [decision.payment for _, decision in decided if decision.payment is not None]
        wanted = {p.user_id for p in payments if p.user_id and names_customer(p, self._rules.realm)}
        return self._reader.read_students(wanted) if wanted else {}


def _parts(keys: Sequence[EnrollmentKey]) -> Iterator[Sequence[EnrollmentKey]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))
