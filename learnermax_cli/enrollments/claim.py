"""`enrollments create --session`: a paid session that does not say by whom, or was paid under another address, becomes
a student's; then the usual rules complete the enrollment, so that a crash or a second run changes nothing."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, Protocol

from learnermax_cli.checkout.offer import require_student
from learnermax_cli.checkout.plan_offer import refused
from learnermax_cli.core.ownership import MANAGED_BY, Marker
from learnermax_cli.core.remedy import keep_one, lmx
from learnermax_cli.courses.model import Course
from learnermax_cli.courses.plan_courses import unknown_course
from learnermax_cli.enrollments.apply_enrollment import EnrollmentWork, ReadJob, Run, RunJob, begin_run
from learnermax_cli.enrollments.decide import decide
from learnermax_cli.enrollments.decide_case import Case, Decision, Rules
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Payment, PaymentGateway, usable_session_id
from learnermax_cli.enrollments.payment_state import Realm, read_state
from learnermax_cli.enrollments.plan_enrollment import Work, plan_enrollment
from learnermax_cli.planning.apply import apply
from learnermax_cli.planning.change import Change, Group, SupersededError, planned
from learnermax_cli.planning.confirm import StripeJob, ask, target
from learnermax_cli.planning.report import Changes, Report
from learnermax_cli.products.model import derived_product_id

COMMAND = "enrollments create"


class ClaimRequest(NamedTuple):
    """Which session is to be whose."""

    key: EnrollmentKey
    session_id: str
    dry_run: bool = False
    yes: bool = False


class ClaimGateway(Protocol):
    """Whose a paid session is, at Stripe."""

    def read_sold_products(self, session_id: str) -> tuple[str, ...]:
        """Return the product of each line item."""

    def claim(self, session_id: str, intent_id: str | None, metadata: Mapping[str, str]) -> None:
        """Write metadata to a session and its payment intent; raises FailedError where it is claimed for another."""


class ClaimJob(ReadJob, RunJob, StripeJob, Protocol):
    """What claiming a session works with."""

    @property
    def payments(self) -> PaymentGateway: ...
    @property
    def claims(self) -> ClaimGateway: ...


class Claim(NamedTuple):
    """A session that becomes a student's: as it is now, and what is to be done once it is."""

    payment: Payment
    metadata: Mapping[str, str]
    work: Work | None
    needed: bool
    """Whether the session does not say so yet."""


def run_claim(job: ClaimJob, request: ClaimRequest) -> Report:
    """Return the report of a claim; raises FailedError, before anything is written, where the session can't be it."""
    identity, key = job.stripe_identity, request.key
    realm = Realm(job.settings.environment, livemode=identity.mode == "live")
    payment = _read_paid(job, request.session_id, realm)
    _require_course(job, key.course_id, request.session_id)
    require_student(job.enrollments, key.user_id)
    _require_nobodys(job, payment, key)
    claim = _plan(job, key, payment, realm)
    changes = _changes(claim)
    report = Report(COMMAND, job.settings.environment, Changes(planned(changes)), request.dry_run, identity)
    if not changes:
        return replace(report, summary_line=f"Nothing to do: {payment.session_id} is {key}'s already.")
    report = replace(report, summary={"claim": 1}, summary_line=f"Plan: {payment.session_id} to claim for {key}.")
    if request.dry_run:
        return report
    where = target(job.settings, stripe=identity, table=True)
    if refusal := ask(job.talk, report, f"Claim {payment.session_id} for {key} in {where}?", yes=request.yes):
        return replace(report, error=refusal)
    group = Group(changes, lambda: _carry_out(job, claim, begin_run(job)))
    applied = apply([group], job.interrupt.begin_writes(), workers=1, progress=lambda _: None)
    done = all(result.outcome == "applied" for result in applied.results)
    line = f"Claimed {payment.session_id} for {key}." if done else "Not done: run the command again."
    body = Changes(applied.results)
    return replace(report, body=body, summary={"claim": int(done)}, summary_line=line, error=applied.error)


def _read_paid(job: ClaimJob, session_id: str, realm: Realm) -> Payment:
    """Read a session that is validly paid here, whoever it names."""
    payment = job.payments.read_payment(session_id)
    if payment is None:
        hint = f"Check the id, and that it is of this account and of {job.settings.expected_mode} mode (-e)."
        raise refused(f"Stripe has no session {session_id} for this key", hint, "no_session")
    whoever = replace(payment, metadata_user=None, reference_user=None)
    reading = read_state(whoever, None, realm)
    if reading.state != "paid":
        only = "Only a session that is validly paid, here, can be claimed."
        raise refused(f"the session is {reading.state}: {reading.detail}", only, "not_paid")
    return payment


