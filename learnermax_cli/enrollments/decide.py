"""The one place that knows what payments mean for an enrollment: reconcile, webhooks and replay all ask here. Pure."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from learnermax_cli.core.remedy import claim_one, reconcile_one, revoke_one
from learnermax_cli.core.times import parse_time, show_unix
from learnermax_cli.enrollments.decide_access import decide_completed, decide_revoked, open_session
from learnermax_cli.enrollments.decide_case import Case, Decision, Readings, Rules, notes_on
from learnermax_cli.enrollments.model import EnrollmentKey, Payment
from learnermax_cli.enrollments.payment_state import (
    BY_HAND,
    Reading,
    Realm,
    State,
    dashboard_url,
    pending_remedy,
    read_state,
)
from learnermax_cli.planning.change import Finding

# A pending item without a session may be one whose checkout is being made right now.
NO_SESSION_GRACE = timedelta(hours=24)
_ATTENTION: frozenset[State] = frozenset(("refunded", "disputed", "mismatch", "missing session", "unknown"))
_RELEASABLE: frozenset[State] = frozenset(("expired", "failed"))


def decide(case: Case, rules: Rules) -> Decision:
    """Return what the payments mean for one enrollment."""
    sessions = _sessions(case)
    readings = [(payment, read_state(payment, case.key, rules.realm)) for payment in sessions]
    paid = [payment for payment, reading in readings if reading.state == "paid"]
    twice = _paid_twice(case, sessions, paid, rules.realm)
    if case.enrollment is None:
        return _without_item(case, readings, paid, twice, rules)
    if not case.enrollment.pending:
        decision = decide_completed(case, readings, rules)
        return decision._replace(findings=(*twice, *decision.findings, *_audit(case, decision, readings, rules)))
    if case.enrollment.revoked is not None:
        decision = decide_revoked(case, readings, rules)
        return decision._replace(findings=(*twice, *decision.findings))
    if paid:
        payment = _first(case, paid, rules.realm)
        expire = open_session(case, readings, payment, rules)
        return Decision("complete", "paid", payment, twice, notes_on(case, payment), expire)
    return _still_pending(case, readings, rules)


def _sessions(case: Case) -> list[Payment]:
    by_id = {payment.session_id: payment for payment in (*((case.named,) if case.named else ()), *case.others)}
    return sorted(by_id.values(), key=lambda payment: (payment.created, payment.session_id))


def _still_pending(case: Case, readings: Readings, rules: Rules) -> Decision:
    assert case.enrollment is not None
    own, reading = _own_reading(case, readings)
    findings = tuple(_grave(case.key, [(own, reading)], rules.realm))
    in_the_way = [(payment, r) for payment, r in readings if r.state not in _RELEASABLE]
    releasable = reading.state in _RELEASABLE
    if case.named is None:  # its checkout may be under way, whatever became of a session before it
        written = parse_time(case.enrollment.enrolled_at)
        old = written is not None and rules.now - written > NO_SESSION_GRACE
        releasable = old and (releasable or reading.state == "no session")
    if not (rules.release_expired and releasable):
        return Decision("unchanged", reading.state, findings=findings)
    if in_the_way:
        grave = tuple(_grave(case.key, in_the_way, rules.realm))
        notes = tuple(f"not released: {r.detail}" for _, r in in_the_way)
        return Decision("unchanged", reading.state, findings=grave, notes=notes)
    return Decision("release" if case.all_sessions_known else "unchanged", reading.state)


def _grave(key: EnrollmentKey, readings: Sequence[tuple[Payment | None, Reading]], realm: Realm) -> Iterator[Finding]:
    """Yield a finding for each session of a pending enrollment that needs a person."""
    for payment, reading in readings:
        if reading.state not in _ATTENTION:
            continue
        remedy = pending_remedy(reading, key)
        detail = reading.detail if remedy else f"{reading.detail}: {BY_HAND[reading.state]}"
        yield Finding(reading.state, str(key), detail, remedy, dashboard_url(payment, realm))


def decide_unnamed(payment: Payment, rules: Rules) -> Finding | None:
    """Return what a session means that names no course and user: a finding when it is ours and paid, else nothing."""
    if not rules.realm.owns(payment) or read_state(payment, None, rules.realm).state != "paid":
        return None
    course = f"course {payment.course_id}" if payment.course_id else "an unknown course"
    detail = f"paid for {course}, but the session does not say by whom"
    if payment.course_id:
        detail = f"{detail}; once you know: " + claim_one(payment.course_id, "USER_ID", payment.session_id)
    if payment.user_id and payment.course_id:
        detail = "paid, but its ids can't be keys of the table"
    return Finding("payer unknown", payment.session_id, detail, url=dashboard_url(payment, rules.realm))


def decide_unclaimed(case: Case, rules: Rules) -> Finding | None:
    """Return what a payment that was found by customer or address means for who has no access: is it this student's?"""
    if not case.unclaimed or not (case.enrollment is None or case.enrollment.pending):
        return None
    payment = case.unclaimed[0]
    detail = f"{payment.session_id} is paid under the student's address or customer, but does not say by whom"
    remedy = claim_one(case.key.course_id, case.key.user_id, payment.session_id)
    return Finding("payer unknown", str(case.key), detail, remedy, dashboard_url(payment, rules.realm))


