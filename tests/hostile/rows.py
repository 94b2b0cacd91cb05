"""A table of bad rows, each as DynamoDB or Stripe holds it, and what each command is to say about it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from learnermax_cli.adapters.aws.values import to_item
from tests import items

Value = dict[str, Any]
Item = dict[str, Value]

GOOD, FRESH, BAD = "good", "fresh", "bad"
"""A course that is sold, one that is not synced yet, and the one of the row."""
BUYER, PAYER, EVE = "ada", "bob", "eve"
"""A student who wants to buy, one who has paid and waits, and the one of the row."""
LONG_COURSE, LONG_USER = "\u6f22" * 340, "\u6f22" * 341
"""1,020 and 1,023 bytes: three more than the keys of the table have room for."""


_IDS = ("PK", "SK", "GSI1PK", "GSI1SK", "courseId", "userId")


@dataclass(frozen=True, slots=True)
class Row:
    """Something bad beside good courses and students; `says` is by command, and names the row with its reason."""

    name: str
    items: tuple[Item, ...] = ()
    sessions: tuple[Mapping[str, object], ...] = ()
    says: Mapping[str, str] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    """What no command may say."""
    refused: bool = False
    """Whether a sync refuses it, and so ends in 1."""


def numbered(row: Row, number: int) -> Row:
    """Return a row whose course, student and sessions are called otherwise than those of any other row."""

    def new(text: str) -> str:
        return re.sub(r"\b(bad|eve)\b", rf"\1-{number}", text)

    def renamed(item: Item) -> Item:
        return {**item, **{name: {"S": new(item[name]["S"])} for name in _IDS if name in item}}

    return replace(
        row,
        items=tuple(map(renamed, row.items)),
        sessions=tuple({**session, "id": f"{session['id']}{number}"} for session in row.sessions),
        says={command: new(text) for command, text in row.says.items()},
    )


def course(course_id: str = BAD, /, **attributes: Value | None) -> Item:
    """Return a course with attributes in DynamoDB's own JSON; those that are None are left out."""
    item = {**to_item(items.course_item(course_id, "49.99")), **attributes}
    return {name: value for name, value in item.items() if value is not None}


def student(user: str = EVE, /, **attributes: Value) -> Item:
    """Return a student."""
    return {**to_item(items.student_item(user)), **attributes}


def enrollment(user: str = EVE, course_id: str = GOOD, /, **attributes: Value | None) -> Item:
    """Return a pending enrollment of two days ago."""
    made = to_item(items.enrollment_item(user, course_id, items.SINCE))
    return {name: value for name, value in {**made, **attributes}.items() if value is not None}


def _refused(name: str, reason: str, /, **attributes: Value | None) -> Row:
    """A course that a sync refuses and a list explains."""
    return Row(name, (course(**attributes),), says={"sync": reason, "list": reason}, refused=True)


def _sold(name: str, /, **attributes: Value) -> Row:
    """A course that is sold all the same."""
    return Row(name, (course(**attributes),), says={"sync": f"_{BAD}", "list": f'"{BAD}"'})


def _announced(name: str, value: Value) -> Row:
    """A course that the site takes as coming soon, though its attribute is no boolean."""
    flaw = "is no boolean; the site takes it as true"
    return Row(f"coming soon {name}", (course(comingSoon=value),), says={"sync": flaw, "list": flaw})


def _not_announced(name: str, value: Value) -> Row:
    flaw = "is no boolean; the site takes it as false"
    says = {"sync": flaw, "list": flaw}
    return Row(f"coming soon {name}", (course(comingSoon=value),), says=says, silent=('"coming soon"',))


def _enrolled(name: str, says: Mapping[str, str] | None = None, /, **attributes: Value | None) -> Row:
    """An enrollment that is read all the same."""
    return Row(f"enrollment {name}", (student(), enrollment(**attributes)), says=says or {})


