"""What a Stripe key says of itself."""

import pytest

from learnermax_cli.config.keys import StripeKey, parse_named_key, parse_stripe_key
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.secret_text import SecretText

PART = "1AbCdEfGhIjKlMnO"
TAIL = "5" + PART + "z" * 82


def parse(text: str) -> StripeKey:
    """Parse a key under a usual name."""
    return parse_stripe_key("STRIPE_SECRET_KEY", SecretText(text))


@pytest.mark.parametrize(
    ("prefix", "kind", "mode"),
    [
        ("sk_" + "test_", "secret", "test"),
        ("sk_" + "live_", "secret", "live"),
        ("rk_" + "test_", "restricted", "test"),
        ("rk_" + "live_", "restricted", "live"),
        ("rkcs_" + "test_", "restricted", "test"),
        ("pk_" + "test_", "publishable", "test"),
        ("pk_" + "live_", "publishable", "live"),
    ],
)
def test_kind_mode_and_account(prefix: str, kind: str, mode: str) -> None:
    """Prefix and body of a current key tell kind, mode and account."""
    key = parse(prefix + TAIL)

    assert (kind, mode, "acct_" + PART) == (key.kind, key.mode, key.account)


def test_older_key() -> None:
    """A key of an older account does not name the account."""
    assert parse("sk_" + "test_" + "a" * 24).account is None


def test_webhook_secret() -> None:
    """A signing secret has neither mode nor account."""
    key = parse("whsec_" + "a" * 32)

    assert ("webhook", None, None) == (key.kind, key.mode, key.account)


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "is empty"),
        (" sk_" + "test_" + TAIL, "has a blank or newline at its start or end"),
        ("sk_" + "test_" + TAIL + "\n", "has a blank or newline at its start or end"),
        ("sk_" + "test_" + TAIL + " ", "has a blank or newline at its start or end"),
        ('"sk_' + "test_" + TAIL + '"', "is wrapped in quotes"),
        ("'sk_" + "test_" + TAIL + "'", "is wrapped in quotes"),
        ("\u201csk_" + "test_" + TAIL + "\u201d", "is wrapped in quotes"),
        ("sk_" + "prod_" + TAIL, "is not a Stripe key"),
        ("ak_" + "test_" + TAIL, "is not a Stripe key"),
        ("sk_" + "test_...", "is cut short"),
        ("sk_" + "live_", "is cut short"),
        ("pk_" + "test_51AbCdE", "is cut short"),
        ("whsec_" + "1234567", "is cut short"),
        ("rk_" + "live_51Ab...wXyZ", "is cut short"),
        ("sk_" + "live_••••••••wXyZ", "is cut short"),
        ("sk_" + "test_51Ab…wXyZ", "is cut short"),
        ("sk_" + "test_****wXyZ", "is cut short"),
        ("sk_" + "test", "is not a Stripe key"),
        ("sk_" + "test_" + TAIL + "\nX=1", "is not a Stripe key"),
        ("sk_" + "test_" + TAIL * 3, "is not a Stripe key"),
    ],
)
def test_flaws(text: str, flaw: str) -> None:
    """What is wrong is said, and nothing of the key."""
    with pytest.raises(ConfigError) as raised:
        parse(text)

    assert f"STRIPE_SECRET_KEY {flaw}" == raised.value.message


def test_wrong_kind() -> None:
    """A publishable key in the secret key's place is refused by kind."""
    with pytest.raises(ConfigError) as raised:
        parse_named_key("STRIPE_SECRET_KEY", SecretText("pk_" + "test_" + TAIL))

    assert "STRIPE_SECRET_KEY holds a publishable key, not a secret or restricted one" == raised.value.message


def test_repr_shows_no_key() -> None:
    """A key in a log or traceback stays hidden."""
    assert TAIL not in repr(parse("sk_" + "test_" + TAIL))