def _require_course(job: ClaimJob, course_id: str, session_id: str) -> Course:
    """Read the course, and require that the session sold it: the product of its line item decides."""
    course = job.courses.read_course(course_id)
    if course is None:
        raise unknown_course(course_id)
    if course.pricing_model != "paid":
        instead = "Enroll without a session: " + lmx("enrollments create", course_id, "--user", "USER_ID")
        raise refused(f"course {course_id} is not paid: nothing is claimed for it", instead, "free")
    products = {course.product_id, derived_product_id(job.settings.environment, course_id)}
    sold = job.claims.read_sold_products(session_id)
    if len(sold) != 1 or sold[0] not in products:
        what = ", ".join(sold) or "nothing"
        bought = "Name the course that was bought: " + lmx("courses list")
        raise refused(f"{session_id} sold {what}, not course {course_id}", bought, "other_course")
    return course


def _require_nobodys(job: ClaimJob, payment: Payment, key: EnrollmentKey) -> None:
    """Raise FailedError where a session names another student; a reference that is no student names nobody."""
    named = {user for user in (payment.metadata_user, payment.reference_user) if user and user != key.user_id}
    others = sorted(job.enrollments.read_students(named)) if named else []
    if payment.metadata_user and payment.metadata_user in named:
        others = [payment.metadata_user]
    if others:
        hint = "See whose it is: " + lmx("checkout show", payment.session_id)
        raise refused(f"{payment.session_id} names student {others[0]}", hint, "named")


def _plan(job: ClaimJob, key: EnrollmentKey, payment: Payment, realm: Realm) -> Claim:
    """Return what is to be written, as the usual rules decide once the session is the student's."""
    metadata = {
        "managedBy": MANAGED_BY,
        "environment": realm.environment,
        "courseId": key.course_id,
        "userId": key.user_id,
        "claimed": "true",
    }
    claimed = claimed_by(payment, key, realm)
    enrollment = job.enrollments.read_enrollment(key)
    _require_not_revoked(enrollment)
    decision = _decide(job, key, enrollment, claimed, realm)
    event = job.events is not None and job.settings.events
    work = plan_enrollment(key, enrollment, decision, None, event=event)
    needed = payment.key != key or not realm.owns(payment)
    if work is None and enrollment is not None and enrollment.session_id != payment.session_id:
        hint = "See which: " + lmx("enrollments list", "--user", key.user_id)
        raise refused(f"{key} is enrolled by another payment ({enrollment.status})", hint, "enrolled")
    return Claim(payment, metadata, work, needed)


def _decide(
    job: ClaimJob, key: EnrollmentKey, enrollment: Enrollment | None, claimed: Payment, realm: Realm
) -> Decision:
    """Decide with the payment that the item names, where that is another."""
    named, session_id = None, None if enrollment is None else enrollment.session_id
    if session_id is not None and session_id != claimed.session_id and usable_session_id(session_id):
        named = job.payments.read_payment(session_id)
    return decide(Case(key, enrollment, named=named, others=(claimed,)), Rules(realm, job.now()))


def _require_not_revoked(enrollment: Enrollment | None) -> None:
    """Raise FailedError where an operator took the access away: no payment of before gives it back."""
    if enrollment is None or enrollment.revoked is None or not enrollment.revoked.by_operator:
        return
    key = enrollment.key
    hint = "Let the student in again: " + keep_one(key.course_id, key.user_id, "paid")
    raise refused(f"access of {key} was revoked by hand ({enrollment.revoked.reason})", hint, "revoked")


def claimed_by(payment: Payment, key: EnrollmentKey, realm: Realm) -> Payment:
    """Return a payment as it is once it was claimed."""
    marker = Marker(managed=True, environment=realm.environment)
    names = replace(payment, metadata_user=key.user_id, reference_user=None, course_id=key.course_id)
    return replace(names, marker=marker, claimed=True)


def _changes(claim: Claim) -> Sequence[Change]:
    before = {"userId": claim.payment.metadata_user, "courseId": claim.payment.course_id}
    after = {name: claim.metadata[name] for name in ("userId", "courseId")}
    change = Change("session", claim.payment.session_id, "update", before, after, "claimed")
    return (*((change,) if claim.needed else ()), *(claim.work.changes if claim.work else ()))


def _carry_out(job: ClaimJob, claim: Claim, run: Run) -> Iterator[SupersededError | None]:
    """Claim, read back, and complete the enrollment by what was read."""
    payment = claim.payment
    if claim.needed:
        job.claims.claim(payment.session_id, payment.intent_id, claim.metadata)
        read = job.payments.read_payment(payment.session_id)
        if read is None or read.user_id != claim.metadata["userId"]:
            raise SupersededError(f"{payment.session_id} was claimed for another student", hint="Run it again.")
        yield None
    if claim.work is not None:
        yield from EnrollmentWork(claim.work, run).carry_out()
