"""`lmx sandbox trigger`: an event caused by a student's checkout, and where it was delivered."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from shlex import quote
from typing import TYPE_CHECKING

from learnermax_cli.checkout.create import run_create
from learnermax_cli.checkout.model import CheckoutRequest, Form
from learnermax_cli.checkout.model import Session as CheckoutSession
from learnermax_cli.checkout.offer import read_offer
from learnermax_cli.config.sandbox_state import SandboxInfo, require_sandbox
from learnermax_cli.core.errors import FailedError, UsageError
from learnermax_cli.core.ownership import encode_reference
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.planning.report import Data, Report
from learnermax_cli.sandbox.client import SandboxClient, SandboxError, Session
from learnermax_cli.sandbox.report import ENVIRONMENT
from learnermax_cli.sandbox.stripe_api.deliveries.record import Record
from learnermax_cli.sandbox.student import STUDENT_ID, email_of, put_student
from learnermax_cli.webhooks.model import SESSION_EVENTS, WEBHOOK_PATH

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

_COMMAND = "sandbox trigger"
_DELIVERY_SECONDS = 10.0
_DELAYED = ("checkout.session.async_payment_succeeded", "checkout.session.async_payment_failed")


def trigger(app: "App", event: str, course_id: str | None, user_id: str | None) -> Report:
    """Act as the buyer until the event occurs; raises UsageError for another event, FailedError with nothing to buy."""
    if event not in SESSION_EVENTS:
        raise UsageError(f"{event} cannot be triggered", hint=f"Events that can: {', '.join(SESSION_EVENTS)}")
    info = require_sandbox(app.environ)
    control = SandboxClient(info.control_url)
    app.flags = replace(app.flags, environment=ENVIRONMENT)
    user_id = STUDENT_ID if user_id is None else user_id
    known = _known(app, user_id)
    key = EnrollmentKey(user_id, course_id or _course_to_buy(app, user_id, known, event))
    session = known.get(key.course_id)
    session_id = session.session_id if session and _fits(app, session, event) else _made_session(app, info, key)
    before = max((record.seq for record in control.webhook_deliveries()), default=0)
    try:
        played = _played(control, event, session_id)
    except SandboxError as error:
        hint = f"See what became of it: lmx checkout show {session_id} -e {ENVIRONMENT}"
        raise FailedError(error.reason, hint=hint, code="sandbox.refused") from error
    deliveries = _deliveries(control, played, before)
    return _report(event, key, played, deliveries, paused=control.webhook_counts()["paused"])


def _known(app: "App", user_id: str) -> dict[str, CheckoutSession | None]:
    """Return, by course, the session of each of the student's enrollments, as far as it is pending and names one."""
    known: dict[str, CheckoutSession | None] = {}
    for enrollment in app.enrollments.list_of_user(user_id, completed=True):
        session_id = enrollment.session_id if enrollment.pending else None
        known[enrollment.key.course_id] = app.checkout_sessions.read_session(session_id) if session_id else None
    return known


def _fits(app: "App", session: CheckoutSession, event: str) -> bool:
    """Return whether an event can be caused through a session that is there: a delayed payment may be under way."""
    if session.open or event not in _DELAYED:
        return session.open
    payment = app.payments.read_payment(session.session_id)
    return payment is not None and payment.payment_status == "unpaid" and payment.intent_status == "processing"


