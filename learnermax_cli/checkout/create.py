"""`checkout create` from the request to the report: read, refuse, plan, carry out."""

from typing import TYPE_CHECKING

from learnermax_cli.checkout.apply_create import Checkout, Made, Ports, Purchase
from learnermax_cli.checkout.model import NAME_LIMIT, Offer, Session
from learnermax_cli.checkout.options import CheckoutRequest, read_form
from learnermax_cli.checkout.plan_checkout import Begin, Reuse, Step
from learnermax_cli.checkout.plan_offer import (
    require_buyer,
    require_course,
    require_offer,
    require_paid,
    require_student,
)
from learnermax_cli.core.errors import InterruptedRunError
from learnermax_cli.core.text_safety import printable
from learnermax_cli.core.times import show_unix
from learnermax_cli.courses.price import price_rules
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.planning.report import Data, Report

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App


def run_create(app: "App", request: CheckoutRequest, command: str) -> Report:
    """Return the report of a checkout: a session to pay, and the pending enrollment that names it."""
    form = read_form(request.form, app.settings, request.course_id)
    identity = app.stripe_identity
    offer = read_offer(app, request.course_id, request.user_id)
    student = require_buyer(require_student(app.enrollments, request.user_id))
    purchase = Purchase(app.settings.environment, offer, student, form, request.expires_in)
    checkout = Checkout(_ports(app), purchase)
    if request.dry_run:
        body = _planned(checkout.plan(), purchase)
        return Report(command, app.settings.environment, body, dry_run=True, stripe=identity)
    with app.interrupt.finishing():
        made = checkout.carry_out()
    error = _interrupted() if app.interrupt.stop.is_set() else None
    body = _made(made, purchase)
    report = Report(command, app.settings.environment, body, dry_run=False, stripe=identity, error=error)
    app.console.begin(report)
    _tell(app, made, purchase)
    return report


def read_offer(app: "App", course_id: str, user_id: str | None = None) -> Offer:
    """Read what Stripe sells as a course; raises FailedError when it cannot be sold as it stands."""
    course = require_course(app.courses, course_id)
    found = app.checkout_sessions.read_product(require_paid(course, user_id))
    return require_offer(course, found, app.settings.environment, price_rules(app.settings))


def _ports(app: "App") -> Ports:
    stopped = app.interrupt.stop.is_set
    return Ports(app.checkout_sessions, app.enrollments, app.enrollment_writes, app.pending_store, app.now, stopped)


def _made(made: Made, purchase: Purchase) -> Data:
    session = made.session
    secret = session.client_secret.reveal() if session.client_secret and purchase.form.ui == "embedded" else None
    shown = session.url if purchase.form.ui == "hosted" else secret
    value = {**_value(purchase.key, session), "client_secret": secret, "reused": made.reused, "status": "pending"}
    return Data(value, (shown or "",), private=secret is not None)


def _tell(app: "App", made: Made, purchase: Purchase) -> None:
    again = "the same session again, " if made.reused else ""
    until = show_unix(made.session.expires_at)
    app.console.note(f"{purchase.key}: {again}{purchase.offer.money}, {made.session.session_id}, good until {until}")


def _interrupted() -> InterruptedRunError:
    return InterruptedRunError("interrupted, after the checkout was complete", hint="There is nothing left to do.")


def _planned(step: Step, purchase: Purchase) -> Data:
    would = [f"Would expire session {session.session_id}." for session in step.ends]
    if isinstance(step, Reuse):
        would.append(f"Would return session {step.session.session_id} again.")
    elif isinstance(step, Begin):
        would.append(f"Would write the pending enrollment {purchase.key}.")
    if not isinstance(step, Reuse):
        name = printable(purchase.offer.name, NAME_LIMIT)
        would.append(f"Would create a session for {name}, {purchase.offer.money}.")
    session = step.session if isinstance(step, Reuse) else None
    named = isinstance(step, Reuse) and step.enrollment.session_id == step.session.session_id
    value = {**_value(purchase.key, session), "url": None, "client_secret": None, "reused": named, "status": "planned"}
    return Data({**value, "would": would}, tuple(would))


def _value(key: EnrollmentKey, session: Session | None) -> dict[str, object]:
    return {
        "session_id": None if session is None else session.session_id,
        "url": None if session is None else session.url,
        "expires_at": None if session is None else show_unix(session.expires_at),
        "course_id": key.course_id,
        "user_id": key.user_id,
    }
