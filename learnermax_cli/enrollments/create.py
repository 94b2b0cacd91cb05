"""`enrollments create`: how a student is enrolled depends on the course's pricing model."""

from collections.abc import Callable
from typing import Literal, NamedTuple, Protocol

from learnermax_cli.checkout.plan_offer import refused, require_course, require_student
from learnermax_cli.core.remedy import lmx, reconcile_one, release_one
from learnermax_cli.core.times import site_time
from learnermax_cli.enrollments.apply_enrollment import EnrollmentWork, ReadJob, Run, RunJob, begin_run
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, EnrollmentReader, NewEnrollment
from learnermax_cli.enrollments.plan_enrollment import plan_owed_event
from learnermax_cli.planning.change import SupersededError
from learnermax_cli.planning.report import Data, Report

COMMAND = "enrollments create"
_NO_TOPIC = "no topic in TRANSACTIONAL_EMAIL_TOPIC_ARN: no event is published, the student gets no mail"


class CreateJob(ReadJob, RunJob, Protocol):
    """What an enrollment is written with."""


def run_create(job: CreateJob, key: EnrollmentKey, check_out: Callable[[], Report], *, dry_run: bool) -> Report:
    """Return the report of enrolling a student; `check_out` begins the checkout that a paid course needs.

    Raises FailedError where the student cannot be enrolled.
    """
    course = require_course(job.courses, key.course_id)
    match course.text("pricingModel"):
        case "free":
            return _enroll_free(job, key, dry_run=dry_run)
        case "paid":
            return check_out()
        case model:
            has = f"has the pricing model {model}" if model else "has no pricing model"
            hint = "Known pricing models: free, paid. Fix pricingModel of the course."
            raise refused(f"course {course.course_id} {has}", hint, "pricing_model")


class _Enrolled(NamedTuple):
    enrollment: Enrollment | None
    created: bool
    event: Literal["published", "owed", "none"] = "none"


def _enroll_free(job: CreateJob, key: EnrollmentKey, *, dry_run: bool) -> Report:
    """Enroll a student at once, with the event that sends the mail; an enrollment that is there stays as it is."""
    require_student(job.enrollments, key.user_id)
    found = _read(job.enrollments, key)
    if dry_run:
        return _report(job, key, _Enrolled(found, created=found is None), dry_run=True)
    job.interrupt.begin_writes()
    return _report(job, key, _write(job.enrollments, key, found, begin_run(job)), dry_run=False)


def _read(reader: EnrollmentReader, key: EnrollmentKey) -> Enrollment | None:
    found = reader.read_enrollment(key)
    if found is not None and found.pending:
        raise refused(
            f"{key} is pending, from before the course was free",
            "Settle it first: "
            + reconcile_one(key.course_id, key.user_id)
            + ", or "
            + release_one(key.course_id, key.user_id),
            "pending",
        )
    return found


def _write(reader: EnrollmentReader, key: EnrollmentKey, found: Enrollment | None, run: Run) -> _Enrolled:
    if found is None:
        try:
            return _create(key, run)
        except SupersededError:
            found = _read(reader, key)
    return _publish_owed(found, run)


def _create(key: EnrollmentKey, run: Run) -> _Enrolled:
    at = site_time(run.now())
    run.writer.create(NewEnrollment(key, "free", "free", at, run.intent()))
    enrollment = Enrollment(key, "free", "free", at)
    if run.publisher is None:
        return _Enrolled(enrollment, created=True)
    run.publisher.publish_completed(key, "free", at)
    run.writer.clear_event(key, run.run_id)
    return _Enrolled(enrollment, created=True, event="published")


def _publish_owed(found: Enrollment | None, run: Run) -> _Enrolled:
    """Publish the event that an earlier run owes, unless that run may still do it itself."""
    if found is None or found.intent is None:
        return _Enrolled(found, created=False)
    work = None if run.publisher is None else plan_owed_event(found, run.now())
    if work is None:
        return _Enrolled(found, created=False, event="owed")
    try:
        for _ in EnrollmentWork(work, run).carry_out():
            pass
    except SupersededError:
        return _Enrolled(found, created=False, event="owed")
    return _Enrolled(found, created=False, event="published")


def _report(job: CreateJob, key: EnrollmentKey, enrolled: _Enrolled, *, dry_run: bool) -> Report:
    enrollment, created, event = enrolled
    value: dict[str, object] = {
        "course_id": key.course_id,
        "user_id": key.user_id,
        "status": "planned" if enrollment is None else enrollment.status,
        "enrolled_at": None if enrollment is None else enrollment.enrolled_at,
        "created": created,
        "event": event,
    }
    line = f"Nothing to do: {key.user_id} is enrolled in {key.course_id} already."
    if created:
        line = f"{'Would enroll' if dry_run else 'Enrolled'} {key.user_id} in {key.course_id}, free."
    warnings: list[str] = [_NO_TOPIC] if created and job.settings.topic_arn is None else []
    if event == "owed":
        owed = f"the event of {key} is still owed by another run; "
        warnings.append(owed + lmx("enrollments reconcile") + " publishes it later")
    return Report(COMMAND, job.settings.environment, Data(value, (line,)), dry_run, warnings=tuple(warnings))
