"""What `enrollments keep` and `revoke` share: an operator decides on one student's access, asks, writes, reports."""

from dataclasses import replace
from typing import NamedTuple, Protocol

from learnermax_cli.core.errors import FailedError, UsageError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.enrollments.apply_enrollment import EnrollmentWork, ReadJob, RunJob, begin_run
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey
from learnermax_cli.enrollments.plan_enrollment import Work
from learnermax_cli.planning.apply import apply
from learnermax_cli.planning.change import Action, count, planned
from learnermax_cli.planning.confirm import ask, target
from learnermax_cli.planning.report import Changes, Report, StripeIdentity

_LONGEST_REASON = 500


class ByHandRequest(NamedTuple):
    """Whose access an operator decides on, and why; the reason stays on the item."""

    key: EnrollmentKey
    reason: str
    dry_run: bool = False
    yes: bool = False


class ByHandJob(ReadJob, RunJob, Protocol):
    """What access is decided with by hand."""


class Words(NamedTuple):
    """What a command says of its write."""

    action: Action
    question: str
    done: str


def require_reason(text: str) -> str:
    """Return a reason without blanks around it; raises UsageError for one that is empty or too long."""
    reason = text.strip()
    if not reason:
        raise UsageError("--reason needs a text", hint="Say why in a few words: --reason 'goodwill'.")
    if len(reason) > _LONGEST_REASON:
        raise UsageError(f"--reason has more than {_LONGEST_REASON} characters", hint="Say why in a few words.")
    return reason


def require_enrollment(job: ReadJob, key: EnrollmentKey) -> Enrollment:
    """Read an enrollment; raises FailedError where there is none."""
    enrollment = job.enrollments.read_enrollment(key)
    if enrollment is None:
        raise FailedError(
            f"{key.user_id} has no enrollment in {key.course_id}",
            hint="See who is enrolled: " + lmx("enrollments list", "--user", key.user_id),
            code="failed.no_enrollment",
        )
    return enrollment


def decide_by_hand(
    job: ByHandJob, request: ByHandRequest, work: Work | None, words: Words, stripe: StripeIdentity | None = None
) -> Report:
    """Return the report of an operator's decision: shown, asked about, written; without work there is nothing to do."""
    command = f"enrollments {words.action}"
    report = Report(command, job.settings.environment, Changes(), request.dry_run, stripe)
    if work is None:
        line = f"Nothing to do: {request.key} is {words.done} already."
        return replace(report, summary={words.action: 0}, summary_line=line)
    line = f"Plan: 1 enrollment to {words.action}."
    report = replace(report, body=Changes(planned(work.changes)), summary={words.action: 1}, summary_line=line)
    if request.dry_run:
        return report
    question = f"{words.question} in {target(job.settings, stripe=stripe, table=True)}?"
    if refusal := ask(job.talk, report, question, yes=request.yes):
        return replace(report, error=refusal)
    group = EnrollmentWork(work, begin_run(job)).group()
    applied = apply([group], job.interrupt.begin_writes(), workers=1, progress=lambda _: None)
    done = min(1, count(applied.results, "applied"))
    line = f"{words.done.capitalize()}: {request.key}." if done else f"Not {words.done}: {applied.results[0].error}."
    error = applied.error or _failure(applied.results[0].error, done)
    return replace(report, body=Changes(applied.results), summary={words.action: done}, summary_line=line, error=error)


def _failure(why: str | None, done: int) -> FailedError | None:
    if done or why is None:
        return None
    return FailedError(why, hint="Run the command again.", code="superseded")
