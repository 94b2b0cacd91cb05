"""Carries out the work on one enrollment; shared by reconcile, webhooks and replay."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from learnermax_cli.enrollments.model import (
    Enrollment,
    EnrollmentWriter,
    EventIntent,
    EventPublisher,
    NewEnrollment,
)
from learnermax_cli.enrollments.plan import Work
from learnermax_cli.planning.change import Change


@dataclass(frozen=True, slots=True)
class Run:
    """The run that writes: its id marks the events that it owes."""

    run_id: str
    writer: EnrollmentWriter
    publisher: EventPublisher | None
    now: Callable[[], datetime]

    def intent(self) -> EventIntent | None:
        """Return the mark of an event owed from now on; None without a topic."""
        return None if self.publisher is None else EventIntent(self.run_id, timestamp(self.now()))


class EnrollmentWork:
    """The writes on one enrollment, in order: customer, completion with the event's intent, event, intent removed."""

    def __init__(self, work: Work, run: Run) -> None:
        self._work = work
        self._run = run
        self._completed: tuple[str, str] | None = None

    def carry_out(self) -> Iterator[None]:
        """Carry out each change in turn and yield after it; raises LmxError at the one that fails."""
        for change in self._work.changes:
            self._carry_out(change)
            yield

    def _carry_out(self, change: Change) -> None:
        work, writer = self._work, self._run.writer
        match change.kind, change.action:
            case "student", _:
                writer.put_customer(work.key.user_id, str((change.after or {})["stripeCustomerId"]))
            case "enrollment", "complete":
                assert work.enrollment is not None
                assert work.payment is not None
                writer.put_completed(work.enrollment, work.payment, self._run.intent())
                self._completed = (work.enrollment.enrollment_type, work.enrollment.enrolled_at)
            case "enrollment", "create":
                self._create()
            case "enrollment", "release":
                assert work.enrollment is not None
                writer.release(work.enrollment)
            case _:
                self._publish()

    def _create(self) -> None:
        payment = self._work.payment
        assert payment is not None
        enrolled_at = timestamp(datetime.fromtimestamp(payment.created, UTC))
        extra: dict[str, object] = {"stripeSessionId": payment.session_id}
        if payment.intent_id is not None:
            extra["stripePaymentIntentId"] = payment.intent_id
        new = NewEnrollment(self._work.key, "paid", "completed", enrolled_at, self._run.intent(), extra)
        self._run.writer.create_completed(new)
        self._completed = ("paid", enrolled_at)

    def _publish(self) -> None:
        key, publisher = self._work.key, self._run.publisher
        assert publisher is not None
        if self._completed is None:
            enrollment = self._work.enrollment
            assert enrollment is not None
            self._take_over(enrollment)
            self._completed = (enrollment.enrollment_type, enrollment.enrolled_at)
        publisher.publish_completed(key, *self._completed)
        self._run.writer.clear_event(key, self._run.run_id)

    def _take_over(self, enrollment: Enrollment) -> None:
        intent = self._run.intent()
        assert intent is not None
        self._run.writer.take_event(enrollment, intent)


def timestamp(now: datetime) -> str:
    """Return a time as the site writes it: UTC, milliseconds, Z."""
    return now.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
