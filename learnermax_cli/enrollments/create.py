"""`enrollments create`: how a student is enrolled depends on the course's pricing model."""

from collections.abc import Callable
from contextlib import suppress
from typing import Literal, NamedTuple, Protocol

from learnermax_cli.checkout.offer import require_course, require_student
from learnermax_cli.checkout.plan_offer import MODEL_HINT, refused
from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.remedy import lmx, release_one
from learnermax_cli.enrollments.apply_enrollment import (
    EnrollmentWork,
    ReadJob,
    Run,
    RunJob,
    begin_run,
    event_mode,
)
from learnermax_cli.enrollments.model import NOBODY, Enrollment, EnrollmentKey
from learnermax_cli.enrollments.plan_enrollment import Work, plan_free
from learnermax_cli.enrollments.plan_event import EventRules, plan_owed_event, warn_of_owed
from learnermax_cli.enrollments.store_model import EnrollmentReader
from learnermax_cli.planning.change import Finding, SupersededError, carry_out
from learnermax_cli.planning.report import Data, Report

COMMAND = "enrollments create"
# Seconds in which another run may be about to publish the event that it owes.
_PAUSES = (0.1, 0.2, 0.4, 0.8)
Event = Literal["published", "owed", "none"]
"""What became of the event that sends the student's mail."""


class CreateJob(ReadJob, RunJob, Protocol):
    """What an enrollment is written with."""


def run_create(
    job: CreateJob, key: EnrollmentKey, check_out: Callable[[], Report], *, dry_run: bool, replace: bool
) -> Report:
    """Return the report of enrolling a student; `check_out` begins the checkout that a paid course needs.

    Raises FailedError where the student cannot be enrolled.
    """
    course = require_course(job.courses, key.course_id)
    match course.pricing_model:
        case "free" if replace:
            hint = "Run it without --replace."
            raise refused(f"course {key.course_id} is free: there is no session to replace", hint, "replace")
        case "free":
            return _enroll_free(job, key, dry_run=dry_run)
        case "paid":
            return check_out()
    model = course.attributes.get("pricingModel")
    shown = model if isinstance(model, str) and model == model.strip() else repr(model)
    has = f"has the pricing model {shown}" if model else "has no pricing model"
    raise refused(f"course {course.course_id} {has}", MODEL_HINT, "pricing_model")


class _Enrolled(NamedTuple):
    enrollment: Enrollment | None
    created: bool = False
    event: Event = "none"
    error: LmxError | None = None
    """What failed once the student was enrolled."""
    late: str | None = None
    """Why an event that is owed for long is not published."""


def _enroll_free(job: CreateJob, key: EnrollmentKey, *, dry_run: bool) -> Report:
    """Enroll a student at once, with the event that sends the mail; an enrollment that is there stays as it is."""
    require_student(job.enrollments, key.user_id)
    found = _read(job.enrollments, key)
    if dry_run:
        owes = found is not None and found.intent is not None
        return _report(job, key, _Enrolled(found, found is None, "owed" if owes else "none"), dry_run=True)
    return _report(job, key, _write(job, key, found), dry_run=False)


def _read(reader: EnrollmentReader, key: EnrollmentKey) -> Enrollment | None:
    found = reader.read_enrollment(key)
    if found is not None and found.pending:
        raise refused(
            f"{key} is pending, from before the course was free",
            "Remove it first: " + release_one(key.course_id, key.user_id),
            "pending",
        )
    return found


def _write(job: CreateJob, key: EnrollmentKey, found: Enrollment | None) -> _Enrolled:
    stop, run = job.interrupt.begin_writes(), begin_run(job)
    if found is None:
        try:
            return _carry_out(plan_free(key, run.now(), event=run.mode == "publish"), run, created=True)
        except SupersededError:
            if (found := _read(job.enrollments, key)) is None:
                raise
    for pause in _PAUSES:
        if found.intent is None or found.intent.run == NOBODY or run.mode != "publish" or stop.wait(pause):
            break
        found = _read(job.enrollments, key) or found
    if found.intent is None:
        return _Enrolled(found)
    # The event of a free enrollment is taken over from whoever still owes it: a run that was killed, or that takes
    # longer than the pauses, and then two mails are sent. Events of payments are left to reconcile.
    rules = EventRules(run.mode, run.now())
    work = plan_owed_event(found, rules, ended=found.intent.run if found.status == "free" else None)
    if isinstance(work, Finding):
        return _Enrolled(found, event="owed", late=work.detail + "; to send it: " + (work.remedy or ""))
    if work is not None and not stop.is_set():
        with suppress(SupersededError):
            return _carry_out(work, run, created=False)
    return _Enrolled(found, event="owed")


def _carry_out(work: Work, run: Run, *, created: bool) -> _Enrolled:
    """Carry out the work; what fails once the student is enrolled is in the result."""
    results, error = carry_out(EnrollmentWork(work, run).group())
    if isinstance(error, SupersededError) or (error is not None and created and results[0].outcome == "failed"):
        raise error
    event: Event = "owed" if created and run.mode == "owe" else "none"
    if results[-1].change.action == "publish":
        event = "published"
    return _Enrolled(work.enrollment, created, event if error is None else "owed", error)


def _report(job: CreateJob, key: EnrollmentKey, enrolled: _Enrolled, *, dry_run: bool) -> Report:
    enrollment, created, event, error, late = enrolled
    value: dict[str, object] = {
        "course_id": key.course_id,
        "user_id": key.user_id,
        "status": "planned" if enrollment is None else enrollment.status,
        "enrolled_at": None if enrollment is None else enrollment.enrolled_at,
        "created": created,
        "event": event,
    }
    line = f"{key.user_id} is enrolled in {key.course_id} already"
    line = {
        "none": f"Nothing to do: {line}.",
        "owed": f"{line}; the event is owed.",
        "published": f"{line}; the event that was owed is published.",
    }[event]
    if created:
        line = f"{'Would enroll' if dry_run else 'Enrolled'} {key.user_id} in {key.course_id}, free."
    would_owe = dry_run and created
    warnings = warn_of_owed(event_mode(job), int(event == "owed" or would_owe), dry_run=would_owe)
    if event == "owed" and not warnings:
        later = "; " + lmx("enrollments reconcile") + " publishes it later"
        warnings = (f"the event of {key} is still owed" + later if late is None else f"the event of {key} is " + late,)
    body = Data(value, (line,), message=not (dry_run and created))
    return Report(COMMAND, job.settings.environment, body, dry_run, warnings=warnings, error=error)
