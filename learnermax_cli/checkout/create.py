"""`checkout create`: a session to pay, and the pending enrollment that names it."""

from learnermax_cli.checkout.apply_create import Checkout, CheckoutJob, ToPay
from learnermax_cli.checkout.model import NAME_LIMIT, CheckoutRequest, Session
from learnermax_cli.checkout.offer import read_offer, require_student
from learnermax_cli.checkout.plan_checkout import Purchase, Reuse, Start, Step
from learnermax_cli.checkout.plan_offer import read_form, require_buyer
from learnermax_cli.core.text_safety import printable
from learnermax_cli.core.times import show_unix
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.planning.report import Data, Report


def run_create(job: CheckoutJob, request: CheckoutRequest, command: str = "checkout create") -> Report:
    """Return the report of a checkout; raises FailedError when the course cannot be sold to the student."""
    environment = job.settings.environment
    form = read_form(request.form, job.settings, request.course_id)
    identity = job.stripe_identity
    offer = read_offer(job, request.course_id, request.user_id)
    student = require_buyer(require_student(job.enrollments, request.user_id))
    purchase = Purchase(environment, offer, student, form, request.expires_in, request.replace)
    checkout = Checkout(job, purchase)
    if request.dry_run:
        return Report(command, environment, _planned(checkout.plan(), purchase), dry_run=True, stripe=identity)
    found = checkout.carry_out()
    report = Report(command, environment, _to_pay(found, purchase), dry_run=False, stripe=identity)
    job.talk.begin(report)
    again = "the same session again, " if found.reused else ""
    until = show_unix(found.session.expires_at)
    job.talk.note(f"{purchase.key}: {again}{offer.money}, {found.session.session_id}, open until {until}")
    return report


def _to_pay(found: ToPay, purchase: Purchase) -> Data:
    session = found.session
    secret = session.client_secret.reveal() if session.client_secret and purchase.form.ui == "embedded" else None
    shown = session.url if purchase.form.ui == "hosted" else secret
    value = {**_value(purchase.key, session), "client_secret": secret, "reused": found.reused, "status": "pending"}
    return Data(value, (shown or "",), private=secret is not None)


def _planned(step: Step, purchase: Purchase) -> Data:
    would = [f"Would expire session {session.session_id}." for session in step.ends]
    if isinstance(step, Reuse):
        would.append(f"Would return session {step.session.session_id} again.")
    elif isinstance(step, Start):
        would += [f"Would start afresh: {detail}." for detail in step.leaves]
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
