"""Decisions as changes, in the order that a crash may cut anywhere, and as counts of a report. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from learnermax_cli.core.times import site_time
from learnermax_cli.enrollments.decide import Case, Decision
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Payment, Student
from learnermax_cli.enrollments.payment_state import Realm
from learnermax_cli.planning.change import Change, Finding, Result, Skipped

EVENT = {"eventType": "EnrollmentCompleted"}
_PENDING = {"paymentStatus": "pending"}


class Work(NamedTuple):
    """The changes of one enrollment, and what carrying them out needs to know."""

    key: EnrollmentKey
    changes: tuple[Change, ...]
    enrollment: Enrollment | None
    payment: Payment | None = None


def plan_enrollment(
    key: EnrollmentKey, enrollment: Enrollment | None, decision: Decision, customer: str | None, *, event: bool
) -> Work | None:
    """Return the work that a decision asks for, None when there is nothing to do; `customer` is to be noted first."""
    payment, name = decision.payment, str(key)
    changes: list[Change] = []
    if decision.verdict == "release":
        assert enrollment is not None
        before = {**_PENDING, "stripeSessionId": enrollment.session_id, "enrolledAt": enrollment.enrolled_at}
        return Work(key, (Change("enrollment", name, "release", before, None, decision.state),), enrollment)
    if payment is None or decision.verdict == "unchanged":
        return None
    if customer is not None:
        fields = {"stripeCustomerId": customer}
        changes.append(Change("student", key.user_id, "update", {"stripeCustomerId": None}, fields))
    after = {"paymentStatus": "completed", "stripeSessionId": payment.session_id}
    if payment.intent_id is not None:
        after["stripePaymentIntentId"] = payment.intent_id
    reason = "; ".join(decision.notes) or None
    if decision.verdict == "complete":
        changes.append(Change("enrollment", name, "complete", _PENDING, after, reason))
    else:
        changes.append(Change("enrollment", name, "create", None, after, reason))
    if event:
        changes.append(Change("event", name, "publish", None, EVENT))
    return Work(key, tuple(changes), enrollment, payment)


def plan_free(key: EnrollmentKey, now: datetime, *, event: bool) -> Work:
    """Return the work of enrolling a student in a free course."""
    new = Enrollment(key, "free", "free", site_time(now))
    changes = [Change("enrollment", str(key), "create", None, {"paymentStatus": new.status})]
    if event:
        changes.append(Change("event", str(key), "publish", None, EVENT))
    return Work(key, tuple(changes), new)


def names_customer(payment: Payment, realm: Realm) -> bool:
    """Return whether a session names the customer of its student: only one of `checkout create` does, never a link."""
    ours = realm.owns(payment)
    return ours and payment.customer_id is not None and payment.link_id is None


def customer_to_note(payment: Payment | None, students: Mapping[str, Student], realm: Realm) -> str | None:
    """Return the customer that a payment names and its student lacks."""
    if payment is None or not names_customer(payment, realm):
        return None
    student = students.get(payment.user_id or "")
    return payment.customer_id if student is not None and student.customer_id is None else None


@dataclass
class Tally:
    """Counts the enrollments that were decided on, and keeps what a person should look at."""

    examined: int = 0
    unchanged: int = 0
    ignored: int = 0
    findings: list[Finding] = field(default_factory=list)
    still_pending: list[Skipped] = field(default_factory=list)
    owed: int = 0
    """Events that were owed before and are left."""
    states: Counter[str] = field(default_factory=Counter)
    other_types: dict[str, str] = field(default_factory=dict)
    """The entityType of enrollments that have another than the site's."""

    def note(self, case: Case, decision: Decision) -> None:
        """Note a decision."""
        self.examined += 1
        self.states[decision.state] += 1
        if case.enrollment is not None and case.enrollment.other_type is not None:
            self.other_types[str(case.key)] = case.enrollment.other_type
        self.findings += decision.findings
        if decision.verdict != "unchanged":
            return
        self.unchanged += 1
        if case.enrollment is not None and case.enrollment.pending:
            reason = "; ".join((decision.state, *decision.notes))
            self.still_pending.append(Skipped("enrollment", str(case.key), reason, code="pending"))

    def summarize(self, results: Collection[Result], *, dry_run: bool) -> dict[str, int]:
        """Return the summary of a reconcile that made these changes."""
        wanted = "planned" if dry_run else "applied"
        counted = Counter(
            result.change.action if result.outcome == wanted else result.outcome
            for result in results
            if result.change.kind == "enrollment"
        )
        return {
            "examined": self.examined,
            "complete": counted["complete"],
            "create": counted["create"],
            "release": counted["release"],
            "unchanged": self.unchanged,
            "superseded": counted["superseded"],
            "needs_attention": len(self.findings),
            "failed": sum(result.outcome == "failed" for result in results),
        }


def summary_line(summary: dict[str, int], *, dry_run: bool) -> str:
    """Return the last line of the report."""
    rest = f"{summary['unchanged']} unchanged, {summary['needs_attention']} need attention"
    for count, words in ((summary["owed"], "owed"), (summary["events_removed"], "no longer owed")):
        rest += f", {count} event{'s' * (count > 1)} {words}" if count else ""
    if dry_run:
        wanted = f"{summary['complete']} to complete, {summary['create']} to create, {summary['release']} to release"
        return f"Plan: {wanted}, {rest}."
    done = f"{summary['complete']} completed, {summary['create']} created, {summary['release']} released"
    return f"Applied: {done}, {rest}, {summary['failed']} failed."
