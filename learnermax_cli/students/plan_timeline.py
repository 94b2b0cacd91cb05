"""What happened in one case, in the order of time, each in a few words. Pure."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from learnermax_cli.core.money import Money
from learnermax_cli.core.times import parse_time, show_time, show_unix
from learnermax_cli.enrollments.model import UNREAD, Enrollment, Payment, Reversal
from learnermax_cli.students.model import Found, Sale


class Entry(NamedTuple):
    """One thing that happened, at a time in RFC 3339; a note has none."""

    at: str | None
    kind: str
    detail: str
    id: str | None = None


def plan_timeline(enrollment: Enrollment | None, sales: Sequence[Sale], found: Found) -> tuple[Entry, ...]:
    """Return what happened to an enrollment and its payments, oldest first; notes come last."""
    entries = [*_of_item(enrollment), *(entry for sale in sales for entry in _of_sale(sale, found))]
    return tuple(sorted(entries, key=lambda entry: entry.at or "9"))


def _of_item(enrollment: Enrollment | None) -> Iterator[Entry]:
    if enrollment is None:
        return
    kind = f", type {enrollment.enrollment_type}" if enrollment.enrollment_type else ""
    status = enrollment.status or "without a status"
    yield Entry(_time(enrollment.enrolled_at), "enrollment", f"written, now {status}{kind}", enrollment.session_id)
    if enrollment.owes_event and enrollment.intent:
        yield Entry(_time(enrollment.intent.at), "mail", "EnrollmentCompleted is owed, not published yet")
    if (revoked := enrollment.revoked) is not None:
        whom = " by an operator" if revoked.by_operator else ""
        yield Entry(_time(revoked.at), "revocation", f"access taken away{whom}: {revoked.reason or 'no reason given'}")
    if enrollment.kept_at is not None:
        why = enrollment.kept_reason or "no reason given"
        yield Entry(_time(enrollment.kept_at), "keep", f"an operator lets the student stay in: {why}")


def _of_sale(sale: Sale, found: Found) -> Iterator[Entry]:
    payment = sale.payment
    yield Entry(show_unix(payment.created), "session", _session(sale), payment.session_id)
    if payment.charged_at is not None:
        paid = f"{payment.captured} taken" if payment.captured and payment.captured.amount else "nothing taken"
        yield Entry(show_unix(payment.charged_at), "payment", f"{paid}, {payment.intent_status}", payment.intent_id)
    known = [reversal for reversal in payment.reversals if reversal.kind == "dispute" or not sale.refunds]
    for reversal in dict.fromkeys((*sale.refunds, *known)):
        yield _of_reversal(reversal, payment)
    events = [event for event in found.events if event.lead and event.lead.value in _ids(payment)]
    for event in events:
        yield Entry(show_unix(event.created), "event", _delivery(event.type, event.pending_webhooks), event.event_id)
    if payment.charged_at is not None and not events:
        looked = payment.session_id in found.events_read
        what = "no event about it was found" if looked else "its events were not looked up"
        yield Entry(None, "note", what, payment.session_id)


def _session(sale: Sale) -> str:
    payment = sale.payment
    words = [payment.status or "without a status", payment.payment_status]
    words += [str(payment.money)] if payment.money is not None else []
    words += ["through a payment link"] if payment.link_id else []
    words += [f"by {sale.email}"] if sale.email else []
    if payment.user_id is None:
        words.append("names no student")
    if payment.marker.environment is not None and not payment.marker.managed:
        words.append(f"of environment {payment.marker.environment}")
    return ", ".join(words)


def _of_reversal(reversal: Reversal, payment: Payment) -> Entry:
    amount = Money(reversal.amount, reversal.currency)
    if reversal.status == UNREAD:
        return Entry(None, reversal.kind, f"{amount}, not read", payment.intent_id)
    return Entry(show_unix(reversal.created), reversal.kind, f"{amount}, {reversal.status}", payment.intent_id)


def _delivery(name: str, pending: int) -> str:
    if not pending:
        return f"{name}, no delivery pending"
    return f"{name}, not delivered to {pending} endpoint{'s' * (pending > 1)}"


def _ids(payment: Payment) -> tuple[str, ...]:
    return (payment.session_id, payment.intent_id) if payment.intent_id else (payment.session_id,)


def _time(text: str) -> str | None:
    time = parse_time(text)
    return None if time is None else show_time(time)
