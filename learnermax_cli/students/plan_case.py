"""What a student's case is, course by course: `decide` speaks, this puts its words into a sentence. Pure."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from learnermax_cli.core.remedy import Advice, lmx, reconcile_one
from learnermax_cli.enrollments.decide import decide, decide_unclaimed, decide_unnamed
from learnermax_cli.enrollments.decide_case import Case, Decision, Rules
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Payment, enrollment_key, usable_session_id
from learnermax_cli.enrollments.payment_state import dashboard_url, read_state, reconcile_session
from learnermax_cli.enrollments.plan_event import EventRules, plan_owed_event
from learnermax_cli.planning.change import Finding
from learnermax_cli.students.model import Found, Sale
from learnermax_cli.students.plan_timeline import Entry, plan_timeline

_SENTENCES: Mapping[str, str] = {
    "complete": "Paid, but still pending: what Stripe says has not reached the table.",
    "create": "Paid, but not enrolled: what Stripe says has not reached the table.",
    "restore": "Access was revoked, and the payment is valid again.",
    "update": "In; the payment that the enrollment names went back, but another one is valid.",
    "free": "In: the enrollment is free.",
    "completed": "In, and paid.",
    "kept": "In, because an operator decided so.",
    "revoked": "Access was revoked; a new purchase or enrollments keep gives it back.",
    "open": "Not paid yet: the checkout is still open.",
    "processing": "The payment is under way: wait until it arrives or fails.",
    "disputed": "In; a dispute is open: wait until the bank has decided.",
    "no session": "Not paid: the enrollment names no session, its checkout may be under way.",
    "no enrollment": "Not enrolled, and nothing was paid.",
}


class View(NamedTuple):
    """One case as it is shown; `remedy` is the command that settles it, None where nothing is to be run."""

    course_id: str | None
    state: str
    verdict: str
    timeline: tuple[Entry, ...]
    remedy: str | None = None
    url: str | None = None


class _Said(NamedTuple):
    state: str
    verdict: str
    remedy: str | None = None
    url: str | None = None


def plan_views(found: Found, rules: Rules, events: EventRules) -> list[View]:
    """Return the cases of a student by course, or of payments whose payer is no student of the table."""
    rules = rules._replace(release_expired=True, audit=True)
    newest = sorted(found.sales.values(), key=lambda sale: -sale.payment.created)
    if found.student is None:
        return [_view(sale.payment.course_id, _of_nobody(sale, found, rules), None, [sale], found) for sale in newest]
    groups: dict[str | None, list[Sale]] = {course_id: [] for course_id in sorted(found.enrollments)}
    names = {e.session_id: course_id for course_id, e in found.enrollments.items() if e.session_id}
    for sale in newest:
        groups.setdefault(names.get(sale.payment.session_id, sale.payment.course_id), []).append(sale)
    views = (_of_course(course_id, sales, found, rules, events) for course_id, sales in groups.items())
    return [view for view in views if view is not None]


def _of_course(
    course_id: str | None, sales: Sequence[Sale], found: Found, rules: Rules, events: EventRules
) -> View | None:
    """Return the case of one course; None where only others paid for it."""
    assert found.student is not None
    user_id = found.student.user_id
    enrollment = found.enrollments.get(course_id or "")
    own = [s for s in sales if s.payment.user_id == user_id or (enrollment and _is_named(s.payment, enrollment))]
    nobodys = [s for s in sales if s not in own and _names_nobody(s.payment, found)]
    here = [s for s in own if _is_here(s.payment, rules) or (enrollment and _is_named(s.payment, enrollment))]
    unclaimed = [s for s in nobodys if _is_here(s.payment, rules) and _is_paid(s.payment, rules)]
    shown = [*own, *unclaimed]
    key = enrollment_key(user_id, course_id)
    paid = [*unclaimed, *(s for s in here if _is_paid(s.payment, rules))]
    if enrollment is None and (key is None or not here):
        if paid and (key is None or course_id not in found.courses):
            return _view(course_id, _of_unknown_course(paid[0].payment, user_id, rules), None, shown, found)
        if key is None or not unclaimed:
            foreign = next((s for s in (*own, *nobodys) if not _is_here(s.payment, rules)), None)
            said = None if foreign is None else _not_ours(foreign.payment)
            return None if said is None else _view(course_id, said, None, [*own, *nobodys], found)
    assert key is not None
    case = _case(key, enrollment, here, unclaimed, found)
    if enrollment is not None and enrollment.session_id in found.unread:
        more = "Its session was not read, as there are many: " + lmx("students show", enrollment.session_id or "")
        return _view(course_id, _Said("unknown", more), enrollment, shown, found)
    return _view(course_id, _say(case, rules, events), enrollment, shown, found)


def _case(
    key: EnrollmentKey, enrollment: Enrollment | None, here: Sequence[Sale], unclaimed: Sequence[Sale], found: Found
) -> Case:
    session_id = None if enrollment is None else enrollment.session_id
    named = next((s.payment for s in here if s.payment.session_id == session_id), None)
    return Case(
        key,
        enrollment,
        named,
        named_missing=session_id in found.missing,
        others=[sale.payment for sale in here if sale.payment is not named],
        course_known=key.course_id in found.courses,
        all_sessions_known=True,
        searched=True,
        unclaimed=[sale.payment for sale in unclaimed],
    )


def _say(case: Case, rules: Rules, events: EventRules) -> _Said:
    """Return what is decided on a case, in words, with the command that settles it."""
    decision = decide(case, rules)
    payment = decision.payment or case.named or (case.others[0] if case.others else None)
    url = dashboard_url(payment, rules.realm)
    if decision.verdict in ("complete", "create", "restore", "update") and decision.payment is not None:
        session_id = case.enrollment.session_id if case.enrollment else None
        remedy = reconcile_session(case.key, decision.payment.session_id, decision.payment.created, session_id)
        return _Said(decision.state, _sentence(decision.verdict, case, decision), remedy, url)
    if (claim := decide_unclaimed(case, rules)) is not None:
        return _of_finding(claim)
    if decision.verdict == "release":
        detail = read_state(case.named, case.key, rules.realm).detail if case.named else "no session was paid"
        sentence = f"Not paid: {detail}. The pending enrollment keeps the student from buying."
        return _Said(decision.state, sentence, _release(case.key), url)
    if decision.findings:
        return _of_finding(decision.findings[-1])
    return _settled(case, decision, events, url)


def _settled(case: Case, decision: Decision, events: EventRules, url: str | None) -> _Said:
    """Return what is said where the money asks for nothing; the mail may still be owed."""
    enrollment = case.enrollment
    kept = enrollment is not None and enrollment.kept_at is not None and not enrollment.pending
    said = _Said("kept" if kept else decision.state, _sentence("kept" if kept else "", case, decision), url=url)
    if enrollment is None or not enrollment.owes_event or enrollment.intent is None:
        return said
    owed = plan_owed_event(enrollment, events)
    verdict = f"{said.verdict} The mail has been owed since {enrollment.intent.at}."
    if isinstance(owed, Finding):
        return said._replace(verdict=verdict, remedy=owed.remedy)
    if events.mode == "owe":
        return said._replace(verdict=f"{verdict} No topic is configured: set TRANSACTIONAL_EMAIL_TOPIC_ARN.")
    remedy = reconcile_one(case.key.course_id, case.key.user_id) if owed is not None else None
    return said._replace(verdict=verdict, remedy=remedy)


def _sentence(verdict: str, case: Case, decision: Decision) -> str:
    """Return the sentence of a verdict, or of a state where there is nothing to be done."""
    text = _SENTENCES.get(verdict) or _SENTENCES.get(decision.state) or f"The enrollment is {decision.state}."
    if decision.expire is not None:
        text += f" {decision.expire.session_id}, which the enrollment names, is still open and is expired first."
    if decision.verdict != "unchanged" and any(finding.kind == "paid twice" for finding in decision.findings):
        text += f" Paid twice: {decision.findings[0].detail}."
    if case.unclaimed and not (case.enrollment is None or case.enrollment.pending):
        text += f" {case.unclaimed[0].session_id} is paid too, and does not say by whom."
    if decision.notes:
        text += f" Note: {'; '.join(decision.notes)}."
    return text


def _release(key: EnrollmentKey) -> str:
    return lmx("enrollments release", key.course_id, "--user", key.user_id)


def _of_finding(finding: Finding) -> _Said:
    stop = "" if isinstance(finding.detail, Advice) else "."  # a command is to be pasted without it
    verdict = f"{finding.kind[0].upper()}{finding.kind[1:]}: " + finding.detail + stop
    return _Said(finding.kind, verdict, finding.remedy, finding.url)


def _of_nobody(sale: Sale, found: Found, rules: Rules) -> _Said:
    """Return what a payment is whose payer is no student of the table."""
    payment = sale.payment
    if not _is_here(payment, rules):
        return _not_ours(payment)
    url = dashboard_url(payment, rules.realm)
    reading = read_state(payment, None, rules.realm)
    if reading.state != "paid":
        return _Said(reading.state, f"{reading.detail}. It names no student of the table.", url=url)
    known = payment.course_id in found.courses
    if payment.key is not None:
        case = Case(payment.key, None, others=[payment], student_known=False, course_known=known)
        findings = decide(case, rules).findings
    else:
        unnamed = decide_unnamed(payment, rules)
        findings = () if unnamed is None else (unnamed,)
    said = _of_finding(findings[0]) if findings else _Said("payer unknown", f"{payment.session_id} is paid.", url=url)
    if not _names_nobody(payment, found):
        return said
    claim = lmx("enrollments create", payment.course_id or "COURSE", "--user", "USER", "--session", payment.session_id)
    return said._replace(verdict=said.verdict + " Once it is known whose it is: " + claim)


def _of_unknown_course(payment: Payment, user_id: str, rules: Rules) -> _Said:
    claim = lmx("enrollments create", "COURSE", "--user", user_id, "--session", payment.session_id)
    text = f"{payment.session_id} is paid, but names no course of the table. Once it is known for which: " + claim
    return _Said("payer unknown", text, url=dashboard_url(payment, rules.realm))


def _not_ours(payment: Payment) -> _Said:
    if not usable_session_id(payment.session_id):
        return _Said("not ours", f"{payment.session_id} is a payment that no Checkout Session made.")
    environment = payment.marker.environment or "unknown"
    there = lmx("students show", payment.session_id, "-e", environment, own_environment=True)
    return _Said("not ours", f"{payment.session_id} is of environment {environment}: " + there)


def _is_named(payment: Payment, enrollment: Enrollment) -> bool:
    """Return whether an item names a payment, by its session or its payment intent."""
    intent = enrollment.payment_intent
    return payment.session_id == enrollment.session_id or (intent is not None and payment.intent_id == intent)


def _names_nobody(payment: Payment, found: Found) -> bool:
    """Return whether a payment does not say by whom: a reference that is no student names nobody."""
    return payment.metadata_user is None and payment.reference_user not in found.students


def _is_here(payment: Payment, rules: Rules) -> bool:
    """Return whether a payment can be one of this environment's courses."""
    environment = payment.marker.environment
    return usable_session_id(payment.session_id) and environment in (None, rules.realm.environment)


def _is_paid(payment: Payment, rules: Rules) -> bool:
    return read_state(payment, None, rules.realm).state == "paid"


def _view(
    course_id: str | None, said: _Said, enrollment: Enrollment | None, sales: Sequence[Sale], found: Found
) -> View:
    return View(course_id, said.state, said.verdict, plan_timeline(enrollment, sales, found), said.remedy, said.url)
