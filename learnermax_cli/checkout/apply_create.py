"""Carries out a checkout: a crash anywhere leaves one session to pay, and the next run continues where it stopped."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from learnermax_cli.checkout.model import (
    AttemptSpentError,
    AttemptTooOldError,
    NewSession,
    PendingStore,
    Session,
    SessionRefusedError,
)
from learnermax_cli.checkout.offer import OfferJob
from learnermax_cli.checkout.plan_checkout import (
    Purchase,
    Resume,
    Reuse,
    Situation,
    Start,
    Step,
    expires_at,
    is_open_long_enough,
    plan_checkout,
    refuse_former,
    search_since,
)
from learnermax_cli.core.errors import CredentialsError, FailedError, InterruptedRunError
from learnermax_cli.core.times import site_time
from learnermax_cli.enrollments.model import Enrollment, PaymentGateway, usable_session_id
from learnermax_cli.enrollments.payment_state import Reading, Realm, read_former
from learnermax_cli.enrollments.store_model import NewEnrollment
from learnermax_cli.planning.change import SupersededError

_ROUNDS = 5  # how often to look again after another run was faster


class CheckoutJob(OfferJob, Protocol):
    """What a checkout works with."""

    @property
    def enrollment_writes(self) -> PendingStore: ...
    @property
    def payments(self) -> PaymentGateway: ...


@dataclass(frozen=True, slots=True)
class ToPay:
    """The session to pay, and whether the enrollment named it already."""

    session: Session
    reused: bool


class Checkout:
    """One purchase, from what is there to the session to pay."""

    def __init__(self, job: CheckoutJob, purchase: Purchase) -> None:
        self._app = job
        self._purchase = purchase
        self._key = purchase.key
        self._spent: str | None = None
        """The `enrolledAt` of an attempt that creates no session any more."""
        self._done: list[str] = []

    def plan(self) -> Step:
        """Read what is there and return the next step; writes nothing."""
        now = self._app.now()
        situation = self._situation(self._app.enrollments.read_enrollment(self._key), now)
        step = plan_checkout(situation, self._purchase, now)
        if isinstance(step, Resume) and step.enrollment.enrolled_at == self._spent:
            return Start(step.enrollment)
        return step

    def carry_out(self) -> ToPay:
        """Return the session to pay; raises FailedError when there can be none."""
        self._app.interrupt.begin_writes()
        for _ in range(_ROUNDS):
            if (found := self._round()) is not None:
                return found
        raise FailedError(
            f"another run keeps changing {self._key}", hint="Run again in a moment.", code="failed.superseded"
        )

    def _situation(self, enrollment: Enrollment | None, now: datetime) -> Situation:
        if enrollment is None or not enrollment.pending:
            return Situation(enrollment)
        sessions = self._app.checkout_sessions
        if enrollment.session_id is not None and usable_session_id(enrollment.session_id):
            named = sessions.read_session(enrollment.session_id)
            return Situation(enrollment, named, readings=self._readings([named] if named else []))
        since = search_since(enrollment, now)
        if since is None:
            return Situation(enrollment)
        environment = self._purchase.environment
        mine = [s for s in sessions.list_sessions(since) if s.link_id is None and s.is_for(self._key, environment)]
        return Situation(enrollment, None, tuple(mine), self._readings(mine))

    def _readings(self, sessions: Sequence[Session]) -> Mapping[str, Reading]:
        """Read what those sessions mean for the enrollment that are complete, or somebody else's."""
        realm = Realm(self._purchase.environment, livemode=self._app.stripe_identity.mode == "live")
        odd = [s for s in sessions if s.status == "complete" or not s.is_for(self._key, realm.environment)]
        payments = {s.session_id: self._app.payments.read_payment(s.session_id) for s in odd}
        unread = Reading("unknown")
        return {name: read_former(p, self._key, realm) if p else unread for name, p in payments.items()}

    def _require_not_complete(self, session: Session) -> None:
        if session.status == "complete":
            reading = self._readings([session])[session.session_id]
            raise refuse_former(session, reading, self._key, session.session_id)

    def _round(self) -> ToPay | None:
        """Carry out one step; None when it has to be planned again."""
        step = self.plan()
        for session in step.ends:
            self._expire(session)
        if isinstance(step, Reuse) and step.enrollment.session_id == step.session.session_id:
            return ToPay(step.session, reused=True)
        self._require_not_stopped()
        if isinstance(step, Reuse):
            return self._store(step.session, step.enrollment.enrolled_at)
        try:
            enrolled_at = step.enrollment.enrolled_at if isinstance(step, Resume) else self._start(step)
        except SupersededError:
            return None
        self._require_not_stopped()
        created = self._create(enrolled_at, step)
        if created is None:
            return None
        self._done.append(f"session {created.session_id} was created")
        self._require_not_stopped()
        self._require_not_complete(created)
        if not created.open or (isinstance(step, Resume) and not is_open_long_enough(created, self._app.now())):
            return None  # a replayed answer, no longer true; the session is found now, and a new attempt starts
        return self._store(created, enrolled_at)

    def _expire(self, session: Session) -> None:
        self._require_not_stopped()
        self._require_not_complete(self._app.checkout_sessions.expire_session(session.session_id))
        self._done.append(f"session {session.session_id} was expired")

    def _start(self, step: Start) -> str:
        enrolled_at = site_time(self._app.now())
        if step.enrollment is None:
            self._app.enrollment_writes.create(NewEnrollment(self._key, "paid", "pending", enrolled_at))
        else:
            self._app.enrollment_writes.restart(step.enrollment, enrolled_at)
        self._done.append(f"the pending enrollment {self._key} was written")
        return enrolled_at

    def _require_not_stopped(self) -> None:
        """Raise InterruptedRunError between two writes after a signal, with what was done."""
        if self._app.interrupt.stop.is_set():
            done = ", ".join(self._done) or "nothing was written"
            raise InterruptedRunError(
                f"interrupted; the checkout is not complete: {done}", hint="Run the command again to complete it."
            )

    def _create(self, enrolled_at: str, step: Resume | Start) -> Session | None:
        try:
            return self._app.checkout_sessions.create_session(self._new(enrolled_at, step.enrollment))
        except AttemptSpentError as error:
            if isinstance(step, Resume):
                self._spent = enrolled_at
                return None
            if step.enrollment is None and isinstance(error, AttemptTooOldError):
                self._remove_pending(enrolled_at)
            raise
        except (SessionRefusedError, CredentialsError):
            if step.enrollment is None:
                self._remove_pending(enrolled_at)
            raise

    def _remove_pending(self, enrolled_at: str) -> None:
        # Nothing was created at Stripe: left pending, the item would only keep the student from buying on the site.
        try:
            self._app.enrollment_writes.release(Enrollment(self._key, "pending", "paid", enrolled_at))
        except SupersededError:
            return

    def _new(self, enrolled_at: str, before: Enrollment | None) -> NewSession:
        purchase, student = self._purchase, self._purchase.student
        return NewSession(
            environment=purchase.environment,
            key=self._key,
            price_id=purchase.offer.price_id,
            form=purchase.form,
            email=student.email,
            customer_id=student.customer_id,
            enrolled_at=enrolled_at,
            expires_at=expires_at(enrolled_at, purchase.expires_in),
            former=None if before is None else before.session_id,
        )

    def _store(self, session: Session, enrolled_at: str) -> ToPay | None:
        try:
            self._app.enrollment_writes.put_session(self._key, enrolled_at, session.session_id)
        except SupersededError:
            # Another run restarted this enrollment, or stored another session: ours must not be paid beside it.
            self._require_not_complete(self._app.checkout_sessions.expire_session(session.session_id))
            return None
        return ToPay(session, reused=False)
