"""`products sync` on the real LearnerMax items, in both shapes of keys."""

from typing import Any

from tests.products import worlds
from tests.running import Sandbox

PREMIUM = "spec-driven-dev-premium"
SYNCED = {
    f"lmx_sandbox_{course_id}": worlds.only_price(amount, course_id)
    for course_id, amount in (("TEST-COURSE-003", 9999), ("TEST-COURSE-005", 14999))
}


def test_paid_courses_are_sold_and_no_other(sandbox: Sandbox) -> None:
    """The two paid test courses get their price, free courses nothing, and the announced one is skipped."""
    _seed(sandbox)
    ran = worlds.sync(sandbox)
    assert 0 == ran.exit_code
    assert SYNCED == _prices(sandbox)
    assert [("course", PREMIUM, "coming soon")] == [(s["kind"], s["key"], s["reason"]) for s in ran.report["skipped"]]


def test_only_the_two_ids_of_an_item_change(sandbox: Sandbox) -> None:
    """Whatever else is in a course item stays as DynamoDB held it, byte for byte."""
    _seed(sandbox)
    before = _items(sandbox)
    worlds.sync(sandbox)
    after = _items(sandbox)
    for course_id, amount in (("TEST-COURSE-003", 9999), ("TEST-COURSE-005", 14999)):
        price_id = after[course_id].pop("stripePriceId")["S"]
        assert {"S": f"lmx_sandbox_{course_id}"} == after[course_id].pop("stripeProductId")
        assert amount == sandbox.stripe().v1.prices.retrieve(price_id).unit_amount
    assert before == after


def test_whole_price_of_unknown_unit_is_refused(sandbox: Sandbox) -> None:
    """The announced course costs 4999 of something: included, it is refused, and the others go through."""
    _seed(sandbox)
    ran = worlds.sync(sandbox, "--include-coming-soon")
    assert 1 == ran.exit_code
    assert [(PREMIUM, "guard.price")] == [(row["key"], row["code"]) for row in ran.report["skipped"]]
    reason = ran.report["skipped"][0]["reason"]
    assert "4,999.00 usd" in reason
    assert "49.99 usd" in reason
    assert f"lmx courses set-price {PREMIUM} 49.99" in reason
    assert SYNCED == _prices(sandbox)


def test_set_price_is_the_remedy(sandbox: Sandbox) -> None:
    """The command that the refusal names states the price, and changes nothing else of the item."""
    _seed(sandbox)
    before = _items(sandbox)
    assert 0 == sandbox.run("courses", "set-price", PREMIUM, "49.99").returncode
    priced = {**before[PREMIUM], "price": {"N": "49.99"}, "priceUnit": {"S": "major"}}
    assert {**before, PREMIUM: priced} == _items(sandbox)
    assert 0 == worlds.sync(sandbox, "--include-coming-soon").exit_code
    assert {**SYNCED, f"lmx_sandbox_{PREMIUM}": worlds.only_price(4999, PREMIUM)} == _prices(sandbox)


def test_price_unit_of_the_item_is_believed(sandbox: Sandbox) -> None:
    """With its unit stated as minor, 4999 is sold for 49.99."""
    _seed(sandbox)
    worlds.edit_course(sandbox, PREMIUM, priceUnit="minor")
    assert 0 == worlds.sync(sandbox, "--include-coming-soon").exit_code
    assert worlds.only_price(4999, PREMIUM) == _prices(sandbox)[f"lmx_sandbox_{PREMIUM}"]


def test_both_shapes_of_keys_are_courses(sandbox: Sandbox) -> None:
    """A paid course is found with the index keys of the application as with those of a seed script."""
    worlds.put_course(sandbox, "by-script", "19.99", GSI1PK="COURSE#by-script", GSI1SK="METADATA")
    worlds.put_course(sandbox, "by-application", "29.99", GSI1PK="COURSE", GSI1SK="COURSE#by-application")
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 1999, "by-script", "lmx_sandbox_by-script")
    worlds.require_sold_for(sandbox, 2999, "by-application", "lmx_sandbox_by-application")


def test_numbers_keep_their_exact_form(sandbox: Sandbox) -> None:
    """A price is read from DynamoDB's decimal, never through binary floating point."""
    worlds.put_course(sandbox, worlds.COURSE, "1.10")
    worlds.sync(sandbox)
    worlds.require_sold_for(sandbox, 110)


def _seed(sandbox: Sandbox) -> None:
    assert 0 == sandbox.run("courses", "seed").returncode


def _items(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    page = sandbox.dynamodb_client().scan(TableName=sandbox.dynamodb().name, ConsistentRead=True)
    return {item["courseId"]["S"]: dict(item) for item in page["Items"]}


def _prices(sandbox: Sandbox) -> dict[str, Any]:
    return {product_id: product["prices"] for product_id, product in worlds.read_products(sandbox).items()}