def _beside(name: str, item: Item) -> Row:
    """An item that looks like a pending enrollment, and is none."""
    return Row(name, (student(), item), silent=("eve/", '"eve"', "CERT"))


def _foreign(name: str, user: str, course_id: str, says: Mapping[str, str] | None = None, **marker: str) -> Row:
    """A paid session of others, whose ids can be in no key."""
    metadata = {"userId": user, "courseId": course_id, **marker}
    session = {"id": "cs_test_foreign", "state": "paid", "offset": -3600, "amount": 4999, "metadata": metadata}
    return Row(f"session {name}", (student(),), (session,), says=says or {})


HUGE: Value = {"N": "1E+38"}
NUMBERS = (
    _refused("price of 39 digits", "is above Stripe's maximum", price=HUGE),
    _refused("price of 126 digits", "is above Stripe's maximum", price={"N": "9.9999999999999999999999999999E+125"}),
    _refused("tiny price", "has more decimals than usd allows", price={"N": "1E-130"}),
    _refused("negative price", "is not positive", price={"N": "-1E+38"}),
    _refused("price of 38 decimals", "has more decimals", price={"N": "0." + "12" * 19}),
    _refused("set of prices", "its price is not a number but the set", price={"NS": ["1", "1E+38"]}),
    _refused("binary price", "its price is not a number but the bytes", price={"B": b"\x00\xff"}),
    _refused("list of prices", "its price is not a number but the list", price={"L": [HUGE, {"NULL": True}]}),
    _refused("boolean price", "its price is not a number but the bool True", price={"BOOL": True}),
    _refused("currency number", "is not a three-letter code", currency=HUGE),
    _refused("unit number", "is neither major nor minor", priceUnit=HUGE),
    _refused("name number", "it has no name", name=HUGE),
    _sold("description number", description=HUGE),
    _sold("image number", imageUrl=HUGE),
    _sold("product number", stripeProductId=HUGE, stripePriceId={"SS": ["a", "b"]}),
    _sold("numbers that nobody reads", updatedAt=HUGE, curriculum={"L": [{"M": {"length": HUGE, "s": {"NS": ["1"]}}}]}),
)
MODELS = (
    _refused(
        "model Paid",
        "its pricingModel 'Paid' is not free or paid: set it to free or paid in the course's item",
        pricingModel={"S": "Paid"},
    ),
    _refused("model with a blank", "its pricingModel 'paid ' is not free or paid", pricingModel={"S": "paid "}),
    _refused("model number", "is not free or paid", pricingModel=HUGE),
    _refused("no model", "it has no pricingModel", pricingModel=None),
    _refused("null model", "it has no pricingModel", pricingModel={"NULL": True}),
)
COMING_SOON = (
    _announced("true", {"S": "true"}),
    _announced("yes", {"S": "yes"}),
    _announced("false", {"S": "false"}),
    _announced("one", {"N": "1"}),
    _announced("huge", HUGE),
    _announced("list", {"L": []}),
    _announced("map", {"M": {}}),
    _announced("set", {"SS": ["no"]}),
    _announced("binary", {"B": b"\x00"}),
    _not_announced("zero", {"N": "0"}),
    _not_announced("empty", {"S": ""}),
)
PRODUCT_IDS = tuple(
    _refused(f"product {text}", "can't be an id of Stripe", stripeProductId={"S": text})
    for text in ("../account", "..", "#", "?", "%2e%2e/account", "prod_1/../../account", "prod 1", "prod\n1", "p" * 300)
)
LONG_NAME = "n" * 99_000
COURSES = (
    _refused("long name", "its name has 99,000 characters", name={"S": LONG_NAME}),
    Row(
        "long id",
        (course(LONG_COURSE, GSI1SK={"S": "METADATA"}),),
        says={"sync": "its id has 1,020 bytes; the limit for a key of the table is 1,017"},
        refused=True,
    ),
    Row("id with a hash", (course("bad#1"),), says={"sync": "its id has a #", "list": "its id has a #"}, refused=True),
    Row("lesson", (course("good#LESSON#1", pricingModel=None),), silent=("LESSON",)),
)
FAR = "9999-12-31T23:59:59Z"
TYPED = {"reconcile": "eve/good (NOTE)"}
ENROLLMENTS = (
    _enrolled("in the last year", {"reconcile": "eve/good"}, enrolledAt={"S": FAR}),
    _enrolled("in the last year, far east", {"reconcile": "eve/good"}, enrolledAt={"S": "9999-12-31T23:59:59-14:00"}),
    _enrolled("in the first year", {"reconcile": "eve/good"}, enrolledAt={"S": "0001-01-01T00:00:00+14:00"}),
    _enrolled("before Stripe", {"reconcile": "eve/good"}, enrolledAt={"S": "1900-01-01T00:00:00Z"}),
    _enrolled("in the future", {"reconcile": "eve/good"}, enrolledAt={"S": "2999-01-01T00:00:00Z"}),
    _enrolled("at a number", {"reconcile": "eve/good"}, enrolledAt=HUGE),
    _enrolled("at no time", {"reconcile": "eve/good"}, enrolledAt=None),
    _enrolled("with a list as status", paymentStatus={"L": [{"S": "pending"}]}),
    _enrolled("of an odd session", {"reconcile": "eve/good"}, stripeSessionId={"S": "../account"}),
    _enrolled("of a number as session", {"reconcile": "eve/good"}, stripeSessionId=HUGE),
    _enrolled("with a text as event", {"reconcile": "eve/good"}, enrollmentEvent={"S": "owed"}),
    _enrolled("with numbers as event", {"reconcile": "eve/good"}, enrollmentEvent={"M": {"run": HUGE, "at": HUGE}}),
    _enrolled("with much progress", {"reconcile": "eve/good"}, progress=HUGE),
    _enrolled("of another type", TYPED, entityType={"S": "NOTE"}),
    _enrolled("of a number as type", {"reconcile": "eve/good (no text)"}, entityType=HUGE),
    _beside("note", {**enrollment(), "SK": {"S": "COURSE#good#NOTE"}, "entityType": {"S": "NOTE"}}),
    _beside("certificate", {**enrollment(), "PK": {"S": "CERT#1"}, "entityType": {"S": "CERTIFICATE"}}),
    _beside("certificate of a student", {**enrollment(), "PK": {"S": "USER#eve#CERT"}}),
    _beside("enrollment in nothing", {**enrollment(), "SK": {"S": "COURSE#"}}),
)
STUDENTS = tuple(
    Row(f"student {name}", (student(**{attribute: value}), enrollment()), says={"reconcile": "eve/good"})
    for name, attribute, value in (
        ("with an odd address", "email", {"S": "\u2028@"}),
        ("with numbers as times", "createdAt", {"L": [HUGE]}),
        ("with a number as customer", "stripeCustomerId", HUGE),
        ("with a map as name", "name", {"M": {"first": HUGE}}),
    )
)
OURS = {"managedBy": "lmx", "environment": "sandbox"}
UNKNOWN = {"reconcile": "cs_test_foreign", "replay": "cs_test_foreign"}
SESSIONS = (
    _foreign("of a long course", EVE, LONG_COURSE),
    _foreign("of a long user", LONG_USER, GOOD),
    _foreign("of a note", EVE, "good#NOTE"),
    _foreign("of a user's note", "eve#NOTE", GOOD),
    _foreign("of nothing", "", ""),
    _foreign("of ours with a long course", EVE, LONG_COURSE, UNKNOWN, **OURS),
    _foreign("of ours with a long user", LONG_USER, GOOD, UNKNOWN, **OURS),
)
ROWS = (*NUMBERS, *MODELS, *COMING_SOON, *PRODUCT_IDS, *COURSES, *ENROLLMENTS, *STUDENTS, *SESSIONS)
ALL_ROWS = tuple(numbered(row, number) for number, row in enumerate(ROWS))
"""The rows of one table that has them all."""
