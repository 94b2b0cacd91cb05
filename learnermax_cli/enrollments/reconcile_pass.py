"""Pending enrollments against Stripe: reads, decides and writes window by window, so that memory stays flat."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from learnermax_cli.core.money import Money
from learnermax_cli.core.times import parse_time
from learnermax_cli.enrollments.decide import Case, Decision, Rules, decide, decide_unnamed
from learnermax_cli.enrollments.gather import Named, Strategy, read_all, read_named
from learnermax_cli.enrollments.model import (
    PAGE_SIZE,
    Enrollment,
    EnrollmentKey,
    EnrollmentReader,
    Payment,
    PaymentGateway,
    Student,
    Window,
    usable_session_id,
)
from learnermax_cli.enrollments.plan_enrollment import (
    Work,
    customer_to_note,
    names_customer,
    plan_enrollment,
    plan_owed_event,
)
from learnermax_cli.planning.change import Finding, Skipped

_CHUNK = 1_000


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: which courses and user, which span of sessions, and how sessions are asked for."""

    courses: frozenset[str] = frozenset()
    user: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    strategy: Strategy = "auto"

    def covers(self, key: EnrollmentKey) -> bool:
        """Return whether an enrollment is looked at."""
        return (not self.courses or key.course_id in self.courses) and self.user in (None, key.user_id)


@dataclass(frozen=True, slots=True)
class Table:
    """What was read of the table: enrollments to look at, and the price of each known course, where it has one.

    Without enrollments (None), those are looked at that the payments of the window name.
    """

    enrollments: Sequence[Enrollment] | None
    prices: Mapping[str, Money | None]


@dataclass
class Tally:
    """What a reconcile has seen beside its changes."""

    examined: int = 0
    unchanged: int = 0
    needs_attention: int = 0
    ignored: int = 0
    findings: list[Finding] = field(default_factory=list)
    still_pending: list[Skipped] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)


