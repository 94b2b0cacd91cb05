"""`checkout expire`: expires an open session of ours, so that it cannot be paid any more."""

from dataclasses import replace

from learnermax_cli.checkout.model import Session
from learnermax_cli.checkout.show import SessionJob, read_session, require_id
from learnermax_cli.core.errors import FailedError, GuardError
from learnermax_cli.core.ownership import is_ours
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import show_unix
from learnermax_cli.planning.change import Change, Result, planned
from learnermax_cli.planning.confirm import ask, target
from learnermax_cli.planning.report import Changes, Report


def run_expire(job: SessionJob, session_id: str, *, dry_run: bool, yes: bool) -> Report:
    """Return the report of ending a session; raises GuardError for one that lmx did not create."""
    session_id = require_id(session_id)
    environment, identity = job.settings.environment, job.stripe_identity
    session = read_session(job, session_id)
    if not is_ours(session.metadata, environment):
        raise GuardError(
            f"session {session_id} was not created by lmx for environment {environment}, so lmx does not expire it",
            hint="Name its environment with -e, or expire it in the Dashboard; no flag lifts this.",
            code="guard.foreign_session",
        )
    _require_not_complete(session)
    changes = _changes(session)
    report = Report(
        "checkout expire",
        environment,
        Changes(planned(changes)),
        dry_run,
        identity,
        summary={"expire": len(changes), "unchanged": 1 - len(changes)},
        summary_line=f"Would expire session {session_id}.",
    )
    if not changes:
        return replace(report, summary_line=f"Nothing to do: session {session_id} has already expired.")
    if dry_run:
        return report
    question = f"Expire session {session_id} in {target(job.settings, stripe=identity)}?"
    if job.settings.always_asks and (refusal := ask(job.talk, report, question, yes=yes)):
        return replace(report, error=refusal)
    job.interrupt.begin_writes()
    _require_not_complete(job.checkout_sessions.expire_session(session_id))
    results = tuple(Result(change, "applied") for change in changes)
    return replace(report, body=Changes(results), summary_line=f"Expired session {session_id}.")


def _require_not_complete(session: Session) -> None:
    if session.status != "complete":
        return
    scope = () if session.key is None else ("--course", session.key.course_id, "--user", session.key.user_id)
    meaning = lmx("enrollments reconcile", *scope, "--since", show_unix(session.created), "--dry-run")
    raise FailedError(
        f"session {session.session_id} of {session.key or 'nobody'} is complete ({session.payment_status})",
        hint="It cannot be paid any more, so there is nothing to expire. What it means for the enrollment: " + meaning,
        code="failed.complete",
    )


def _changes(session: Session) -> list[Change]:
    if not session.open:
        return []
    before = {"status": session.status, "course": session.course_id, "user": session.user_id}
    return [Change("session", session.session_id, "expire", before, {**before, "status": "expired"})]
