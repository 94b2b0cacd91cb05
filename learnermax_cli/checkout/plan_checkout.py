"""What a checkout has to do, given the enrollment and the sessions that are there. Pure; the same after any crash."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from learnermax_cli.checkout.model import LONGEST, NAME_LIMIT, SHORTEST, Form, Offer, Session
from learnermax_cli.checkout.plan_offer import already_enrolled, refused
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.ownership import is_ours
from learnermax_cli.core.remedy import keep_one, release_one
from learnermax_cli.core.text_safety import printable
from learnermax_cli.core.times import parse_time
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Student, usable_session_id
from learnermax_cli.enrollments.payment_state import Reading, by_hand, is_over, reconcile_session

# Stripe keeps an idempotency key for at least 24 hours [doc "Idempotent requests"]; an hour less is safe.
KEY_LIFETIME = timedelta(hours=23)
# A session that is returned again must stay open long enough to pay.
MIN_REMAINING = timedelta(minutes=30)
# Stripe counts from when it makes the session, by its own clock.
_LATER = timedelta(minutes=1)
_SOONER = timedelta(seconds=10)


_ALIVE = Reading("open")  # of a session of this enrollment that is not complete: nothing more has to be read


@dataclass(frozen=True, slots=True)
class Situation:
    """The enrollment, the session that it names, and, when it names none, those created since it was started."""

    enrollment: Enrollment | None
    named: Session | None = None
    unnamed: tuple[Session, ...] = ()
    readings: Mapping[str, Reading] = field(default_factory=dict, hash=False)
    """What those sessions mean for the enrollment that are complete or somebody else's."""


@dataclass(frozen=True, slots=True)
class Purchase:
    """Who buys what, in which form, and for how long the session stays open."""

    environment: str
    offer: Offer
    student: Student
    form: Form
    expires_in: timedelta
    replace: bool = False
    """Whether a session is left behind that is of no use to the enrollment any more."""

    @property
    def key(self) -> EnrollmentKey:
        """The enrollment."""
        return EnrollmentKey(self.student.user_id, self.offer.course_id)


@dataclass(frozen=True, slots=True)
class Reuse:
    """Return an open session again, which the enrollment may not name yet."""

    enrollment: Enrollment
    session: Session
    ends: tuple[Session, ...] = ()


@dataclass(frozen=True, slots=True)
class Resume:
    """Continue an attempt that has not created a session yet, under the same idempotency key."""

    enrollment: Enrollment
    ends: tuple[Session, ...] = ()


@dataclass(frozen=True, slots=True)
class Start:
    """Start a new attempt, in place of the enrollment's former one if there is one."""

    enrollment: Enrollment | None
    ends: tuple[Session, ...] = ()
    leaves: tuple[str, ...] = ()
    """What is known of the sessions that --replace leaves behind."""


Step = Reuse | Resume | Start


def plan_checkout(situation: Situation, purchase: Purchase, now: datetime) -> Step:
    """Return the next step; raises FailedError when the student is in, has paid, or has a session that is not ours."""
    enrollment = situation.enrollment
    if enrollment is None:
        return Start(None)
    _require_pending(enrollment)
    unusable = enrollment.session_id is not None and not usable_session_id(enrollment.session_id)
    if enrollment.session_id is not None and not unusable and situation.named is None:
        raise _missing(enrollment)
    sessions = (situation.named,) if situation.named else situation.unnamed
    still_open: list[Session] = []
    leaves: list[str] = []
    for session in sessions:
        unread = Reading("unknown") if session.status == "complete" else _ALIVE
        reading = situation.readings.get(session.session_id, unread)
        if reading.state in ("open", "expired"):
            still_open += [session] * session.open
        elif not (purchase.replace and is_over(reading)):
            raise _refuse_revoked(session, reading, enrollment) or refuse_former(
                session, reading, purchase.key, enrollment.session_id
            )
        else:
            leaves.append(reading.detail)
    fitting = [session for session in still_open if _fits(session, purchase, now)]
    if fitting and not unusable:
        chosen = min(fitting, key=lambda session: (session.created, session.session_id))
        return Reuse(enrollment, chosen, _ends([s for s in still_open if s is not chosen], purchase))
    ends = _ends(still_open, purchase)
    if not sessions and not unusable and may_resume(enrollment, purchase.expires_in, now):
        return Resume(enrollment)
    return Start(enrollment, ends, tuple(leaves))