class Reconcile:
    """One pass over the enrollments of a scope; yields work in batches and never writes.

    With `event`, a completion also publishes the enrollment's event.
    """

    def __init__(
        self, gateway: PaymentGateway, reader: EnrollmentReader, rules: Rules, scope: Scope, *, event: bool
    ) -> None:
        self._gateway = gateway
        self._reader = reader
        self._rules = rules
        self._scope = scope
        self._event = event
        self.tally = Tally()

    def batches(self, table: Table) -> Iterator[list[Work]]:
        """Yield the work to be done, a batch of at most a thousand enrollments at a time.

        What people wait for comes first, for a run may be cut short: events owed, then payments of the window.
        """
        others = self._read_window()
        known = {payment.session_id: payment for found in others.values() for payment in found}
        if table.enrollments is None:
            yield from self._window_alone(others, known, table.prices)
            return
        yield self._publish_owed(e for e in table.enrollments if e.intent is not None)
        targets = [e for e in table.enrollments if e.pending or (self._rules.audit and e.status == "completed")]
        prices = table.prices
        del table  # what has been decided is not held any longer
        paid, targets = [e for e in targets if e.key in others], [e for e in targets if e.key not in others]
        paid_keys = {e.key for e in paid}
        for part in _parts([key for key in others if key not in paid_keys]):
            yield self._decide_named(part, self._reader.read_enrollments(part), others, prices)
        waiting: list[Case] = []
        for enrollments in (paid, targets):
            for named in read_named(self._gateway, enrollments, known, self._scope.strategy):
                yield self._decide([self._case(e, prices, named, others) for e in named.enrollments], waiting)
                for enrollment in named.enrollments:
                    for payment in others.pop(enrollment.key, ()):
                        known.pop(payment.session_id, None)
        if waiting:
            yield from self._release(waiting)

    def _window_alone(
        self,
        others: Mapping[EnrollmentKey, Sequence[Payment]],
        known: Mapping[str, Payment],
        prices: Mapping[str, Money | None],
    ) -> Iterator[list[Work]]:
        """Decide on the enrollments that the payments of the window name, whatever their status, and on no other."""
        for part in _parts(list(others)):
            there = self._reader.read_enrollments(part)
            pending = [enrollment for enrollment in there.values() if enrollment.pending]
            # What they name may be another session, from outside of the window.
            for named in read_named(self._gateway, pending, known, self._scope.strategy):
                yield self._decide([self._case(e, prices, named, others) for e in named.enrollments])
            rest = [key for key in part if key not in there or not there[key].pending]
            yield self._decide_named(rest, there, others, prices)
            yield self._publish_owed(there.values())

    def _publish_owed(self, enrollments: Iterable[Enrollment]) -> list[Work]:
        if not self._event:
            return []
        return [work for e in enrollments if (work := plan_owed_event(e, self._rules.now)) is not None]

    def _read_window(self) -> dict[EnrollmentKey, list[Payment]]:
        """Read every complete session since --since, by the enrollment that it names."""
        found: dict[EnrollmentKey, list[Payment]] = {}
        if self._scope.since is None:
            return found
        until = None if self._scope.until is None else int(self._scope.until.timestamp())
        window = Window(int(self._scope.since.timestamp()), until)
        for payment in self._read_all(window, "complete", lambda p: p.key is None or self._scope.covers(p.key)):
            if payment.key is not None:
                found.setdefault(payment.key, []).append(payment)
            else:
                self._note_unnamed(payment)
        return found

    def _read_all(self, window: Window, status: str | None, keep: Callable[[Payment], bool]) -> Sequence[Payment]:
        """Read the sessions of a window that are to be kept, with their disputes."""
        pages = read_all(self._gateway, window, status=status, now=self._rules.now)
        kept = [payment for page in pages for payment in page if keep(payment)]
        return self._gateway.read_disputes(kept, len(kept) // PAGE_SIZE)

    def _note_unnamed(self, payment: Payment) -> None:
        finding = decide_unnamed(payment, self._rules)
        if finding is None:
            self.tally.ignored += 1
        elif self._scope.user is None and (not self._scope.courses or payment.course_id in self._scope.courses):
            self._add_findings((finding,))

    def _case(
        self,
        enrollment: Enrollment,
        prices: Mapping[str, Money | None],
        named: Named,
        others: Mapping[EnrollmentKey, Sequence[Payment]],
    ) -> Case:
        session_id = enrollment.session_id if usable_session_id(enrollment.session_id or "") else None
        return Case(
            enrollment.key,
            enrollment,
            named=named.payments.get(session_id or ""),
            named_missing=session_id in named.missing,
            others=others.get(enrollment.key, ()),
            price=prices.get(enrollment.key.course_id),
        )

    def _decide(self, cases: Iterable[Case], waiting: list[Case] | None = None) -> list[Work]:
        """Return the work that cases ask for; those that may be released wait until all their sessions are known."""
        decided = [(case, decide(case, self._rules)) for case in cases]
        students = self._students(decided)
        work = []
        for case, decision in decided:
            if waiting is not None and self._may_be_released(case):
                waiting.append(case)
                continue
            self._note(case, decision)
            customer = customer_to_note(decision.payment, students, self._rules.realm)
            planned = plan_enrollment(case.key, case.enrollment, decision, customer, event=self._event)
            if planned is not None:
                work.append(planned)
        return work

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
        window = Window(int(oldest.timestamp()) - 900, None)
        by_key: dict[EnrollmentKey, list[Payment]] = {case.key: list(case.others) for case in waiting}
        for payment in self._read_all(window, None, lambda p: p.key in by_key):
            assert payment.key is not None
            by_key[payment.key].append(payment)
        for start in range(0, len(waiting), _CHUNK):
            part = waiting[start : start + _CHUNK]
            yield self._decide(replace(case, others=by_key[case.key], all_sessions_known=True) for case in part)

    def _decide_named(
        self,
        keys: Sequence[EnrollmentKey],
        there: Mapping[EnrollmentKey, Enrollment],
        others: Mapping[EnrollmentKey, Sequence[Payment]],
        prices: Mapping[str, Money | None],
    ) -> list[Work]:
        """Decide on payments of the window whose enrollment is not pending, or not there."""
        students = self._reader.read_students(key.user_id for key in keys if key not in there)
        return self._decide(
            Case(
                key,
                there.get(key),
                others=others[key],
                student_known=key.user_id in students,
                course_known=key.course_id in prices,
                price=prices.get(key.course_id),
            )
            for key in keys
        )

    def _students(self, decided: Sequence[tuple[Case, Decision]]) -> Mapping[str, Student]:
        payments = [decision.payment for _, decision in decided if decision.payment is not None]
        wanted = {p.user_id for p in payments if p.user_id and names_customer(p, self._rules.realm)}
        return self._reader.read_students(wanted) if wanted else {}

    def _note(self, case: Case, decision: Decision) -> None:
        self.tally.examined += 1
        self.tally.states[decision.state] += 1
        self._add_findings(decision.findings)
        if decision.verdict != "unchanged":
            return
        self.tally.unchanged += 1
        if case.enrollment is not None and case.enrollment.pending:
            reason = "; ".join((decision.state, *decision.notes))
            self.tally.still_pending.append(Skipped("enrollment", str(case.key), reason, code="pending"))

    def _add_findings(self, findings: Sequence[Finding]) -> None:
        self.tally.findings.extend(findings)
        self.tally.needs_attention += len(findings)


def _parts(keys: Sequence[EnrollmentKey]) -> Iterator[Sequence[EnrollmentKey]]:
    return (keys[start : start + _CHUNK] for start in range(0, len(keys), _CHUNK))
