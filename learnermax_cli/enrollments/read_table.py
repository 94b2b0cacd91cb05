"""Which enrollments a reconcile looks at, and what it reads of the table for them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from learnermax_cli.core.money import Money
from learnermax_cli.courses.model import Course, CourseStore, PriceRules
from learnermax_cli.courses.plan_courses import unknown_course
from learnermax_cli.courses.price import known_money, price_rules
from learnermax_cli.enrollments.apply_enrollment import ReadJob
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey
from learnermax_cli.enrollments.read_payments import Strategy
from learnermax_cli.enrollments.store_model import EnrollmentReader


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: which courses and user, which span of sessions, and how sessions are asked for."""

    courses: frozenset[str] = frozenset()
    user: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    strategy: Strategy = "auto"

    @property
    def is_one(self) -> bool:
        """Whether it is one enrollment, whose own payment is then read whatever its status."""
        return self.user is not None and len(self.courses) == 1

    def covers(self, key: EnrollmentKey) -> bool:
        """Return whether an enrollment is looked at."""
        return (not self.courses or key.course_id in self.courses) and self.user in (None, key.user_id)


@dataclass(frozen=True, slots=True)
class Table:
    """What was read of the table: enrollments to look at, and the price of each known course, where it has one.

    Without enrollments (None), those are looked at that the payments of the window name.
    """

    enrollments: Sequence[Enrollment] | None
    prices: Mapping[str, Money | None]


class CoursePrices(Mapping[str, Money | None]):
    """The prices of courses by id, each course read when it is first asked for; unknown courses are absent."""

    def __init__(self, store: CourseStore, rules: PriceRules) -> None:
        self._store = store
        self._rules = rules
        self._courses: dict[str, Course | None] = {}

    def __getitem__(self, course_id: str) -> Money | None:
        if course_id not in self._courses:
            self._courses[course_id] = self._store.read_course(course_id)
        course = self._courses[course_id]
        if course is None:
            raise KeyError(course_id)
        return known_money(course, self._rules)

    def __iter__(self) -> Iterator[str]:
        return (course_id for course_id, course in self._courses.items() if course is not None)

    def __len__(self) -> int:
        return sum(course is not None for course in self._courses.values())


def read_table(job: ReadJob, scope: Scope, *, completed: bool, window_only: bool) -> Table:
    """Read the enrollments of a scope: one scan, or an index query per course, or a query for the user; or none."""
    reader, rules = job.enrollments, price_rules(job.settings)
    prices = CoursePrices(job.courses, rules)
    if window_only:
        return Table(None, prices)
    if scope.user is None and not scope.courses:
        read = reader.scan(completed=completed)
        return Table(read.enrollments, {course.course_id: known_money(course, rules) for course in read.courses})
    found = [e for e in _listed(reader, scope, completed=completed or scope.is_one) if scope.covers(e.key)]
    unknown = [course_id for course_id in sorted(scope.courses) if course_id not in prices]
    if unknown and not found:
        raise unknown_course(unknown[0])
    return Table(found, prices)


def _listed(reader: EnrollmentReader, scope: Scope, *, completed: bool) -> Iterator[Enrollment]:
    if scope.user is not None:
        yield from reader.list_of_user(scope.user, completed=completed)
        return
    for course_id in sorted(scope.courses):
        yield from reader.list_of_course(course_id, completed=completed)
