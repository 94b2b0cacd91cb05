"""`CourseTable` does on DynamoDB Local what it does on the sandbox, and both do what it promises."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from learnermax_cli.adapters.aws.course_table import CourseTable
from learnermax_cli.adapters.aws.table import Table
from learnermax_cli.core.errors import FailedError
from learnermax_cli.courses.model import USED_ATTRIBUTES, Course
from tests.conformance.items import Item, Value, course, key, lesson, seeded_course
from tests.conformance.tables import TablePair

PRICES: dict[str, Value] = {
    "two decimals": {"N": "49.90"},
    "exponent": {"N": "4.99E1"},
    "text": {"S": "49.90"},
    "empty text": {"S": ""},
    "null": {"NULL": True},
    "map": {"M": {"usd": {"N": "49.9"}, "tags": {"SS": ["a", "b"]}}},
    "list": {"L": [{"N": "1"}, {"NULL": True}]},
    "binary": {"B": b"\x00\xff"},
}


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two tables, through the adapter and beside it."""

    courses: CourseTable
    client: Any
    name: str

    def put(self, *items: Item) -> None:
        for item in items:
            self.client.put_item(TableName=self.name, Item=item)

    def item(self, course_id: str) -> Item | None:
        found: Item | None = self.client.get_item(TableName=self.name, Key=key(course_id)).get("Item")
        return found

    def read(self, course_id: str) -> Course:
        found = self.courses.read_course(course_id)
        assert found is not None
        return found


@pytest.fixture(params=["local", "sandbox"])
def side(tables: TablePair, request: pytest.FixtureRequest) -> Side:
    """Return each of the two in turn."""
    client = getattr(tables, request.param)
    return Side(CourseTable(Table(client, tables.name)), client, tables.name)


def refusal(write: Callable[[], object]) -> str:
    """Return the code of the error that a write ends in."""
    with pytest.raises(FailedError) as caught:
        write()
    return caught.value.code


def test_courses_of_both_shapes_are_listed_among_other_items(tables: TablePair) -> None:
    """Above 1 MB of lessons lie between them, so that every segment takes several pages."""
    tables.put(course("app"), seeded_course("seed"), course("enrolled"), *(lesson(n, 20_000) for n in range(300)))
    tables.put({**course("x"), "PK": {"S": "USER#u"}, "SK": {"S": "COURSE#app"}})
    for client in (tables.local, tables.sandbox):
        listed = {found.course_id: found.attributes for found in CourseTable(Table(client, tables.name)).list_courses()}
        expected = {
            course_id: {"name": f"Course {course_id}", "pricingModel": "paid", "price": Decimal("49.9")}
            for course_id in ("app", "seed", "enrolled")
        }
        assert expected == listed


def test_only_used_attributes_are_read(side: Side) -> None:
    """Reserved words among them; what is absent is left out."""
    everything = {name: {"S": name} for name in USED_ATTRIBUTES}
    side.put(course("a", curriculum={"L": []}, **everything))
    assert Course("a", {name: name for name in USED_ATTRIBUTES}) == side.read("a")
    assert side.courses.read_course("none") is None
    item = side.courses.read_item("a")
    assert item is not None
    assert [] == item["curriculum"]


@pytest.mark.parametrize("price", PRICES.values(), ids=PRICES)
def test_ids_are_written_whatever_the_price_is(side: Side, price: Value) -> None:
    """The price meets itself in the condition, and nothing but the ids changes."""
    side.put(course("a", price=price))
    before = side.item("a")
    assert before is not None
    side.courses.put_stripe_ids(side.read("a"), "prod_1", "price_1")
    assert {**before, "stripeProductId": {"S": "prod_1"}, "stripePriceId": {"S": "price_1"}} == side.item("a")


@pytest.mark.parametrize("number", ["49.9", "49.90", "4.99E1", "049.900"])
def test_a_price_rewritten_in_another_form_is_as_read(side: Side, number: str) -> None:
    """49.90 and 49.9 are one number."""
    side.put(course("a"))
    read = side.read("a")
    side.put(course("a", price={"N": number}))
    side.courses.put_stripe_ids(read, "prod_1", "price_1")
    assert "prod_1" == side.read("a").product_id


@pytest.mark.parametrize(
    "changed",
    [
        {"price": {"N": "49.91"}},
        {"price": {"S": "49.9"}},
        {"price": {"NULL": True}},
        {"description": {"S": ""}},
        {"comingSoon": {"BOOL": False}},
        {"stripePriceId": {"S": "price_other"}},
    ],
)
def test_ids_are_not_written_to_a_course_that_changed(side: Side, changed: Item) -> None:
    """Nor is anything else."""
    side.put(course("a"))
    read = side.read("a")
    side.put(course("a", **changed))
    before = side.item("a")
    assert "failed.superseded" == refusal(lambda: side.courses.put_stripe_ids(read, "prod_1", "price_1"))
    assert before == side.item("a")


def test_an_attribute_that_went_is_a_change(side: Side) -> None:
    """An absent attribute is not an empty one."""
    side.put(course("a", description={"S": ""}))
    read = side.read("a")
    side.put(course("a"))
    assert "failed.superseded" == refusal(lambda: side.courses.put_stripe_ids(read, "prod_1", "price_1"))


def test_a_course_that_is_gone_is_not_made_again(side: Side) -> None:
    """An update would create the item."""
    side.put(course("a"))
    read = side.read("a")
    side.client.delete_item(TableName=side.name, Key=key("a"))
    assert "failed.superseded" == refusal(lambda: side.courses.put_stripe_ids(read, "prod_1", "price_1"))
    assert side.item("a") is None


def test_ids_that_are_there_already_are_no_failure(side: Side) -> None:
    """A second write of the same, with the course as it was read before the first."""
    side.put(course("a"))
    read = side.read("a")
    for _ in range(2):
        side.courses.put_stripe_ids(read, "prod_1", "price_1")
    assert "price_1" == side.read("a").price_id


def test_a_long_description_fits_into_the_condition(side: Side) -> None:
    """The 4 KB limit is on the expression, not on its values."""
    side.put(course("a", description={"S": "é" * 15_000}))
    side.courses.put_stripe_ids(side.read("a"), "prod_1", "price_1")
    assert "prod_1" == side.read("a").product_id


def test_a_price_is_written_with_its_unit(side: Side) -> None:
    """If the price is as read."""
    side.put(course("a", price={"N": "4999"}))
    read = side.read("a")
    side.courses.put_price(read, Decimal("49.90"))
    assert (Decimal("49.9"), "major") == (side.read("a").attributes["price"], side.read("a").attributes["priceUnit"])
    assert "failed.superseded" == refusal(lambda: side.courses.put_price(read, Decimal("59.90")))


def test_a_course_is_created_once(side: Side) -> None:
    """The same again is no failure, another is, unless it is to be replaced."""
    item = {
        "PK": "COURSE#a",
        "SK": "METADATA",
        "courseId": "a",
        "price": Decimal("49.90"),
        "tags": [],
        "totalLessons": None,
    }
    for _ in range(2):
        side.courses.create_course(item, replace=False)
    other = {**item, "price": Decimal(99)}
    assert "failed.superseded" == refusal(lambda: side.courses.create_course(other, replace=False))
    side.courses.create_course(other, replace=True)
    assert other == side.courses.read_item("a")