def _course_to_buy(app: "App", user_id: str, known: Mapping[str, CheckoutSession | None], event: str) -> str:
    """Return a course whose checkout fits the event, else one that the student has not paid."""
    courses = sorted(app.courses.list_courses(), key=lambda course: course.course_id)
    synced = [c.course_id for c in courses if c.paid and not c.coming_soon and c.product_id and c.price_id]
    if not synced:
        raise FailedError(
            "no paid course of the sandbox is synced, so there is nothing to buy",
            hint=f"Run lmx courses seed -e {ENVIRONMENT}, then lmx products sync -e {ENVIRONMENT}.",
            code="invalid.not_synced",
        )
    sessions = {course_id: known.get(course_id) for course_id in synced}
    is_open = [course_id for course_id, session in sessions.items() if session and _fits(app, session, event)]
    left = [
        course_id
        for course_id, session in sessions.items()
        if course_id not in known or (session is not None and session.status == "expired")
    ]
    if not (is_open or left):
        other = "other-student" if user_id == STUDENT_ID else quote(f"{user_id}-2")
        raise FailedError(
            "the student has every paid course, or has paid it",
            hint=f"Name another student with --user {other}, or start afresh: lmx sandbox reset.",
            code="invalid.enrolled",
        )
    return (is_open + left)[0]


def _made_session(app: "App", info: SandboxInfo, key: EnrollmentKey) -> str:
    _put_in_if_missing(app, info, key)
    form = Form("hosted", None, None, None, allow_promotion_codes=False)
    request = CheckoutRequest(key.course_id, key.user_id, form, timedelta(hours=24), replace=True)
    report = run_create(app, request, _COMMAND)
    if not isinstance(report.body, Data):
        raise TypeError(report.body)
    return str(report.body.value["session_id"])


def _put_in_if_missing(app: "App", info: SandboxInfo, key: EnrollmentKey) -> None:
    """Add a new student to the sandbox, unless the course can't be sold or Stripe can't take such an id."""
    user_id = key.user_id
    if encode_reference(user_id) is None or app.enrollments.read_students([user_id]):
        return
    read_offer(app, key.course_id)
    put_student(info, user_id)
    app.console.note(f"The sandbox had no student {user_id}: put in, with email {email_of(user_id)}.")


def _played(control: SandboxClient, event: str, session_id: str) -> Session:
    if event == "checkout.session.expired":
        return control.expire(session_id)
    if event == "checkout.session.completed":
        return control.pay(session_id)
    if control.read_session(session_id).status == "open":
        control.pay(session_id, "delayed")
        control.await_webhooks(_DELIVERY_SECONDS)  # The money takes days, so the first event is long since delivered.
    return control.settle(session_id, succeed=event == "checkout.session.async_payment_succeeded")


def _deliveries(control: SandboxClient, session: Session, before: int) -> list[Record]:
    """Return the results of the deliveries of the session's events, once they have ended or taken too long."""
    control.await_webhooks(_DELIVERY_SECONDS)
    about = (session.id, session.payment_intent)
    return [record for record in control.webhook_deliveries(before) if record.object_id in about]


def _report(event: str, key: EnrollmentKey, session: Session, deliveries: list[Record], *, paused: bool) -> Report:
    value: dict[str, object] = {
        "event": event,
        "session_id": session.id,
        "user_id": key.user_id,
        "course_id": key.course_id,
        "status": session.status,
        "payment_status": session.payment_status,
        "deliveries": [_shown(record) for record in deliveries],
    }
    lines = [f"{event}: {key}, {session.id} is {session.status}, {session.payment_status}"]
    lines += [_line(record) for record in deliveries]
    if paused:
        lines.append("Not delivered yet: the sandbox's deliveries are paused.")
    elif not deliveries:
        url = f"http://127.0.0.1:8787{WEBHOOK_PATH}"
        lines.append(f"Not delivered: no endpoint took it. Make one: lmx webhooks create --url {url} -e {ENVIRONMENT}")
    return Report(_COMMAND, ENVIRONMENT, Data(value, tuple(lines), message=True))


def _shown(record: Record) -> dict[str, object]:
    names = ("event", "type", "endpoint", "attempt", "kind", "outcome", "status", "error")
    return {name: getattr(record, name) for name in names}


def _line(record: Record) -> str:
    came = record.status or record.error or "never sent"
    return f"{record.type} to {record.endpoint}: {record.outcome}, {came}"
