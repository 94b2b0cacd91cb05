"""`checkout show`: a session as Stripe has it now."""

from typing import Protocol

from learnermax_cli.checkout.model import Session, SessionGateway
from learnermax_cli.core.errors import FailedError, UsageError
from learnermax_cli.core.ownership import is_stripe_id, read_marker
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import show_unix
from learnermax_cli.enrollments.model import named_session, usable_session_id
from learnermax_cli.planning.confirm import StripeJob
from learnermax_cli.planning.report import Data, Report
from learnermax_cli.planning.show_change import show_value
from learnermax_cli.students.model import read_wanted

_LOOKS = "A session's id looks like cs_test_… or cs_live_…."
_SHOWN_BY_STUDENT = ("payment_intent", "charge", "refund", "dispute", "customer", "event")


class SessionJob(StripeJob, Protocol):
    """What showing and ending a session works with."""

    @property
    def checkout_sessions(self) -> SessionGateway: ...


def run_show(job: SessionJob, session_id: str) -> Report:
    """Return the report of a session, given by its id or URL; its client secret is not shown."""
    session_id = require_id(session_id)
    environment, identity = job.settings.environment, job.stripe_identity
    session = read_session(job, session_id)
    value = _value(session)
    lines = tuple(f"{name.replace('_', ' ')}: {show_value(shown)}" for name, shown in value.items())
    other = read_marker(session.metadata).environment
    warnings = () if other in (None, environment) else (f"this session is of environment {other}, not {environment}",)
    return Report("checkout show", environment, Data(value, lines), stripe=identity, warnings=warnings)


def require_id(text: str) -> str:
    """Return the session that an id or a URL names; raises UsageError for what cannot be the id of a session, before
    it stands in the path of a request."""
    session_id = named_session(text)
    if usable_session_id(session_id):
        return session_id
    other = is_stripe_id(session_id) and read_wanted(session_id).kind in _SHOWN_BY_STUDENT
    hint = "What it is about: " + lmx("students show", session_id) if other else _LOOKS
    raise UsageError(f"{session_id!r} is not the id of a session", hint=hint)


def read_session(job: SessionJob, session_id: str) -> Session:
    """Read a session; raises FailedError when Stripe has none of this id."""
    session = job.checkout_sessions.read_session(session_id)
    if session is not None:
        return session
    hint = f"Check the id, and that it is of this account and of {job.settings.expected_mode} mode (-e)."
    raise FailedError(f"Stripe has no session {session_id} for this key", hint=hint, code="invalid.unknown_session")


def _value(session: Session) -> dict[str, object]:
    marker = read_marker(session.metadata)
    return {
        "session_id": session.session_id,
        "status": session.status,
        "payment_status": session.payment_status,
        "course_id": session.course_id,
        "user_id": session.user_id,
        "environment": marker.environment,
        "managed": marker.managed,
        "amount": None if session.money is None else session.money.as_json(),
        "ui": session.form.ui,
        "url": session.url,
        "created": show_unix(session.created),
        "expires_at": show_unix(session.expires_at),
        "payment_intent": session.intent_id,
        "payment_link": session.link_id,
        "customer": session.customer_id,
        "livemode": session.livemode,
    }
