"""Money is exact: integers and Decimals, Stripe's own table of currencies, and refusals instead of rounding."""

from decimal import Decimal
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnermax_cli.core.money import (
    DEFAULT_MAX_PRICE,
    MAX_UNIT_AMOUNT,
    MINIMUM_CHARGE,
    THREE_DECIMAL,
    WHOLE_TIMES_100,
    ZERO_DECIMAL,
    InexactAmountError,
    Money,
    PriceUnit,
    exponent,
    minimum_charge,
    to_money,
)

ZEROS = "0" * 30
DIGITS_38 = Decimal("9" * 36 + ".99")


@pytest.mark.parametrize(
    ("price", "currency", "unit", "amount"),
    [
        ("49.99", "usd", "major", 4999),
        ("99", "usd", "major", 9900),
        ("4999", "usd", "minor", 4999),
        ("1E+3", "usd", "major", 100_000),
        ("49.990", "eur", "major", 4999),
        ("0.1", "gbp", "major", 10),
        ("5000", "jpy", "major", 5000),
        ("5000", "jpy", "minor", 5000),
        ("3500", "mga", "major", 3500),
        ("12.34", "kwd", "major", 12_340),
        ("12340", "kwd", "minor", 12_340),
        ("700", "isk", "major", 70_000),
        ("70000", "ugx", "minor", 70_000),
        ("250", "huf", "major", 25_000),
        ("300.50", "twd", "major", 30_050),
    ],
)
def test_price_becomes_the_amount_of_its_currency(price: str, currency: str, unit: PriceUnit, amount: int) -> None:
    """Every class of currency has its own number of minor units, as Stripe counts them."""
    assert Money(amount, currency) == to_money(Decimal(price), currency, unit)


INEXACT = {
    "49.999 usd major": "49.999 has more decimals than usd allows (2 in major units)",
    "4999.5 usd minor": "4999.5 has more decimals than usd allows (0 in minor units)",
    "5000.5 jpy major": "5000.5 has more decimals than jpy allows (0 in major units)",
    "1.2345 bhd major": "1.2345 has more decimals than bhd allows (3 in major units)",
    "1.234 bhd major": "1.234 bhd: Stripe wants the last of its three decimals to be 0",
    "1234 tnd minor": "1234 tnd: Stripe wants the last of its three decimals to be 0",
    "700.50 isk major": "700.50 isk: Stripe takes whole isk only",
    "70050 ugx minor": "70050 ugx: Stripe takes whole ugx only",
    "NaN usd major": "NaN is not an amount",
    "Infinity usd major": "Infinity is not an amount",
    "1E-30 usd major": "1E-30 has more decimals than usd allows (2 in major units)",
    f"49.99{ZEROS}1 usd major": f"49.99{ZEROS}1 has more decimals than usd allows (2 in major units)",
}


@pytest.mark.parametrize(("given", "message"), INEXACT.items())
def test_inexact_price_is_refused_with_its_numbers(given: str, message: str) -> None:
    """A price that the currency cannot hold is an error, never a rounded amount."""
    price, currency, unit = given.split()
    with pytest.raises(InexactAmountError) as refused:
        to_money(Decimal(price), currency, cast("PriceUnit", unit))
    assert message == str(refused.value)


def test_all_38_digits_of_a_dynamodb_number_count() -> None:
    """A number of DynamoDB's full length is neither rounded nor refused, though Decimal usually has 28 digits."""
    money = to_money(DIGITS_38, "usd", "major")
    assert int("9" * 38) == money.amount
    assert DIGITS_38 == money.major()


def test_last_of_38_digits_decides() -> None:
    """A digit beyond the usual 28 still makes a price inexact."""
    with pytest.raises(InexactAmountError):
        to_money(Decimal("1." + "0" * 36 + "1"), "usd", "major")


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(4999, "usd"), "49.99 usd"),
        (Money(499_900, "usd"), "4,999.00 usd"),
        (Money(5, "usd"), "0.05 usd"),
        (Money(5000, "jpy"), "5,000 jpy"),
        (Money(12_340, "kwd"), "12.340 kwd"),
        (Money(70_000, "isk"), "700.00 isk"),
        (Money(int("9" * 38), "usd"), "999,999,999,999,999,999,999,999,999,999,999,999.99 usd"),
    ],
)
def test_money_is_written_in_major_units(money: Money, text: str) -> None:
    """People read major units with the currency's decimals, however large the amount."""
    assert text == str(money)


def test_money_as_json_is_amount_and_currency() -> None:
    """Reports and plan files hold the integer amount."""
    assert {"amount": 4999, "currency": "usd"} == Money(4999, "usd").as_json()


@pytest.mark.parametrize(
    ("currency", "decimals"),
    [("usd", 2), ("jpy", 0), ("kwd", 3), ("isk", 2), ("ugx", 2), ("mga", 0), ("huf", 2), ("krw", 0), ("omr", 3)],
)
def test_exponent_is_stripes_not_isos(currency: str, decimals: int) -> None:
    """Isk and ugx have two decimals at Stripe, mga none."""
    assert decimals == exponent(currency)


def test_currencies_are_those_of_stripes_documentation() -> None:
    """A code too many or too few would charge a hundredth, or a hundred times, of a price."""
    zero = "bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf"
    assert frozenset(zero.split()) == ZERO_DECIMAL
    assert frozenset(("bhd", "jod", "kwd", "omr", "tnd")) == THREE_DECIMAL
    assert frozenset(("isk", "ugx")) == WHOLE_TIMES_100


def test_minimum_charges_are_those_of_stripes_documentation() -> None:
    """Each published minimum, in the minor units of its own currency."""
    published = {
        **dict.fromkeys(("usd", "eur", "aud", "brl", "cad", "chf", "inr", "nzd", "sgd"), 50),
        **dict.fromkeys(("aed", "myr", "pln", "ron"), 200),
        **dict.fromkeys(("nok", "sek"), 300),
        **dict.fromkeys(("mxn", "thb"), 1000),
        **dict.fromkeys(("jpy", "krw"), 50),
        "gbp": 30,
        "dkk": 250,
        "hkd": 400,
        "czk": 1500,
        "huf": 17_500,
    }
    expected = {currency: Money(amount, currency) for currency, amount in published.items()}
    assert expected == {currency: minimum_charge(currency) for currency in MINIMUM_CHARGE}


def test_currency_without_a_published_minimum_has_none() -> None:
    """Nothing is made up."""
    assert minimum_charge("kwd") is None


def test_usual_maximum_prices() -> None:
    """A maximum is assumed in three currencies only, and Stripe's own limit is eight digits."""
    thousand = Decimal(1000)
    assert {"usd": thousand, "eur": thousand, "gbp": thousand} == DEFAULT_MAX_PRICE
    assert 99_999_999 == MAX_UNIT_AMOUNT


@given(st.integers(1, 10**36), st.sampled_from(["usd", "jpy", "huf"]))
def test_major_units_and_back_is_the_same_money(amount: int, currency: str) -> None:
    """Nothing is lost on the way to major units and back."""
    money = Money(amount, currency)
    assert money == to_money(money.major(), currency, "major")
