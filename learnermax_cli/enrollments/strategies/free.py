"""Free courses: active at once, and the event that sends the student's mail."""

import uuid
from typing import TYPE_CHECKING, Literal

from learnermax_cli.checkout.plan_offer import refused, require_student
from learnermax_cli.core.remedy import reconcile_one, release_one
from learnermax_cli.core.times import site_time
from learnermax_cli.enrollments.apply_enrollment import EnrollmentWork, Run
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, NewEnrollment
from learnermax_cli.enrollments.plan_enrollment import plan_owed_event
from learnermax_cli.enrollments.strategies import COMMAND, EnrollRequest
from learnermax_cli.planning.change import SupersededError
from learnermax_cli.planning.report import Data, Report

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

EventState = Literal["published", "owed", "none"]
_NO_TOPIC = "no topic in TRANSACTIONAL_EMAIL_TOPIC_ARN: no event is published, the student gets no mail"


class FreeStrategy:
    """Writes the item if there is none, with the event that it owes; publishes; takes the mark off."""

    pricing_model = "free"

    def enroll(self, app: "App", request: EnrollRequest) -> Report:
        """Enroll the student at once; one who is in already stays so."""
        require_student(app.enrollments, request.key.user_id)
        there = _read(app, request.key)
        if request.dry_run:
            return _report(app, request, there, created=there is None, event="none")
        run = Run(uuid.uuid4().hex, app.enrollment_writes, app.events, app.now)
        with app.interrupt.finishing():
            if there is None:
                try:
                    return self._create(app, request, run)
                except SupersededError:
                    there = _read(app, request.key)
            return _report(app, request, there, created=False, event=_settle(there, run))

    def _create(self, app: "App", request: EnrollRequest, run: Run) -> Report:
        key, at, intent = request.key, site_time(app.now()), run.intent()
        run.writer.create(NewEnrollment(key, "free", "free", at, intent))
        if run.publisher is not None:
            run.publisher.publish_completed(key, "free", at)
            run.writer.clear_event(key, run.run_id)
        event: EventState = "none" if run.publisher is None else "published"
        return _report(app, request, Enrollment(key, "free", "free", at), created=True, event=event)


def _read(app: "App", key: EnrollmentKey) -> Enrollment | None:
    there = app.enrollments.read_enrollments([key]).get(key)
    if there is not None and there.pending:
        raise refused(
            f"{key} is pending, from before the course was free",
            f"Settle it first: {reconcile_one(key.course_id, key.user_id)}, "
            f"or {release_one(key.course_id, key.user_id)}",
            "pending",
        )
    return there


def _settle(there: Enrollment | None, run: Run) -> EventState:
    """Publish the event that an earlier run owes, unless that run may still live."""
    if there is None or there.intent is None or run.publisher is None:
        return "none" if there is None or there.intent is None else "owed"
    work = plan_owed_event(there, run.now())
    if work is None:
        return "owed"
    try:
        for _ in EnrollmentWork(work, run).carry_out():
            pass
    except SupersededError:
        return "owed"
    return "published"


def _report(
    app: "App", request: EnrollRequest, enrollment: Enrollment | None, *, created: bool, event: EventState
) -> Report:
    key = request.key
    value: dict[str, object] = {
        "course_id": key.course_id,
        "user_id": key.user_id,
        "status": "planned" if enrollment is None else enrollment.status,
        "enrolled_at": None if enrollment is None else enrollment.enrolled_at,
        "created": created,
        "event": event,
    }
    if request.dry_run and created:
        line = f"Would enroll {key.user_id} in {key.course_id}, free."
    elif created:
        line = f"Enrolled {key.user_id} in {key.course_id}, free."
    else:
        line = f"Nothing to do: {key.user_id} is enrolled in {key.course_id} already."
    warnings: tuple[str, ...] = (_NO_TOPIC,) if created and app.settings.topic_arn is None else ()
    if event == "owed":
        warnings += (f"the event of {key} is still owed by another run; lmx enrollments reconcile publishes it later",)
    return Report(COMMAND, app.settings.environment, Data(value, (line,)), request.dry_run, warnings=warnings)


STRATEGY = FreeStrategy()
