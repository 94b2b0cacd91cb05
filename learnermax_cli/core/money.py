"""Exact money: integer minor units, Decimal prices, Stripe's own table of exponents. Nothing is rounded here."""

from dataclasses import dataclass
from decimal import Decimal, localcontext
from typing import Literal

PriceUnit = Literal["major", "minor"]

# [doc "Supported currencies"]: zero-decimal currencies; amounts are in whole units.
ZERO_DECIMAL = frozenset(
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"]
)
# [doc "Supported currencies"]: three decimals, and the last digit must be 0.
THREE_DECIMAL = frozenset(["bhd", "jod", "kwd", "omr", "tnd"])
# [doc "Supported currencies"], special cases: sent times 100, though the last two digits must be 00.
WHOLE_TIMES_100 = frozenset(("isk", "ugx"))
# [doc "Supported currencies"]: smallest charge, in major units, by settlement currency.
MINIMUM_CHARGE = {
    code: Decimal(amount)
    for amount, codes in {
        "0.30": "gbp",
        "0.50": "usd eur aud brl cad chf inr nzd sgd",
        "2.00": "aed myr pln ron",
        "2.50": "dkk",
        "3.00": "nok sek",
        "4.00": "hkd",
        "10": "mxn thb",
        "15": "czk",
        "50": "jpy krw",
        "175": "huf",
    }.items()
    for code in codes.split()
}
# Currencies whose usual maximum course price is known; any other must state --max-price.
DEFAULT_MAX_PRICE = dict.fromkeys(("usd", "eur", "gbp"), Decimal(1000))
# [doc "Supported currencies"]: eight digits at most for most payment methods.
MAX_UNIT_AMOUNT = 99_999_999


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An integer amount in the minor units of a lower-case ISO currency, as Stripe holds it."""

    amount: int
    currency: str

    def as_json(self) -> dict[str, object]:
        """Return the `{"amount", "currency"}` object of reports and plan files."""
        return {"amount": self.amount, "currency": self.currency}

    def major(self) -> Decimal:
        """Return the amount in major units."""
        with localcontext(prec=100):
            return Decimal(self.amount).scaleb(-exponent(self.currency))

    def __str__(self) -> str:
        return f"{self.major():,.{exponent(self.currency)}f} {self.currency}"


class InexactAmountError(ValueError):
    """A price that the currency cannot represent exactly."""


def exponent(currency: str) -> int:
    """Return how many decimals Stripe's amounts have in a currency; differs from ISO 4217 for isk, ugx and mga."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def to_money(price: Decimal, currency: str, unit: PriceUnit) -> Money:
    """Return a price as Stripe's integer amount; raises InexactAmountError instead of rounding."""
    if not price.is_finite():
        raise InexactAmountError(f"{price} is not an amount")
    with localcontext(prec=100):  # DynamoDB numbers have up to 38 digits; the usual 28 would round
        minor = price.scaleb(exponent(currency)) if unit == "major" else price
    if minor != minor.to_integral_value():
        decimals = exponent(currency) if unit == "major" else 0
        raise InexactAmountError(f"{price} has more decimals than {currency} allows ({decimals} in {unit} units)")
    amount = int(minor)
    if currency in THREE_DECIMAL and amount % 10:
        raise InexactAmountError(f"{price} {currency}: Stripe wants the last of its three decimals to be 0")
    if currency in WHOLE_TIMES_100 and amount % 100:
        raise InexactAmountError(f"{price} {currency}: Stripe takes whole {currency} only")
    return Money(amount, currency)


def minimum_charge(currency: str) -> Money | None:
    """Return Stripe's smallest charge in a currency, or None where it publishes none."""
    minimum = MINIMUM_CHARGE.get(currency)
    return None if minimum is None else to_money(minimum, currency, "major")