def _without_item(
    case: Case,
    readings: Readings,
    paid: Sequence[Payment],
    twice: tuple[Finding, ...],
    rules: Rules,
) -> Decision:
    key = str(case.key)
    if not paid:
        wrong = tuple(
            Finding(r.state, key, f"{r.detail}: {BY_HAND[r.state]}", url=dashboard_url(p, rules.realm))
            for p, r in readings
            if r.state == "mismatch" and rules.realm.owns(p)
        )
        return Decision("unchanged", "no enrollment", findings=wrong)
    payment = _first(case, paid, rules.realm)
    ours, url = rules.realm.owns(payment), dashboard_url(payment, rules.realm)
    if not case.course_known:
        detail = f"{payment.session_id} is paid, but the course was not found"
        finding = Finding("paid, not enrolled", key, detail, url=url)
        return Decision("unchanged", "no course", findings=(finding,) if ours else ())
    if not case.student_known:
        detail = f"{payment.session_id} is paid, but the student was not found"
        finding = Finding("payer unknown", key, detail, url=url)
        return Decision("unchanged", "no student", findings=(finding,))
    if ours or rules.create_missing:
        return Decision("create", "paid", payment, twice, notes_on(case, payment))
    detail = f"{payment.session_id} is paid but was not made by lmx"
    since = show_unix(payment.created)
    remedy = reconcile_one(case.key.course_id, case.key.user_id, "--since", since, "--create-missing")
    finding = Finding("paid, not enrolled", key, detail, remedy, url)
    return Decision("unchanged", "no enrollment", findings=(finding, *twice))


def _own_reading(case: Case, readings: Readings) -> tuple[Payment | None, Reading]:
    if case.named is not None:
        # By id: where all sessions were read again, a newer reading of the same session took its place.
        return next(each for each in readings if each[0].session_id == case.named.session_id)
    if case.named_missing:
        return None, Reading("missing session", "Stripe has no such session for this key: wrong account or mode?")
    # Without a session of its own, the newest of those that name user and course speaks for the item.
    return readings[-1] if readings else (None, Reading("no session"))


def _paid_twice(case: Case, sessions: Sequence[Payment], paid: Sequence[Payment], realm: Realm) -> tuple[Finding, ...]:
    ids = {payment.session_id for payment in paid}
    own = case.enrollment.session_id if case.enrollment and case.enrollment.status == "completed" else None
    if own is not None and all(payment.session_id != own for payment in sessions):
        ids.add(own)  # not read again, but it is what completed the item
    if len(ids) < 2:
        return ()
    detail = f"{' and '.join(sorted(ids))} are both paid: refund one"
    first = _first(case, paid, realm)
    extra = next((payment for payment in reversed(paid) if payment is not first), first)
    return (Finding("paid twice", str(case.key), detail, url=dashboard_url(extra, realm)),)


def _first(case: Case, paid: Sequence[Payment], realm: Realm) -> Payment:
    """Return the payment that enrolls: the item's own, or without an item ours, else the earliest."""
    if case.enrollment is None:
        return next((payment for payment in paid if realm.owns(payment)), paid[0])
    return next((payment for payment in paid if payment.session_id == case.enrollment.session_id), paid[0])


def _audit(case: Case, decision: Decision, readings: Readings, rules: Rules) -> tuple[Finding, ...]:
    """Return the finding of an enrollment that nothing paid, unless it is reported under a name of its own."""
    if not rules.audit or case.enrollment is None or case.enrollment.kept_at is not None:
        return ()
    if decision != Decision("unchanged", "completed") or any(reading.state == "paid" for _, reading in readings):
        return ()
    own, reading = _own_reading(case, readings)
    detail = reading.detail or "no session of Stripe says that it was paid"
    remedy = revoke_one(case.key.course_id, case.key.user_id, "never paid")
    return (Finding("enrolled, not paid", str(case.key), detail, remedy, dashboard_url(own, rules.realm)),)
