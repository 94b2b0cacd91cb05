"""`checkout show` and `checkout expire`: what Stripe says of a session, and its end."""

from typing import TYPE_CHECKING

from learnermax_cli.checkout.model import Session
from learnermax_cli.core.errors import FailedError, GuardError
from learnermax_cli.core.times import show_unix
from learnermax_cli.enrollments.model import usable_session_id
from learnermax_cli.planning.change import Change, Result, planned
from learnermax_cli.planning.render_text import show_value
from learnermax_cli.planning.report import Changes, Data, Report

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App


def run_show(app: "App", session_id: str) -> Report:
    """Return what Stripe says of a session now; its client secret is not shown."""
    identity = app.stripe_identity
    session = _read(app, session_id)
    value = _value(session)
    lines = tuple(f"{name.replace('_', ' ')}: {show_value(shown)}" for name, shown in value.items())
    environment = app.settings.environment
    whose = session.metadata.get("environment")
    warnings = () if whose in (None, environment) else (f"this session is of environment {whose}, not {environment}",)
    return Report("checkout show", environment, Data(value, lines), stripe=identity, warnings=warnings)


def run_expire(app: "App", session_id: str, *, dry_run: bool) -> Report:
    """Return the report of ending an open session of ours."""
    identity = app.stripe_identity
    session = _read(app, session_id)
    environment = app.settings.environment
    if not session.is_ours(environment):
        raise GuardError(
            f"session {session_id} was not made by lmx for environment {environment}, so lmx does not end it",
            hint="Name its environment with -e, or expire it in the dashboard; no flag lifts this.",
            code="guard.foreign_session",
        )
    if session.status == "complete":
        raise _complete(session)
    changes = [_change(session)] if session.open else []
    results = planned(changes)
    if changes and not dry_run:
        with app.interrupt.finishing():
            ended = app.checkout_sessions.expire_session(session_id)
        if ended.status == "complete":
            raise _complete(ended)
        results = tuple(Result(change, "applied") for change in changes)
    line = _line(session_id, changed=bool(changes), dry_run=dry_run)
    body = Changes(results)
    summary = {"expire": len(changes), "unchanged": 1 - len(changes)}
    return Report("checkout expire", environment, body, dry_run, identity, summary=summary, summary_line=line)


def _read(app: "App", session_id: str) -> Session:
    if not usable_session_id(session_id):
        raise _unknown(session_id, "A session's id looks like cs_test_… or cs_live_….")
    session = app.checkout_sessions.read_session(session_id)
    if session is None:
        mode = app.settings.expected_mode
        raise _unknown(session_id, f"Check the id, and that it is of this account and of {mode} mode (-e).")
    return session


def _unknown(session_id: str, hint: str) -> FailedError:
    return FailedError(f"Stripe has no session {session_id} for this key", hint=hint, code="invalid.unknown_session")


def _complete(session: Session) -> FailedError:
    return FailedError(
        f"session {session.session_id} is not open but complete ({session.payment_status})",
        hint="What was paid stays: lmx enrollments reconcile settles it.",
        code="failed.complete",
    )


def _change(session: Session) -> Change:
    before = {"status": session.status, "course": session.course_id, "user": session.user_id}
    return Change("session", session.session_id, "expire", before, {**before, "status": "expired"})


def _line(session_id: str, *, changed: bool, dry_run: bool) -> str:
    if not changed:
        return f"Nothing to do: session {session_id} has expired already."
    return f"Would expire session {session_id}." if dry_run else f"Expired session {session_id}."


def _value(session: Session) -> dict[str, object]:
    return {
        "session_id": session.session_id,
        "status": session.status,
        "payment_status": session.payment_status,
        "course_id": session.course_id,
        "user_id": session.user_id,
        "environment": session.metadata.get("environment"),
        "managed": session.metadata.get("managedBy") == "lmx",
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
