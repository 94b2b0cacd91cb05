"""Decisions as changes, in the order that a crash may cut anywhere, and as counts of a report. Pure."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from learnermax_cli.core.times import site_time
from learnermax_cli.enrollments.decide_case import Case, Decision
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

    @property
    def item(self) -> Enrollment:
        """The item that the changes are about, where there is one."""
        assert self.enrollment is not None
        return self.enrollment

    def named(self) -> tuple[Enrollment, Payment]:
        """Return the item and the payment of a change that has both."""
        assert self.payment is not None
        return self.item, self.payment


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
    if decision.expire is not None:
        changes.append(
            Change("session", decision.expire.session_id, "expire", {"status": "open"}, {"status": "expired"})
        )
    changes.append(_on_enrollment(key, enrollment, decision, payment))
    if event and decision.verdict in ("complete", "create"):
        changes.append(Change("event", name, "publish", None, EVENT))
    return Work(key, tuple(changes), enrollment, payment)


def _on_enrollment(key: EnrollmentKey, enrollment: Enrollment | None, decision: Decision, payment: Payment) -> Change:
    """Return the change of the enrollment itself, which its payment asks for."""
    name, reason = str(key), "; ".join(decision.notes) or None
    after = {"paymentStatus": "completed", "stripeSessionId": payment.session_id}
    if payment.intent_id is not None:
        after["stripePaymentIntentId"] = payment.intent_id
    match decision.verdict:
        case "create":
            return Change("enrollment", name, "create", None, after, reason)
        case "revoke":
            after = {**_PENDING, "accessRevokedReason": decision.state}
            return Change("enrollment", name, "revoke", {"paymentStatus": "completed"}, after, decision.state)
        case "update":
            assert enrollment is not None
            before = {"stripeSessionId": enrollment.session_id, "stripePaymentIntentId": enrollment.payment_intent}
            reason = "the payment that it named went back"
            return Change("enrollment", name, "update", before, after, reason)
        case "restore":
            return Change("enrollment", name, "restore", _PENDING, after, "its payment is valid again")
    return Change("enrollment", name, "complete", _PENDING, after, reason)


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
    return ours and payment.customer_id is not None and payment.link_id is None and not payment.claimed


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
    settled_disputes: int = 0
    """Open disputes of completed enrollments that were reported before."""
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
        if case.enrollment is not None and case.enrollment.status == "completed" and decision.state == "disputed":
            self.settled_disputes += not decision.findings
        if case.enrollment is not None and case.enrollment.pending and decision.state != "revoked":
            reason = "; ".join((decision.state, *decision.notes))
            self.still_pending.append(Skipped("enrollment", str(case.key), reason, code="pending"))

    def summarize(self, results: Collection[Result], *, dry_run: bool) -> dict[str, int]:
        """Return the summary of a reconcile that made these changes."""
        wanted = "planned" if dry_run else "applied"
        counted = Counter(
            result.change.action if result.outcome == wanted else result.outcome
            for result in results
            if result.change.kind in ("enrollment", "session")
        )
        return {
            "examined": self.examined,
            "complete": counted["complete"],
            "create": counted["create"],
            "release": counted["release"],
            "revoke": counted["revoke"],
            "restore": counted["restore"],
            "update": counted["update"],
            "expire": counted["expire"],
            "unchanged": self.unchanged,
            "superseded": counted["superseded"],
            "needs_attention": len(self.findings),
            "revoked": self.states["revoked"],
            "kept": self.states["kept"],
            "disputed": self.settled_disputes,
            "failed": sum(result.outcome == "failed" for result in results),
        }


_WORDS = {
    "complete": ("complete", "completed"),
    "create": ("create", "created"),
    "release": ("release", "released"),
    "revoke": ("revoke", "revoked"),
    "restore": ("restore", "restored"),
    "update": ("update", "updated"),
}
_USUAL = ("complete", "create", "release")


def summary_line(summary: dict[str, int], *, dry_run: bool) -> str:
    """Return the sum of a reconcile: the usual counts, and those of what is rare where there are any."""
    shown = [(words, summary[name]) for name, words in _WORDS.items() if name in _USUAL or summary[name]]
    rest = f"{summary['unchanged']} unchanged"
    for count, words in ((summary["owed"], "owed"), (summary["events_removed"], "no longer owed")):
        rest += f", {count} event{'s' * (count > 1)} {words}" if count else ""
    if dry_run:
        return f"Plan: {', '.join(f'{count} to {words[0]}' for words, count in shown)}, {rest}."
    done = ", ".join(f"{count} {words[1]}" for words, count in shown)
    return f"Applied: {done}, {rest}."
