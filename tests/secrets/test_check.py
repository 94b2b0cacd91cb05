"""The checks of keys before a push."""

import pytest

from learnermax_cli.core.errors import ConfigError
from learnermax_cli.secrets.plan_push import require_keys

ONE, TWO = "1" + "A" * 15, "1" + "B" * 15
TAIL = "z" * 40


def keys(secret: str, publishable: str, webhook: str | None = None) -> dict[str, str]:
    """Return keys as a source has them."""
    values = {"STRIPE_SECRET_KEY": secret, "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": publishable}
    return values if webhook is None else {**values, "STRIPE_WEBHOOK_SECRET": webhook}


def key(prefix: str, mode: str = "test", part: str = ONE) -> str:
    """Return a key in Stripe's shape."""
    return f"{prefix}_{mode}_5{part}{TAIL}"


def test_good_keys() -> None:
    """Keys of one mode and account pass, the webhook secret with them."""
    values = keys(key("sk"), key("pk"), "whsec_" + "a" * 32)

    checked = require_keys(values, "here")

    assert ("test", values) == (checked.mode, checked.values())


def test_missing_keys_name_the_source() -> None:
    """Which key is missing where is said."""
    with pytest.raises(ConfigError) as raised:
        require_keys({}, ".env.local")

    assert "STRIPE_SECRET_KEY and NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY missing in .env.local" == raised.value.message


@pytest.mark.parametrize(
    ("values", "code"),
    [
        (keys(key("pk"), key("pk")), "config.key"),
        (keys(key("sk"), key("sk")), "config.key"),
        (keys(key("sk"), key("pk"), key("sk")), "config.key"),
        (keys("whsec_" + "a" * 32, key("pk")), "config.key"),
        (keys(key("sk", "live"), key("pk")), "config.key_mode"),
        (keys(key("sk", part=TWO), key("pk")), "config.key_account"),
    ],
)
def test_refused(values: dict[str, str], code: str) -> None:
    """Swapped, mixed and foreign keys are refused, and the message shows none."""
    with pytest.raises(ConfigError) as raised:
        require_keys(values, "here")

    assert code == raised.value.code
    assert TAIL not in raised.value.message + raised.value.hint


def test_keys_that_show_no_account_pass() -> None:
    """The account is compared where both keys show it."""
    older = "sk_" + "test_" + "a" * 24
    assert "test" == require_keys(keys(older, key("pk")), "here").mode
