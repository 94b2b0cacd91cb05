"""Which of several prices a course keeps, and what becomes of the others."""

import pytest

from learnermax_cli.core.money import Money
from learnermax_cli.courses.model import DesiredProduct
from learnermax_cli.planning.change import Change
from learnermax_cli.products.plan_course import find_foreign_prices, plan_existing
from tests.products.catalogs import ENVIRONMENT, course, ours, price, product

DESIRED = DesiredProduct("a", "Course A", None, (), Money(4999, "usd"))
PRICES = (
    price("price_named", created=8),
    price("price_default", created=9),
    price("price_b", created=2),
    price("price_a", created=2),
    price("price_c", created=2),
    price("price_0", created=3),
    price("price_cheap", 100, created=1),
)


@pytest.mark.parametrize(
    ("default", "named", "kept"),
    [
        ("price_default", "price_named", "price_default"),
        (None, "price_named", "price_named"),
        ("price_gone", "price_named", "price_named"),
        ("price_cheap", "price_named", "price_named"),
        (None, None, "price_a"),
        (None, "price_gone", "price_a"),
        ("price_cheap", "price_cheap", "price_a"),
    ],
)
def test_one_of_several_right_prices_stays(default: str | None, named: str | None, kept: str) -> None:
    """The default stays, else the one that the course names, else the oldest, and of one second the first by id."""
    subject = course(stripeProductId="lmx_sandbox_a", stripePriceId=named)
    done = plan_existing(subject, DESIRED, product(default=default), PRICES, ENVIRONMENT)
    archived = [change.before for change in done.changes if (change.kind, change.action) == ("price", "archive")]
    others = [(p.price_id, p.money) for p in PRICES if p.price_id != kept and p.money is not None]
    assert (kept, default) == (done.price_id, done.replaces)
    assert [{"stripePriceId": price_id, "price": money.as_json()} for price_id, money in others] == archived


@pytest.mark.parametrize(("product_id", "price_id"), [("lmx_sandbox_a", "price_gone"), ("prod_gone", "price_1")])
def test_either_id_that_differs_is_written_back(product_id: str, price_id: str) -> None:
    """The course names both, its product and its price."""
    subject = course(stripeProductId=product_id, stripePriceId=price_id)
    named = {"stripeProductId": product_id, "stripePriceId": price_id}
    after = {"stripeProductId": "lmx_sandbox_a", "price": DESIRED.money.as_json()}
    done = plan_existing(subject, DESIRED, product(), (price(),), ENVIRONMENT)
    assert (Change("product", "a", "link", named, after),) == done.changes


@pytest.mark.parametrize(
    "metadata", [{"managedBy": "shop"}, ours("a", "prod")], ids=["other tool", "other environment"]
)
def test_default_price_of_others_is_neither_adopted_nor_archived(metadata: dict[str, str]) -> None:
    """A product made by hand is adopted, its price that somebody else manages is not: it stays and is reported."""
    subject, handmade = course(stripeProductId="prod_1"), product("prod_1", {})
    prices = (price(metadata=metadata, product_id="prod_1"),)
    done = plan_existing(subject, DESIRED, handmade, prices, ENVIRONMENT)
    assert [("product", "adopt"), ("price", "replace"), ("product", "link")] == [
        (c.kind, c.action) for c in done.changes
    ]
    assert ["foreign price"] == [f.kind for f in find_foreign_prices(subject, handmade, prices, ENVIRONMENT)]
