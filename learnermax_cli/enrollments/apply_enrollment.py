"""Carries out the work on one enrollment; shared by reconcile, webhooks and replay."""

import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.retries import OutageError, is_fatal
from learnermax_cli.core.times import site_time
from learnermax_cli.courses.model import CourseStore
from learnermax_cli.enrollments.model import NOBODY, Enrollment, EnrollmentKey, EventIntent, Revocation
from learnermax_cli.enrollments.plan_enrollment import Work
from learnermax_cli.enrollments.plan_event import EventMode
from learnermax_cli.enrollments.store_model import (
    EnrollmentReader,
    EnrollmentWriter,
    EventPublisher,
    Kept,
    NewEnrollment,
)
from learnermax_cli.planning.change import Change, Group, SupersededError
from learnermax_cli.planning.confirm import Job

# Events that were published but that the table still notes as owed; a receiver remembers this many.
_REMEMBERED = 10_000


class Published:
    """The latest events that a run has published and that the table still notes as owed; threads may share it.

    Where the answer of a publish is lost, nobody can know whether the message was sent: only then it is sent again.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._events: dict[tuple[EnrollmentKey, EventIntent], None] = {}

    def __contains__(self, event: tuple[EnrollmentKey, EventIntent]) -> bool:
        with self._lock:
            return event in self._events

    def add(self, key: EnrollmentKey, intent: EventIntent) -> None:
        """Remember an event."""
        with self._lock:
            self._events[key, intent] = None
            if len(self._events) > _REMEMBERED:
                del self._events[next(iter(self._events))]

    def discard(self, key: EnrollmentKey, intent: EventIntent) -> None:
        """Forget an event that the table no longer notes as owed."""
        with self._lock:
            self._events.pop((key, intent), None)


class EndedSession(Protocol):
    """A session after it was to be expired."""

    @property
    def status(self) -> str | None: ...


class SessionEnder(Protocol):
    """Ends open sessions."""

    def expire_session(self, session_id: str) -> EndedSession:
        """Expire a session and return it as it is then; one that was not open stays as it is."""


@dataclass(frozen=True, slots=True)
class Run:
    """A run that writes; its id marks the events that it owes."""

    run_id: str
    writer: EnrollmentWriter
    publisher: EventPublisher | None
    now: Callable[[], datetime]
    ender: Callable[[], SessionEnder]
    published: Published = field(default_factory=Published)
    mode: EventMode = "publish"

    def intent(self) -> EventIntent | None:
        """Return the mark of an event that is owed from now on: without a topic by nobody; None where none is."""
        if self.mode == "off":
            return None
        return EventIntent(NOBODY if self.publisher is None else self.run_id, site_time(self.now()))


class ReadJob(Job, Protocol):
    """What the jobs that read enrollments work with."""

    @property
    def courses(self) -> CourseStore: ...
    @property
    def enrollments(self) -> EnrollmentReader: ...


class RunJob(Job, Protocol):
    """What a run writes with."""

    @property
    def enrollment_writes(self) -> EnrollmentWriter: ...
    @property
    def events(self) -> EventPublisher | None: ...
    @property
    def checkout_sessions(self) -> SessionEnder: ...


def event_mode(job: RunJob) -> EventMode:
    """Return what the runs of a job do about events."""
    if not job.settings.events:
        return "off"
    return "owe" if job.events is None else "publish"


def begin_run(job: RunJob) -> Run:
    """Return a run with a new id."""
    return Run(
        uuid.uuid4().hex,
        job.enrollment_writes,
        job.events,
        job.now,
        lambda: job.checkout_sessions,
        mode=event_mode(job),
    )


class EnrollmentWork:
    """The writes on one enrollment, in order: customer, completion with the event's intent, event, intent removed."""

    def __init__(self, work: Work, run: Run) -> None:
        self._work = work
        self._run = run
        self._intent: EventIntent | None = None
        self._completed: tuple[str, str] | None = None

    def group(self) -> Group:
        """Return the changes of the work with what carries them out."""
        return Group(self._work.changes, self.carry_out)

    def carry_out(self) -> Iterator[SupersededError | None]:
        """Carry out each change in turn and yield after it; raises LmxError at the one that fails.

        A customer that is superseded is yielded: the enrollment is completed whichever customer the student has.
        """
        for change in self._work.changes:
            superseded = None
            try:
                self._carry_out(change)
            except SupersededError as error:
                if change.kind != "student":
                    raise
                superseded = error
            yield superseded

    def _carry_out(self, change: Change) -> None:
        work, writer = self._work, self._run.writer
        match change.kind, change.action:
            case "student", _:
                writer.put_customer(work.key.user_id, str((change.after or {})["stripeCustomerId"]))
            case "session", _:
                if self._run.ender().expire_session(change.key).status == "complete":
                    raise SupersededError(f"session {change.key} was paid meanwhile", hint="Run the command again.")
            case "enrollment", "create":
                self._create()
            case "enrollment", "complete":
                self._intent = self._run.intent()
                writer.put_completed(*work.named(), self._intent)
                self._completed = (work.item.enrollment_type, work.item.enrolled_at)
            case "enrollment", "restore" | "update":
                writer.put_completed(*work.named(), None)
            case "enrollment", "revoke":
                after = change.after or {}
                by_operator = "accessRevokedBy" in after
                reason = str(after["accessRevokedReason"])
                writer.revoke(work.item, Revocation(site_time(self._run.now()), reason, by_operator))
            case "enrollment", "keep":
                self._keep(change)
            case "enrollment", "release":
                writer.release(work.item)
            case "event", "delete":
                assert work.item.intent is not None
                writer.clear_event(work.key, work.item.intent)
            case _:
                self._publish()

    def _keep(self, change: Change) -> None:
        item, after = self._work.item, change.after or {}
        first_time = item.pending and item.revoked is None
        self._intent = self._run.intent() if first_time else None
        kept = Kept(site_time(self._run.now()), str(after["accessKeptReason"]), str(after["paymentStatus"]))
        self._run.writer.keep(item, kept, self._intent)
        self._completed = (item.enrollment_type, item.enrolled_at)

    def _create(self) -> None:
        new, payment, extra = self._work.enrollment, self._work.payment, {}
        if payment is not None:
            enrolled_at = site_time(datetime.fromtimestamp(payment.created, UTC))
            new = Enrollment(self._work.key, "completed", "paid", enrolled_at)
            extra["stripeSessionId"] = payment.session_id
            if payment.intent_id is not None:
                extra["stripePaymentIntentId"] = payment.intent_id
        assert new is not None
        self._intent = self._run.intent()
        kind, at = new.enrollment_type, new.enrolled_at
        self._run.writer.create(NewEnrollment(new.key, kind, new.status, at, self._intent, extra))
        self._completed = (kind, at)

    def _publish(self) -> None:
        """Publish the event and remove its intent; of an event that is published already, only the intent is left."""
        key, run = self._work.key, self._run
        assert run.publisher is not None
        intent, completed = self._intent, self._completed
        if completed is None:
            enrollment = self._work.enrollment
            assert enrollment is not None
            assert enrollment.intent is not None
            intent, completed = enrollment.intent, (enrollment.enrollment_type, enrollment.enrolled_at)
            if (key, intent) not in run.published:
                intent = self._take_over(enrollment)
        assert intent is not None
        if (key, intent) not in run.published:
            self._send(intent, completed)
            run.published.add(key, intent)
        with suppress(SupersededError):  # another run has taken it over, and sends it again
            run.writer.clear_event(key, intent)
        run.published.discard(key, intent)

    def _send(self, intent: EventIntent, completed: tuple[str, str]) -> None:
        """Publish the event; one that fails is owed by nobody: the next run tries again, this one lets others in."""
        key, run, earlier = self._work.key, self._run, self._work.enrollment
        assert run.publisher is not None
        try:
            run.publisher.publish_completed(key, *completed)
        except LmxError as error:
            error.ends_run = isinstance(error, OutageError) or not is_fatal(error)
            since = intent if earlier is None or earlier.intent is None else earlier.intent
            with suppress(LmxError):  # then the mark of this run stays, and is taken over after ten minutes
                marked = Enrollment(key, "", *completed, intent=intent)
                run.writer.take_event(marked, EventIntent(NOBODY, since.at))
            raise

    def _take_over(self, enrollment: Enrollment) -> EventIntent:
        intent = self._run.intent()
        assert intent is not None
        self._run.writer.take_event(enrollment, intent)
        return intent
