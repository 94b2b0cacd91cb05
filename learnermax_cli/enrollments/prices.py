"""The prices of courses, each course read when it is first asked for."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from learnermax_cli.core.money import Money
from learnermax_cli.courses.model import Course, CourseStore
from learnermax_cli.courses.price import price_rules, read_money

if TYPE_CHECKING:
    from learnermax_cli.config.settings import Settings


class CoursePrices(Mapping[str, Money | None]):
    """The price of each known course by its id, None where it has none that can be read; unknown courses are absent."""

    def __init__(self, store: CourseStore, settings: "Settings") -> None:
        self._store = store
        self._settings = settings
        self._courses: dict[str, Course | None] = {}

    def __getitem__(self, course_id: str) -> Money | None:
        if course_id not in self._courses:
            self._courses[course_id] = self._store.read_course(course_id)
        course = self._courses[course_id]
        if course is None:
            raise KeyError(course_id)
        return read_price(self._settings, course)

    def __iter__(self) -> Iterator[str]:
        return (course_id for course_id, course in self._courses.items() if course is not None)

    def __len__(self) -> int:
        return sum(course is not None for course in self._courses.values())


def read_price(settings: "Settings", course: Course) -> Money | None:
    """Return the price of a course as the settings read it, None where it cannot be read."""
    money = read_money(course, price_rules(settings))
    return money if isinstance(money, Money) else None
