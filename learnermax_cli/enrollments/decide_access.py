"""What payments mean for who is in, or was: access follows the money both ways, unless an operator decided. Pure."""

from learnermax_cli.core.remedy import Advice, claim_one, join, keep_one, reconcile_one
from learnermax_cli.core.times import parse_time
from learnermax_cli.enrollments.decide_case import Case, Decision, Readings, Rules, notes_on, own_reading
from learnermax_cli.enrollments.model import Payment, Revocation
from learnermax_cli.enrollments.payment_state import Reading, dashboard_url, open_disputes
from learnermax_cli.planning.change import Finding


def decide_completed(case: Case, readings: Readings, rules: Rules) -> Decision:
    """Return what the payment of an enrollment means for it that is not pending: whether its money is still here."""
    assert case.enrollment is not None
    status, kept = case.enrollment.status, case.enrollment.kept_at is not None
    own = own_reading(case, readings)
    if own is None or status != "completed":
        return Decision("unchanged", status)
    payment, reading = own
    if reading.void:
        return _void(case, readings, rules, payment, reading)
    if reading.state == "disputed":
        return _disputed(case, payment, reading, rules)
    if reading.partly_lost and not kept:
        detail, why = f"a dispute over a part of {payment.session_id} was lost", "partly charged back"
        finding = Finding(f"in, but {why}", str(case.key), detail, keep_one(*_names(case), why))
        return Decision("unchanged", status, findings=(_on(finding, payment, rules),))
    return Decision("unchanged", status)


def _void(case: Case, readings: Readings, rules: Rules, payment: Payment, reading: Reading) -> Decision:
    """Return what to do about an enrollment whose own payment went back as a whole."""
    assert case.enrollment is not None
    if case.enrollment.kept_at is not None:
        return Decision("unchanged", "kept")
    others = [(other, of) for other, of in readings if other is not payment]
    if valid := [other for other, of in others if of.state == "paid"]:
        return Decision("update", "paid", valid[0])
    why = "refunded" if reading.state == "refunded" else "charged back"
    waiting = [of.detail for _, of in others if of.state == "disputed" and not of.void]
    unclaimed = [f"{other.session_id} is paid, but does not say by whom" for other in case.unclaimed]
    if rules.revoke and case.searched and not waiting and not unclaimed:
        return Decision("revoke", why, payment)
    unsought = () if case.searched else ("other payments were not looked for (--revoke looks first)",)
    stay = "to let the student stay: " + keep_one(*_names(case), "goodwill")
    more = (*waiting, *unclaimed) or (*unsought, stay)
    remedy: Advice | None = reconcile_one(*_names(case), "--revoke")
    if waiting:
        remedy = None
    elif unclaimed:
        remedy = claim_one(*_names(case), case.unclaimed[0].session_id)
    finding = Finding(f"in, but {why}", str(case.key), join("; ", (reading.detail, *more)), remedy)
    return Decision("unchanged", why, findings=(_on(finding, payment, rules),))


def _disputed(case: Case, payment: Payment, reading: Reading, rules: Rules) -> Decision:
    """Return the decision on an open dispute: it changes nothing, and is reported in the window that it began in."""
    assert case.enrollment is not None
    if case.enrollment.kept_at is not None:
        return Decision("unchanged", "kept")
    opened = max((dispute.created for dispute in open_disputes(payment)), default=0)
    if rules.since is not None and opened < rules.since.timestamp():
        return Decision("unchanged", "disputed")
    finding = Finding("in, but disputed", str(case.key), reading.detail + ": wait until the bank has decided")
    return Decision("unchanged", "disputed", findings=(_on(finding, payment, rules),))


def decide_revoked(case: Case, readings: Readings, rules: Rules) -> Decision:
    """Return what payments mean for a student whose access was taken away: given back, bought anew, or settled."""
    assert case.enrollment is not None
    revoked = case.enrollment.revoked
    assert revoked is not None
    paid = [payment for payment, reading in readings if reading.state == "paid"]
    own = own_reading(case, readings)
    if own is not None and own[0] in paid and not revoked.by_operator and not _made_after(own[0], revoked):
        return Decision("restore", "paid", own[0])
    bought = [payment for payment in paid if not revoked.by_operator or _made_after(payment, revoked)]
    if bought:
        expire = open_session(case, readings, bought[0], rules)
        return Decision("complete", "paid", bought[0], notes=notes_on(case, bought[0]), expire=expire)
    if late := [payment for payment in paid if _paid_after(payment, revoked)]:
        detail, why = f"{late[0].session_id} was paid after access was revoked by hand", "paid after revoke"
        finding = Finding(why, str(case.key), detail, keep_one(*_names(case), why))
        return Decision("unchanged", "revoked", findings=(_on(finding, late[0], rules),))
    state = own[1].state if own is not None else "revoked"
    return Decision("unchanged", state if state in ("open", "processing") else "revoked")


def open_session(case: Case, readings: Readings, payment: Payment, rules: Rules) -> Payment | None:
    """Return the open session of ours that an item names, where another payment completes it."""
    if case.named is None or case.named.session_id == payment.session_id or case.named.key != case.key:
        return None
    named = next(one for one, _ in readings if one.session_id == case.named.session_id)
    return named if named.status == "open" and rules.realm.owns(named) else None


def _names(case: Case) -> tuple[str, str]:
    return case.key.course_id, case.key.user_id


def _on(finding: Finding, payment: Payment, rules: Rules) -> Finding:
    return finding._replace(url=dashboard_url(payment, rules.realm))


def _made_after(payment: Payment, revoked: Revocation) -> bool:
    at = parse_time(revoked.at)
    # Stripe counts whole seconds: a purchase may begin in the second in which access was taken away.
    return at is None or payment.created >= int(at.timestamp())


def _paid_after(payment: Payment, revoked: Revocation) -> bool:
    at = parse_time(revoked.at)
    return at is not None and payment.charged_at is not None and payment.charged_at > at.timestamp()