def _refuse_revoked(session: Session, reading: Reading, enrollment: Enrollment) -> FailedError | None:
    """Return the refusal for a student whose access was taken away, where it is another one than for the others."""
    revoked, key = enrollment.revoked, enrollment.key
    if revoked is None:
        return None
    what = f"the access of {key} was taken away ({printable(revoked.reason, NAME_LIMIT)})"
    if is_over(reading):
        hint = "Pass --replace: that starts a new purchase and keeps the progress."
        return refused(f"{what}: {reading.detail}", hint, "revoked")
    at = parse_time(revoked.at)
    if reading.state == "paid" and revoked.by_operator and at is not None and session.created < int(at.timestamp()):
        hint = "Let the student in again: " + keep_one(key.course_id, key.user_id, "let in again")
        return refused(f"{what}, though {session.session_id} is paid", hint, "revoked")
    return None


def refuse_former(session: Session, reading: Reading, key: EnrollmentKey, named: str | None) -> FailedError:
    """Return the refusal for an enrollment with a session that is complete or somebody else's: what it means decides.

    `named` is the session that the enrollment names.
    """
    message = f"session {session.session_id} of {key} is complete ({session.payment_status})"
    code = "failed.complete" if session.status == "complete" else "failed.foreign_session"
    if is_over(reading):
        hint = "Pass --replace: that starts afresh and keeps the progress. Or remove the enrollment: " + release_one(
            key.course_id, key.user_id
        )
        return FailedError(f"{key} has a session that can't complete it: {reading.detail}", hint=hint, code=code)
    if reading.state == "paid":
        settle = reconcile_session(key, session.session_id, session.created, named)
        return FailedError(message, hint="Settle it first: " + settle, code=code)
    return FailedError(f"{message}: {reading.detail}", hint=by_hand(reading.state), code=code)


def search_since(enrollment: Enrollment, now: datetime) -> int | None:
    """Return since when an enrollment's attempt may have made sessions that still matter; None when it can't have."""
    begun = parse_time(enrollment.enrolled_at)
    if begun is None or now - begun > LONGEST + timedelta(hours=1):
        return None  # a session lives 24 hours at most, and its URL was never given to anybody
    return int((begun - timedelta(minutes=10)).timestamp())


def may_resume(enrollment: Enrollment, expires_in: timedelta, now: datetime) -> bool:
    """Return whether Stripe still knows an attempt's idempotency key, and would accept its `expires_at` now."""
    begun = parse_time(enrollment.enrolled_at)
    if begun is None:
        return False
    age = now - begun
    return age < KEY_LIFETIME and SHORTEST + _SOONER <= _life(expires_in) - age < LONGEST


def expires_at(enrolled_at: str, expires_in: timedelta) -> int:
    """Return a session's `expires_at`, counted from the attempt's start, a little inside Stripe's bounds."""
    begun = parse_time(enrolled_at) or datetime.fromtimestamp(0, UTC)
    return int((begun + _life(expires_in)).timestamp())


def _life(expires_in: timedelta) -> timedelta:
    return min(max(expires_in, SHORTEST + _LATER), LONGEST - _SOONER)


def is_open_long_enough(session: Session, now: datetime) -> bool:
    """Return whether an open session stays open for long enough."""
    return session.expires_at - now.timestamp() >= MIN_REMAINING.total_seconds()


def _require_pending(enrollment: Enrollment) -> None:
    if not enrollment.pending:
        raise already_enrolled(enrollment.key, enrollment.status or "without a status")
    if enrollment.enrollment_type not in ("paid", ""):
        course_id, user_id = enrollment.key.course_id, enrollment.key.user_id
        raise refused(
            f"{enrollment.key} is pending as a {enrollment.enrollment_type} enrollment, not as a paid one",
            "Remove it first: " + release_one(course_id, user_id),
            "enrollment_type",
        )


def _fits(session: Session, purchase: Purchase, now: datetime) -> bool:
    same = (session.price_ids, session.form) == ((purchase.offer.price_id,), purchase.form)
    return same and session.is_for(purchase.key, purchase.environment) and is_open_long_enough(session, now)


def _ends(sessions: list[Session], purchase: Purchase) -> tuple[Session, ...]:
    for session in sessions:
        if not (is_ours(session.metadata, purchase.environment) and session.is_for(purchase.key, purchase.environment)):
            raise FailedError(
                f"{purchase.key} has the open session {session.session_id}, which lmx did not create for it",
                hint="Let the student pay that one, or wait until it has expired; lmx expires only its own sessions.",
                code="failed.foreign_session",
            )
    return tuple(sessions)


def _missing(enrollment: Enrollment) -> FailedError:
    key = enrollment.key
    return FailedError(
        f"{key} names session {enrollment.session_id}, which Stripe does not have for this key",
        hint="Check that the key is of the right account and mode; if it is: "
        + release_one(key.course_id, key.user_id, "--allow-missing-session"),
        code="failed.missing_session",
    )
