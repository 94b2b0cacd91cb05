"""Which price of a product stays, which one comes and which ones go, as whole values."""

from dataclasses import replace

from learnermax_cli.planning.change import Change, Finding
from tests.products.catalogs import LINK, LINKED, USD_2000, USD_4999, course, plan, price, product


def test_other_amount_replaces_the_price() -> None:
    """New price and default, then the write-back, and only then the old price goes."""
    old = {"stripePriceId": "price_1", "price": USD_2000}
    assert (
        Change("price", "a", "replace", old, {"price": USD_4999}),
        LINK,
        Change("price", "a", "archive", old, None),
    ) == plan([course(**LINKED)], [product()], [price(amount=2000)]).changes


def test_replacement_that_is_there_already_is_used() -> None:
    """After a run that died between new price and default no second one is created."""
    old = {"stripePriceId": "price_1", "price": USD_2000}
    done = plan([course(**LINKED)], [product()], [price(amount=2000), price("price_2", created=2)])
    assert (
        Change("price", "a", "replace", old, {"price": USD_4999}),
        LINK,
        Change("price", "a", "archive", old, None),
    ) == done.changes
    assert "price_2" == done.courses[0].price_id


def test_other_currency_replaces_the_price() -> None:
    """The amount alone does not make a price."""
    changes = plan([course(**LINKED, currency="eur")], [product()], [price()]).changes
    assert ["replace", "link", "archive"] == [change.action for change in changes]
    assert {"price": {"amount": 4999, "currency": "eur"}} == changes[0].after


def test_product_without_default_gets_a_price() -> None:
    """Nothing is replaced, so the price is created."""
    changes = plan([course(**LINKED)], [product(default=None)]).changes
    assert (Change("price", "a", "create", None, {"price": USD_4999}), LINK) == changes


def test_archived_default_is_as_none() -> None:
    """A default price that is not active sells nothing."""
    changes = plan([course(**LINKED)], [product(default="price_archived")]).changes
    assert (Change("price", "a", "create", None, {"price": USD_4999}), LINK) == changes


def test_stray_price_of_ours_is_archived() -> None:
    """One active price of ours remains."""
    stray = price("price_2", 2000, created=2)
    done = plan([course(**LINKED)], [product()], [price(), stray])
    assert (Change("price", "a", "archive", {"stripePriceId": "price_2", "price": USD_2000}, None),) == done.changes
    assert () == done.findings


def test_foreign_price_is_a_finding() -> None:
    """An active price that is not ours is reported and left alone."""
    foreign = price("price_2", 2000, {}, created=2)
    done = plan([course(**LINKED)], [product()], [price(), foreign])
    detail = "price_2 (20.00 usd) of lmx_sandbox_a is active and was not created by lmx: archive it"
    assert ((), (Finding("foreign price", "a", detail),)) == (done.changes, done.findings)


def test_recurring_foreign_price_is_a_finding_without_amount() -> None:
    """What is not a plain one-time amount is called that."""
    recurring = replace(price("price_2", metadata={}), money=None)
    done = plan([course(**LINKED)], [product()], [price(), recurring])
    detail = "price_2 (not a plain one-time amount) of lmx_sandbox_a is active and was not created by lmx: archive it"
    assert (Finding("foreign price", "a", detail),) == done.findings


def test_foreign_default_gives_way_and_is_reported() -> None:
    """The default becomes ours; the foreign price stays active."""
    foreign = price("price_x", 4999, {})
    done = plan([course(**LINKED)], [product(default="price_x")], [foreign])
    assert ["replace", "link"] == [change.action for change in done.changes]
    assert ["foreign price"] == [finding.kind for finding in done.findings]


def test_default_of_the_right_amount_is_kept_before_the_named_price() -> None:
    """Of several right prices of ours the default stays."""
    named = course(stripeProductId="lmx_sandbox_a", stripePriceId="price_2")
    done = plan([named], [product()], [price(), price("price_2", created=2)])
    assert [("product", "link"), ("price", "archive")] == [(c.kind, c.action) for c in done.changes]
    assert "price_1" == done.courses[0].price_id


def test_named_price_of_the_right_amount_is_kept_before_the_oldest() -> None:
    """Without a right default, the price that the course names becomes it."""
    named = course(stripeProductId="lmx_sandbox_a", stripePriceId="price_3")
    prices = [price(amount=2000), price("price_2", created=2), price("price_3", created=3)]
    done = plan([named], [product()], prices)
    assert "price_3" == done.courses[0].price_id
    assert ["replace", "archive", "archive"] == [change.action for change in done.changes]
