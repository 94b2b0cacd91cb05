"""What the text of a setting means: each reader returns its value, or raises an error that names where it is from."""

import re
from decimal import Decimal, InvalidOperation
from typing import Literal, cast

from learnermax_cli.core.errors import ConfigError, LmxError, UsageError
from learnermax_cli.core.money import PriceUnit
from learnermax_cli.core.remedy import alike
from learnermax_cli.core.urls import is_absolute

Environment = Literal["preview", "prod", "sandbox"]
ENVIRONMENTS = ("preview", "prod", "sandbox")

_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:(?P<region>[a-z0-9-]+):\d{12}:[A-Za-z0-9_.-]+")
_SMALLEST, _GREATEST = Decimal("0.01"), Decimal(1_000_000)  # requests a second, seconds


def read_environment(text: str, _source: str) -> Environment:
    """Return an environment; raises ConfigError for another word."""
    if text not in ENVIRONMENTS:
        meant = alike(text, ENVIRONMENTS)
        question = f"Did you mean {meant}? " if meant else ""
        hint = f"{question}Use preview, prod or sandbox (-e, or LMX_ENVIRONMENT)."
        raise ConfigError(f"unknown environment {text!r}", hint=hint)
    return cast("Environment", text)


def price_unit(text: str | None, source: str) -> PriceUnit | None:
    """Return a price unit as stated by `source`; raises ConfigError for another word."""
    if text is None or text == "":
        return None
    if text not in ("major", "minor"):
        raise ConfigError(f"{source} is {text!r}, not major or minor", hint=f"Set {source} to major or minor.")
    return cast("PriceUnit", text)


def positive_decimal(text: str | None, source: str, example: str = "1500") -> Decimal | None:
    """Return an exact positive number as stated by `source`; raises UsageError or ConfigError for anything else."""
    if text is None or text == "":
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number <= 0:
        raise invalid(source, f"is {text!r}, not a positive number", f"a number such as {example}")
    return number


def currency_code(text: str, source: str) -> str:
    """Return a lower-case currency code; raises UsageError or ConfigError when it is not three letters."""
    code = text.strip().lower()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise invalid(source, f"is {text!r}, not a currency code", "a code such as usd")
    return code


def requests_a_second(text: str, source: str) -> float:
    """Return a rate; raises ConfigError for anything else."""
    return _number(text, source, "20")


def seconds(text: str, source: str) -> float:
    """Return a number of seconds; raises ConfigError for anything else."""
    return _number(text, source, "10")


def aws_account(text: str, source: str) -> str:
    """Return the id of an AWS account; raises ConfigError for anything else."""
    if not (len(text) == 12 and text.isascii() and text.isdigit()):
        raise invalid(source, f"is {text!r}, not an AWS account", "its twelve digits")
    return text


def site_url(text: str, source: str) -> str:
    """Return the address of a site; raises ConfigError where it is no absolute URL."""
    if not is_absolute(text):
        raise ConfigError(
            f"{source} is {text!r}, not an absolute URL",
            hint="Set it to the site's address, such as https://learnermax.example.",
            code="config.frontend_url",
        )
    return text


def names(text: str, _source: str) -> frozenset[str]:
    """Return names that stand in one text, apart by commas or blanks."""
    return frozenset(text.replace(",", " ").split())


def switch(text: str, source: str) -> bool:
    """Return whether something is on; raises ConfigError for what is neither on nor off."""
    if text not in ("on", "off"):
        raise invalid(source, f"is {text!r}, not on or off", "on or off")
    return text == "on"


def one_or_zero(text: str, source: str) -> bool:
    """Return whether something is on; raises ConfigError for what is neither 1 nor 0."""
    if text not in ("1", "0"):
        raise invalid(source, f"is {text!r}, not 1 or 0", "1 or 0")
    return text == "1"


def plain_text(text: str, _source: str) -> str:
    """Return a text as it stands."""
    return text


def utf8(text: str, source: str) -> str:
    """Return a text as it stands; raises ConfigError where it was no UTF-8."""
    if not text.isascii() and text.encode(errors="replace").decode() != text:
        raise invalid(source, "is not valid UTF-8", "text in UTF-8")
    return text


def topic_region(arn: str) -> str | None:
    """Return the region of a topic; None where the text is not the ARN of one."""
    found = _TOPIC_ARN.fullmatch(arn)
    return found and found["region"]


def invalid(source: str, flaw: str, remedy: str) -> LmxError:
    """Return the error for a value that makes no sense: a flag is wrong usage, all else wrong configuration."""
    kind = UsageError if source.startswith("--") else ConfigError
    return kind(f"{source} {flaw}", hint=f"Set {source} to {remedy}.")


def _number(text: str, source: str, example: str) -> float:
    number = positive_decimal(text, source, example)
    if number is None or not _SMALLEST <= number <= _GREATEST:
        raise invalid(source, f"is {text!r}, not between {_SMALLEST} and {_GREATEST:,}", f"a number such as {example}")
    return float(number)
