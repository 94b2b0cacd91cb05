"""A course as the table has it, how its price is read, and the port through which courses are read and written."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, Protocol

from learnermax_cli.core.money import Money, PriceUnit
from learnermax_cli.planning.confirm import Job

# The attributes that lmx reads; a write-back holds only while these are as they were read.
USED_ATTRIBUTES = (
    "name",
    "description",
    "imageUrl",
    "pricingModel",
    "price",
    "currency",
    "priceUnit",
    "comingSoon",
    "stripeProductId",
    "stripePriceId",
)


@dataclass(frozen=True, slots=True)
class Course:
    """One course item: its id from the key, and the used attributes as DynamoDB holds them, absent ones left out."""

    course_id: str
    attributes: Mapping[str, object] = field(hash=False)

    def text(self, name: str) -> str | None:
        """Return an attribute if it is a text that is not blank, stripped of blanks around it."""
        value = self.attributes.get(name)
        return value.strip() or None if isinstance(value, str) else None

    @property
    def pricing_model(self) -> Literal["free", "paid"] | None:
        """How students get in; None where the item states something else, so that nothing is known."""
        match self.attributes.get("pricingModel"):
            case "free" | "paid" as model:
                return model
        return None

    @property
    def paid(self) -> bool:
        """Whether the course is sold."""
        return self.pricing_model == "paid"

    @property
    def coming_soon(self) -> bool:
        """Whether the course is announced and not yet on sale: what JavaScript takes as true, since the site does."""
        value = self.attributes.get("comingSoon")
        return value is not None and value not in (0, "")

    @property
    def product_id(self) -> str | None:
        """The Stripe product that the course names."""
        return self.text("stripeProductId")

    @property
    def price_id(self) -> str | None:
        """The Stripe price that the course names."""
        return self.text("stripePriceId")


def is_course(course_id: str, attributes: Mapping[str, object]) -> bool:
    """Return whether an item with the keys of a course is one: below `COURSE#c#…` other things are kept, too."""
    return "#" not in course_id or "pricingModel" in attributes


@dataclass(frozen=True, slots=True)
class PriceRules:
    """How the prices of courses are read, and which ones are refused as probable mistakes."""

    currency: str = "usd"
    """The currency of courses that state none."""
    unit: PriceUnit | None = None
    """The unit of prices whose course states none; without it major is assumed."""
    max_price: Decimal | None = None
    """In major units; without it the default of the currency."""
    allowed: frozenset[str] = frozenset()
    """Ids of courses whose price is accepted although it looks like a mistake."""


@dataclass(frozen=True, slots=True)
class DesiredProduct:
    """What a course is to be at Stripe."""

    course_id: str
    name: str
    description: str | None
    images: tuple[str, ...]
    money: Money


PRODUCT_FIELDS = ("name", "description", "images")
"""The fields of a Stripe product that a course decides, beside whether it is active."""


def product_fields(product: object) -> dict[str, object]:
    """Return these fields of a desired or a listed product as JSON has them; an empty text is none."""
    values = {name: getattr(product, name) for name in PRODUCT_FIELDS}
    return {name: list(value) if isinstance(value, tuple) else value or None for name, value in values.items()}


class CourseStore(Protocol):
    """Courses in the table."""

    def list_courses(self) -> Iterator[Course]:
        """Read all courses, of either key shape, in no order."""

    def read_course(self, course_id: str) -> Course | None:
        """Read one course."""

    def read_item(self, course_id: str) -> Mapping[str, object] | None:
        """Read one whole course item."""

    def put_stripe_ids(self, course: Course, product_id: str, price_id: str) -> bool:
        """Write the two ids, if the used attributes are still as read; raises FailedError if not.

        Returns False where another run has written the same ids.
        """

    def put_price(self, course: Course, price: Decimal) -> None:
        """Write a price in major units with its unit, if the price is still as read; raises FailedError if not."""

    def create_course(self, item: Mapping[str, object], *, replace: bool) -> None:
        """Write a whole course item; without `replace` it raises FailedError where another item is there."""


class CoursesJob(Job, Protocol):
    """What the jobs on courses work with."""

    @property
    def courses(self) -> CourseStore:
        """The courses of the table."""
