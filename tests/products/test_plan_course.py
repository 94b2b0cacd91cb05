"""Which of several prices a course keeps, and what becomes of the others."""

import pytest

from learnermax_cli.core.money import Money
from learnermax_cli.products.model import DesiredProduct
from learnermax_cli.products.plan_course import plan_existing
from tests.products.catalogs import ENVIRONMENT, course, price, product

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
    desired = DesiredProduct("a", "Course A", None, (), Money(4999, "usd"))
    done = plan_existing(subject, desired, product(default=default), PRICES, ENVIRONMENT)
    archived = [change.before for change in done.changes if (change.kind, change.action) == ("price", "archive")]
    others = [(p.price_id, p.money) for p in PRICES if p.price_id != kept and p.money is not None]
    assert kept == done.price_id
    assert [{"stripePriceId": price_id, "price": money.as_json()} for price_id, money in others] == archived
