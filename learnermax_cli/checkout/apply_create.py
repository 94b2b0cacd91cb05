"""Carries out a checkout: a crash anywhere leaves one session to pay, and the next run takes up where it stopped."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from learnermax_cli.checkout.model import (
    AttemptSpentError,
    AttemptTooOldError,
    Form,
    NewSession,
    Offer,
    PendingStore,
    Session,
    SessionGateway,
    SessionRefusedError,
)
from learnermax_cli.checkout.plan_checkout import (
    Begin,
    Reuse,
    Situation,
    Step,
    TakeUp,
    Wish,
    expiry,
    good,
    plan_checkout,
    require_not_complete,
    search_since,
)
from learnermax_cli.core.errors import CredentialsError, FailedError, InterruptedRunError
from learnermax_cli.core.times import site_time
from learnermax_cli.enrollments.model import (
    Enrollment,
    EnrollmentKey,
    EnrollmentReader,
    EnrollmentWriter,
    NewEnrollment,
    Student,
    usable_session_id,
)
from learnermax_cli.planning.change import SupersededError

_ROUNDS = 5  # how often to look again after somebody else was faster


@dataclass(frozen=True, slots=True)
class Ports:
    """What a checkout works with."""

    sessions: SessionGateway
    reader: EnrollmentReader
    writer: EnrollmentWriter
    pending: PendingStore
    now: Callable[[], datetime]
    stopped: Callable[[], bool]
    """Whether the operator wants no further write."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """Who buys what, and how it is to be shown."""

    environment: str
    offer: Offer
    student: Student
    form: Form
    expires_in: timedelta

    @property
    def key(self) -> EnrollmentKey:
        """The enrollment to be."""
        return EnrollmentKey(self.student.user_id, self.offer.course_id)


@dataclass(frozen=True, slots=True)
class Made:
    """The session to pay, and whether the enrollment named it already."""

    session: Session
    reused: bool


class Checkout:
    """One purchase, from what is there to the session to pay."""

    def __init__(self, ports: Ports, purchase: Purchase) -> None:
        self._ports = ports
        self._purchase = purchase
        self._key = purchase.key
        self._spent: str | None = None
        self._done: list[str] = []

    def plan(self) -> Step:
        """Read what is there and return the next step; writes nothing."""
        enrollment = self._ports.reader.read_enrollments([self._key]).get(self._key)
        now = self._ports.now()
        situation = self._situation(enrollment, now)
        purchase = self._purchase
        step = plan_checkout(
            situation, Wish(purchase.environment, self._key, purchase.offer.price_id, purchase.form, now)
        )
        if isinstance(step, TakeUp) and step.enrollment.enrolled_at == self._spent:
            return Begin(step.enrollment)
        return step

    def carry_out(self) -> Made:
        """Return the session to pay; raises FailedError when there can be none."""
        for _ in range(_ROUNDS):
            made = self._round()
            if made is not None:
                return made
        raise FailedError(
            f"somebody else keeps changing {self._key}", hint="Run again in a moment.", code="failed.superseded"
        )

    def _situation(self, enrollment: Enrollment | None, now: datetime) -> Situation:
        if enrollment is None or not enrollment.pending:
            return Situation(enrollment)
        if enrollment.session_id is not None and usable_session_id(enrollment.session_id):
            return Situation(enrollment, self._ports.sessions.read_session(enrollment.session_id))
        since = search_since(enrollment, now)
        if since is None:
            return Situation(enrollment)
        found = self._ports.sessions.list_sessions(since)
        environment = self._purchase.environment
        mine = tuple(s for s in found if s.link_id is None and s.is_for(self._key, environment))
        return Situation(enrollment, None, mine)

    def _round(self) -> Made | None:
        """Carry out one step; None when it has to be planned again."""
        step = self.plan()
        for session in step.ends:
            self._require_going_on()
            require_not_complete(self._ports.sessions.expire_session(session.session_id), self._key)
            self._done.append(f"session {session.session_id} was expired")
        if isinstance(step, Reuse) and step.enrollment.session_id == step.session.session_id:
            return Made(step.session, reused=True)
        self._require_going_on()
        if isinstance(step, Reuse):
            return self._note(step.session, step.enrollment.enrolled_at)
        try:
            enrolled_at = step.enrollment.enrolled_at if isinstance(step, TakeUp) else self._begin(step)
        except SupersededError:
            return None
        self._require_going_on()
        made = self._create(enrolled_at, step)
        if made is None:
            return None
        self._done.append(f"session {made.session_id} was created")
        self._require_going_on()
        require_not_complete(made, self._key)
        if not made.open or (isinstance(step, TakeUp) and not good(made, self._ports.now())):
            return None  # an answer of the past; it is found now, and a new attempt begins
        return self._note(made, enrolled_at)

    def _begin(self, step: Begin) -> str:
        enrolled_at = site_time(self._ports.now())
        if step.enrollment is None:
            self._ports.writer.create(NewEnrollment(self._key, "paid", "pending", enrolled_at))
        else:
            self._ports.pending.restart(step.enrollment, enrolled_at)
        self._done.append(f"the pending enrollment {self._key} was written")
        return enrolled_at

    def _require_going_on(self) -> None:
        """Raise InterruptedRunError between two writes when the operator wants to stop, with what was done."""
        if self._ports.stopped():
            done = ", ".join(self._done) or "nothing was written"
            raise InterruptedRunError(
                f"interrupted: {done}; the checkout is not complete",
                hint="Run the same command again: it goes on from there and leaves one session to pay.",
            )

    def _create(self, enrolled_at: str, step: TakeUp | Begin) -> Session | None:
        try:
            return self._ports.sessions.create_session(self._new(enrolled_at))
        except AttemptSpentError as error:
            if isinstance(step, TakeUp):
                self._spent = enrolled_at
                return None
            if step.enrollment is None and isinstance(error, AttemptTooOldError):
                self._take_back(enrolled_at)
            raise
        except (SessionRefusedError, CredentialsError):
            if step.enrollment is None:
                self._take_back(enrolled_at)
            raise

    def _take_back(self, enrolled_at: str) -> None:
        # Nothing was made at Stripe: left pending, the item would only keep the student from buying on the site.
        try:
            self._ports.writer.release(Enrollment(self._key, "pending", "paid", enrolled_at))
        except SupersededError:
            return

    def _new(self, enrolled_at: str) -> NewSession:
        purchase, student = self._purchase, self._purchase.student
        return NewSession(
            environment=purchase.environment,
            key=self._key,
            price_id=purchase.offer.price_id,
            form=purchase.form,
            email=student.email,
            customer_id=student.customer_id,
            enrolled_at=enrolled_at,
            expires_at=expiry(enrolled_at, purchase.expires_in),
        )

    def _note(self, session: Session, enrolled_at: str) -> Made | None:
        try:
            self._ports.pending.put_session(self._key, enrolled_at, session.session_id)
        except SupersededError:
            # Another run begins this enrollment anew, or names another session: ours must not be paid beside it.
            require_not_complete(self._ports.sessions.expire_session(session.session_id), self._key)
            return None
        return Made(session, reused=False)
