"""The one table of settings: variables, flag, how each is read, whether an env file may set it, and its default."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final, NamedTuple

from learnermax_cli.config import values
from learnermax_cli.config.aws_access import require_region
from learnermax_cli.config.keys import KEYS, SECRET_KEY, WEBHOOK_SECRET, parse_named_key, table_name
from learnermax_cli.core.secret_text import SecretText

STRIPE_API_BASE: Final = "https://api.stripe.com"


class Setting(NamedTuple):
    """A setting, by the name of its environment variable."""

    name: str
    read: Callable[[str, str], object] = values.plain_text
    """Takes a text and the name of its source; an error from it stops every command."""
    flag: str | None = None
    """The common option that sets it, as `Flags` names it."""
    variables: tuple[str, ...] = ()
    """The variables that set it, the strongest first, where it is not its name alone."""
    in_file: bool = True
    """Whether an env file may set it: one in a cloned repository must not send keys elsewhere, lift a guard or
    take access away."""
    default: Callable[[str], str | None] = lambda _: None
    """Returns the text that counts in an environment where nothing sets it."""
    note: str = ""
    """What counts where nothing sets it, in words, if that is no text that could be set."""
    check: Callable[[str, str], object] = values.plain_text
    """As `read`, but only what uses the setting minds its errors."""
    secret: bool = False
    """Whether only that it is there is shown."""


def _key(text: str, name: str) -> str:
    key = parse_named_key(name, SecretText(text))
    return "signing secret" if key.mode is None else f"{key.kind} key, {key.mode} mode"


_OF_KEYS: Final = dict.fromkeys((SECRET_KEY, WEBHOOK_SECRET), "read from the secret in AWS")

SETTINGS: Final = (
    Setting("LMX_ENVIRONMENT", values.read_environment, "environment", default=lambda _: "preview"),
    Setting("EDUCATION_TABLE_NAME", flag="table", default=table_name),
    Setting(
        "AWS_REGION",
        flag="region",
        variables=("AWS_REGION", "AWS_DEFAULT_REGION"),
        in_file=False,
        default=lambda _: "us-east-1",
        check=require_region,
    ),
    Setting("AWS_PROFILE", flag="profile", variables=("AWS_DEFAULT_PROFILE", "AWS_PROFILE"), in_file=False),
    Setting("AWS_ACCESS_KEY_ID", in_file=False, secret=True),
    Setting("AWS_ENDPOINT_URL", in_file=False, note="AWS's own"),
    *(Setting(key.name, check=_key, secret=True, note=_OF_KEYS.get(key.name, "")) for key in KEYS),
    Setting("STRIPE_API_BASE", in_file=False, default=lambda _: STRIPE_API_BASE),
    Setting(
        "LMX_STRIPE_SECRET_NAME",
        flag="secret_name",
        default=lambda environment: "learnermax/stripe-keys" + ("-prod" if environment == "prod" else ""),
    ),
    Setting("LMX_STRIPE_ACCOUNT", note="any account"),
    Setting("LMX_AWS_ACCOUNT", values.aws_account, note="any account"),
    Setting("LMX_CURRENCY", values.currency_code, note="usd"),
    Setting("LMX_PRICE_UNIT", values.price_unit, note="major"),
    Setting("LMX_MAX_PRICE", values.positive_decimal, note="1000 for usd, eur and gbp"),
    Setting("LMX_MAX_RATE", values.requests_a_second, note="23"),
    Setting("LMX_TIMEOUT", values.seconds, note="30"),
    Setting("FRONTEND_URL", check=values.site_url),
    Setting("TRANSACTIONAL_EMAIL_TOPIC_ARN"),
    Setting("LMX_EVENTS", values.switch, default=lambda _: "on"),
    Setting("LMX_REVOKE", values.one_or_zero, in_file=False, default=lambda _: "0"),
    Setting("LMX_ALLOW_MISMATCH", values.names, in_file=False, note="none"),
    Setting("LMX_SANDBOX_HOME", in_file=False, note="~/.local/state/lmx/sandbox"),
)
BY_NAME: Final = {setting.name: setting for setting in SETTINGS}
FROM_FILE: Final = frozenset(setting.name for setting in SETTINGS if setting.in_file)
_NOT_FROM_FILE: Final = frozenset(
    name for setting in SETTINGS if not setting.in_file for name in (setting.name, *setting.variables)
) | {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"}
_NOT_SETTINGS: Final = frozenset(("LMX_RETRY_QUEUE_URL", "LMX_ROLE_ARN", "LMX_SCHEDULE"))
"""Variables that begin with LMX_ of the Lambda functions and of GitHub Actions."""


def never_from_file(name: str) -> bool:
    """Return whether a variable sets something, but not from an env file: endpoints, profile, credentials, guards."""
    return name in _NOT_FROM_FILE or name.startswith("AWS_ENDPOINT_URL_")


def unknown_names(names: Iterable[str]) -> Iterator[tuple[str, str | None]]:
    """Yield each name that looks like a setting and is none, with the setting that may be meant."""
    known = [name for name in BY_NAME if name.startswith("LMX_")]
    for name in sorted(names):
        if name.startswith("LMX_") and name not in BY_NAME and name not in _NOT_SETTINGS:
            from difflib import get_close_matches  # seldom of use, and slow to load

            yield name, next(iter(get_close_matches(name, known, 1, 0.75)), None)
