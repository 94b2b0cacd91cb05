"""`enrollments revoke`: an operator takes one student's access away; no run gives it back."""

from learnermax_cli.checkout.plan_offer import refused
from learnermax_cli.core.remedy import lmx, release_one
from learnermax_cli.enrollments.apply_by_hand import (
    ByHandJob,
    ByHandRequest,
    Words,
    decide_by_hand,
    require_enrollment,
    require_reason,
)
from learnermax_cli.enrollments.model import Enrollment
from learnermax_cli.enrollments.plan_enrollment import Work
from learnermax_cli.planning.change import Change
from learnermax_cli.planning.report import Report


def run_revoke(job: ByHandJob, request: ByHandRequest) -> Report:
    """Return the report of taking a student's access away; raises FailedError where the student never had it."""
    reason = require_reason(request.reason)
    work = plan_revoke(require_enrollment(job, request.key), reason)
    words = Words("revoke", f"Take away the access of {request.key} ({reason})", "revoked")
    return decide_by_hand(job, request, work, words)


def plan_revoke(enrollment: Enrollment, reason: str) -> Work | None:
    """Return the work of a revocation by hand, None where it was done before; raises FailedError for who never was in.

    What a run has revoked becomes the operator's, so that no run gives it back. Pure.
    """
    revoked, key = enrollment.revoked, enrollment.key
    if enrollment.pending and revoked is None:
        hint = "Remove it: " + release_one(key.course_id, key.user_id)
        if enrollment.session_id:
            hint += ", or end its session first: " + lmx("checkout expire", enrollment.session_id)
        raise refused(f"{key} is pending: the student was never in", hint, "never_in")
    if enrollment.pending and revoked is not None and revoked.by_operator:
        return None
    after = {"paymentStatus": "pending", "accessRevokedReason": reason, "accessRevokedBy": "operator"}
    change = Change("enrollment", str(key), "revoke", {"paymentStatus": enrollment.status}, after, reason)
    return Work(key, (change,), enrollment)
