"""`enrollments list`: by status, course and user, each with the cheapest read there is."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple, Protocol

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.enrollments.apply_enrollment import ReadJob
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey
from learnermax_cli.enrollments.store_model import EnrollmentLister
from learnermax_cli.planning.report import Items, Report

COLUMNS = ("user_id", "course_id", "status", "enrollment_type", "enrolled_at", "session_id", "event_owed_since")
_OF_ACCESS = ("access_revoked_at", "access_revoked_reason", "access_kept_at", "access_kept_reason")
"""Shown where an enrollment has them."""

_NAMED = 5  # items that a warning names


class Filter(NamedTuple):
    """What is listed; None and False leave nothing out."""

    status: str | None = None
    course_id: str | None = None
    user_id: str | None = None
    owed: bool = False
    """Only those that owe their event."""

    def fits(self, enrollment: Enrollment) -> bool:
        """Return whether an enrollment of the course and user is listed."""
        return self.status in (None, enrollment.status) and (enrollment.owes_event or not self.owed)


class ListJob(ReadJob, Protocol):
    """What the list works with."""

    @property
    def enrollments(self) -> EnrollmentLister: ...


def run_list(job: ListJob, wanted: Filter) -> Report:
    """Return the enrollments that fit; nothing is written."""
    found = sorted(_read(job, wanted), key=lambda enrollment: enrollment.key)
    rows = tuple(map(_row, filter(wanted.fits, found)))
    other_types = {str(enrollment.key): enrollment.other_type for enrollment in found if enrollment.other_type}
    warnings = warn_of_types(other_types) if found else _warn_of_unknown(job, wanted.course_id)
    of_access = tuple(name for name in _OF_ACCESS if any(row[name] for row in rows))
    body = Items(rows, (*COLUMNS, *of_access), _nothing(wanted), _OF_ACCESS)
    error = None if found else unknown_student(job, wanted.user_id)
    return Report("enrollments list", job.settings.environment, body, warnings=warnings, error=error)


def _nothing(wanted: Filter) -> str:
    kind = "enrollments" if wanted.status is None else f"{wanted.status} enrollments"
    where = "" if wanted.course_id is None else f" in course {wanted.course_id}"
    whose = "" if wanted.user_id is None else f" of student {wanted.user_id}"
    return f"No {kind}{where}{whose}{' whose mail is owed' * wanted.owed}."


def _warn_of_unknown(job: ReadJob, course_id: str | None) -> tuple[str, ...]:
    """Return a warning of a course that was asked for and is not in the table, as after a typo."""
    if course_id is None or job.courses.read_course(course_id) is not None:
        return ()
    return (f"table {job.settings.table} has no course {course_id}; see " + lmx("courses list"),)


def unknown_student(job: ReadJob, user_id: str | None) -> FailedError | None:
    """Return the failure of a run on a student whom the table does not have: most likely a typo."""
    if user_id is None or user_id in job.enrollments.read_students([user_id]):
        return None
    hint = "Check it: a user id or an e-mail address. List the enrollments: " + lmx("enrollments list")
    return FailedError(f"student {user_id} not found", hint=hint, code="invalid.unknown_student")


def warn_of_types(other_types: Mapping[str, str]) -> tuple[str, ...]:
    """Return a warning of items that have the key of an enrollment and another entityType, a few of them by name."""
    if not other_types:
        return ()
    named = ", ".join(f"{key} ({kind})" for key, kind in islice(other_types.items(), _NAMED))
    more = f" and {len(other_types) - _NAMED} more" if len(other_types) > _NAMED else ""
    return (f"read as enrollments by their keys, though their entityType is not ENROLLMENT: {named}{more}",)


def _read(job: ListJob, wanted: Filter) -> Iterable[Enrollment]:
    status, course_id, user_id, owed = wanted
    if user_id is not None and course_id is not None:
        return job.enrollments.read_enrollments([EnrollmentKey(user_id, course_id)]).values()
    if user_id is not None:
        return job.enrollments.list_of_user(user_id, completed=True)
    if course_id is not None:
        return job.enrollments.list_of_course(course_id, completed=True)
    return job.enrollments.list_all(status, owed=owed)


def _row(enrollment: Enrollment) -> dict[str, object]:
    return {
        "user_id": enrollment.key.user_id,
        "course_id": enrollment.key.course_id,
        "status": enrollment.status or None,
        "enrollment_type": enrollment.enrollment_type or None,
        "enrolled_at": enrollment.enrolled_at or None,
        "session_id": enrollment.session_id,
        "event_owed_since": None if enrollment.intent is None else enrollment.intent.at,
        "access_revoked_at": None if enrollment.revoked is None else enrollment.revoked.at,
        "access_revoked_reason": None if enrollment.revoked is None else enrollment.revoked.reason,
        "access_kept_at": enrollment.kept_at,
        "access_kept_reason": enrollment.kept_reason,
    }
