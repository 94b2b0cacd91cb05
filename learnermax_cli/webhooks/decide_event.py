"""Decides from an event alone whether it is for us, and names what became of one that needed no write; pure."""

from learnermax_cli.enrollments.decide import Case, Decision
from learnermax_cli.enrollments.model import Payment, usable_session_id
from learnermax_cli.enrollments.payment_state import Realm
from learnermax_cli.webhooks.model import Effect, EventHint


def refuse(hint: EventHint, realm: Realm) -> str | None:
    """Return why an event is not for us, by what it says itself; None when it has to be handled."""
    if hint.session_id is None or not usable_session_id(hint.session_id):
        return "not a session"
    if hint.livemode != realm.livemode:
        return "other mode"
    if hint.account is not None:
        return "other account"
    if hint.environment not in (None, realm.environment):
        return "other environment"
    if hint.key is None and not hint.managed:
        return "not ours"
    return None


def effect_of(case: Case, payment: Payment, decision: Decision, realm: Realm) -> Effect:
    """Return what became of an event that needed no write."""
    if decision.findings:
        return "attention"
    if case.enrollment is None:
        return "waiting" if realm.owns(payment) and decision.state == "no enrollment" else "ignored"
    return "waiting" if case.enrollment.pending else "done"
