"""Where enrollments and students are kept, and where the events of completions go: the ports to both."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from learnermax_cli.courses.model import Course
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, EventIntent, Payment, Revocation, Student


class TableRead(NamedTuple):
    """What one scan found: all courses, and the enrollments that were asked for."""

    courses: list[Course]
    enrollments: list[Enrollment]


class EnrollmentReader(Protocol):
    """Enrollments and students in the table; `completed` asks for completed ones beside the pending."""

    def scan(self, *, completed: bool) -> TableRead:
        """Read all courses, and all enrollments that are pending or owe an event, with one scan."""

    def list_of_course(self, course_id: str, *, completed: bool) -> Iterator[Enrollment]:
        """Read the enrollments of a course with one index query."""

    def list_of_user(self, user_id: str, *, completed: bool) -> Iterator[Enrollment]:
        """Read the enrollments of a user with one query."""

    def read_enrollments(self, keys: Iterable[EnrollmentKey]) -> Mapping[EnrollmentKey, Enrollment]:
        """Read enrollments by key."""

    def read_enrollment(self, key: EnrollmentKey) -> Enrollment | None:
        """Read one enrollment; None when there is none."""

    def read_students(self, user_ids: Iterable[str]) -> Mapping[str, Student]:
        """Read students by id."""


class StudentReader(EnrollmentReader, Protocol):
    """Students by their address, too."""

    def find_user_ids(self, address: str) -> Sequence[str]:
        """Return the students whose address is exactly this one, with one index query; the index may lag."""


class EnrollmentLister(StudentReader, Protocol):
    """Enrollments of any status, too."""

    def list_all(self, status: str | None, *, owed: bool) -> Iterator[Enrollment]:
        """Read all enrollments, or those of one status, or with an event that is owed, with one scan."""


@dataclass(frozen=True, slots=True)
class NewEnrollment:
    """An enrollment to be written; `extra` attributes go onto the item as they are."""

    key: EnrollmentKey
    enrollment_type: str
    status: str
    enrolled_at: str
    intent: EventIntent | None = None
    extra: Mapping[str, object] = field(default_factory=dict, hash=False)


class Kept(NamedTuple):
    """An operator's decision that a student stays in: since when, in RFC 3339, why, and the item's paymentStatus."""

    at: str
    reason: str
    status: str


class EnrollmentWriter(Protocol):
    """Conditional writes to enrollments; each raises SupersededError when another writer was faster."""

    def put_completed(self, enrollment: Enrollment, payment: Payment, intent: EventIntent | None) -> None:
        """Make an enrollment completed by a payment, with the event's intent; a revocation of access is removed."""

    def revoke(self, enrollment: Enrollment, revocation: Revocation) -> None:
        """Make an enrollment pending again, and note why; all else stays as it is."""

    def keep(self, enrollment: Enrollment, kept: Kept, intent: EventIntent | None) -> None:
        """Let a student in whatever the money does, and note why; a revocation of access is removed."""

    def create(self, new: NewEnrollment) -> None:
        """Write an enrollment where there is none."""

    def release(self, enrollment: Enrollment) -> None:
        """Remove a pending enrollment, so that the student can buy again."""

    def put_customer(self, user_id: str, customer_id: str) -> None:
        """Write a student's stripeCustomerId, if there is none or the same."""

    def take_event(self, enrollment: Enrollment, intent: EventIntent) -> None:
        """Take over the event that a former run owes."""

    def clear_event(self, key: EnrollmentKey, intent: EventIntent) -> None:
        """Remove an intent once its event is published, or is not wanted any more."""


class EventPublisher(Protocol):
    """The topic that sends the student's mail."""

    def publish_completed(self, key: EnrollmentKey, enrollment_type: str, enrolled_at: str) -> None:
        """Publish `EnrollmentCompleted`; raises LmxError when the topic is missing or rejects it."""
