"""Where every setting comes from: flag, process environment, env file, default, in this order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

from learnermax_cli.config.keys import ENV_FILE_NAMES, SECRET_KEY, SECRET_NAMES, Mode, table_name
from learnermax_cli.core.errors import ConfigError, LmxError, UsageError
from learnermax_cli.core.money import PriceUnit
from learnermax_cli.core.secret_text import KnownSecrets, SecretText

if TYPE_CHECKING:
    from learnermax_cli.config.env_file import EnvFile
    from learnermax_cli.config.sandbox_state import SandboxInfo

Environment = Literal["preview", "prod", "sandbox"]
ENVIRONMENTS = ("preview", "prod", "sandbox")
DEFAULT_ENV_FILE = Path(".env.local")
SANDBOX_FRONTEND_URL = "https://learnermax.example"
STRIPE_API_BASE = "https://api.stripe.com"

_SMALLEST, _GREATEST = Decimal("0.01"), Decimal(1_000_000)  # requests a second, seconds
# What lifts a guard must come from the operator, not from a file in a repository.
_NEVER_FROM_ENV_FILE = {"LMX_SANDBOX_HOME", "LMX_ALLOW_MISMATCH"}


@dataclass(frozen=True, slots=True)
class Flags:
    """The common options as they were given on the command line; None where they were not."""

    environment: str | None = None
    env_file: Path | None = None
    table: str | None = None
    secret_name: str | None = None
    region: str | None = None
    profile: str | None = None
    new_env_file: bool = False
    """Whether `env_file` may be missing, because the command is about to make it."""


class AwsAccess(NamedTuple):
    """How boto3 is to reach AWS; everything None leaves it to boto3's own rules."""

    region: str
    profile: str | None = None
    endpoint_url: str | None = None
    access_key_id: str | None = None
    secret_access_key: SecretText | None = None


@dataclass(frozen=True, slots=True)
class Settings:
    """The configuration of one run."""

    environment: Environment
    table: str
    secret_name: str
    aws: AwsAccess
    stripe_api_base: str
    stripe_secret_key: SecretText | None
    stripe_account: str | None
    currency: str | None
    price_unit: PriceUnit | None
    max_price: Decimal | None
    max_rate: float | None
    timeout: float | None
    """Seconds until an answer of Stripe or AWS must be complete, where that is less than usual."""
    frontend_url: str | None
    topic_arn: str | None
    values: Mapping[str, str] = field(repr=False)
    """Every setting that was read, sandbox and env file merged in; may hold keys, so it is never shown."""
    env_file: "EnvFile | None" = None
    sandbox: "SandboxInfo | None" = None
    aws_account: str | None = None
    allowed_mismatches: frozenset[str] = frozenset()
    """Names of tables, secrets and topics that may carry another environment's name."""

    @property
    def expected_mode(self) -> Mode:
        """The Stripe mode that fits the environment: live for prod, test for everything else."""
        return "live" if self.environment == "prod" else "test"

    @property
    def always_asks(self) -> bool:
        """Whether every command that changes Stripe, the table or a secret asks first, but those made to run alone."""
        return self.environment == "prod"


def load_settings(flags: Flags, environ: Mapping[str, str], known: KnownSecrets | None = None) -> Settings:
    """Return the settings of a run, with its secrets made `known`; raises ConfigError for what makes no sense."""
    env_file = _find_env_file(flags, environ)
    if env_file is not None and known is not None:
        known.add(*map(env_file.values.get, SECRET_NAMES))
    from_file = {} if env_file is None else _allowed(env_file.values)
    environment = _environment(flags.environment or environ.get("LMX_ENVIRONMENT") or from_file.get("LMX_ENVIRONMENT"))
    values = {**from_file, **{name: _utf8(name, value) for name, value in environ.items() if value}}
    sandbox = None
    if environment == "sandbox":
        from learnermax_cli.config.sandbox_state import require_sandbox

        sandbox = require_sandbox(environ)
        values = {"FRONTEND_URL": SANDBOX_FRONTEND_URL, **_without_outside_access(values), **sandbox.environment()}
    default_secret = "learnermax/stripe-keys-prod" if environment == "prod" else "learnermax/stripe-keys"
    currency, key = values.get("LMX_CURRENCY"), values.get(SECRET_KEY)
    return Settings(
        environment=environment,
        table=flags.table or values.get("EDUCATION_TABLE_NAME") or table_name(environment),
        secret_name=flags.secret_name or values.get("LMX_STRIPE_SECRET_NAME") or default_secret,
        aws=_aws_access(flags, values, sandbox),
        stripe_api_base=(sandbox.stripe_url if sandbox else environ.get("STRIPE_API_BASE")) or STRIPE_API_BASE,
        stripe_secret_key=SecretText(key) if key else None,
        stripe_account=values.get("LMX_STRIPE_ACCOUNT"),
        currency=None if currency is None else currency_code(currency, "LMX_CURRENCY"),
        price_unit=price_unit(values.get("LMX_PRICE_UNIT"), "LMX_PRICE_UNIT"),
        max_price=positive_decimal(values.get("LMX_MAX_PRICE"), "LMX_MAX_PRICE"),
        max_rate=_number(values.get("LMX_MAX_RATE"), "LMX_MAX_RATE", "20"),
        timeout=_number(values.get("LMX_TIMEOUT"), "LMX_TIMEOUT", "10"),
        frontend_url=values.get("FRONTEND_URL"),
        topic_arn=values.get("TRANSACTIONAL_EMAIL_TOPIC_ARN"),
        values=values,
        env_file=env_file,
        sandbox=sandbox,
        aws_account=_aws_account(values.get("LMX_AWS_ACCOUNT")),
        allowed_mismatches=frozenset(environ.get("LMX_ALLOW_MISMATCH", "").replace(",", " ").split()),
    )


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
        raise _invalid(source, f"is {text!r}, not a positive number", f"a number such as {example}")
    return number


def currency_code(text: str, source: str) -> str:
    """Return a lower-case currency code; raises UsageError or ConfigError when it is not three letters."""
    code = text.strip().lower()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise _invalid(source, f"is {text!r}, not a currency code", "a code such as usd")
    return code


def _invalid(source: str, flaw: str, remedy: str) -> LmxError:
    """Return the error for a value that makes no sense: a flag is wrong usage, all else wrong configuration."""
    kind = UsageError if source.startswith("--") else ConfigError
    return kind(f"{source} {flaw}", hint=f"Set {source} to {remedy}.")


def _find_env_file(flags: Flags, environ: Mapping[str, str]) -> "EnvFile | None":
    path = _env_file_path(flags, environ)
    if path is None:
        return None
    from learnermax_cli.config.env_file import read_env_file

    return read_env_file(path)


def _env_file_path(flags: Flags, environ: Mapping[str, str]) -> Path | None:
    if flags.env_file is not None:
        return None if flags.new_env_file and not _is_there(flags.env_file) else flags.env_file
    # The sandbox has its own keys; real ones in .env.local are not read for it.
    if (flags.environment or environ.get("LMX_ENVIRONMENT")) == "sandbox" or not DEFAULT_ENV_FILE.exists():
        return None
    return DEFAULT_ENV_FILE


def _utf8(name: str, value: str) -> str:
    if not value.isascii() and value.encode(errors="replace").decode() != value and _allowed({name: value}):
        raise _invalid(name, "is not valid UTF-8", "text in UTF-8")
    return value


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long; writing to it reports that
        return False


def _allowed(values: Mapping[str, str]) -> dict[str, str]:
    return {
        name: value
        for name, value in values.items()
        if value and (name in ENV_FILE_NAMES or (name.startswith("LMX_") and name not in _NEVER_FROM_ENV_FILE))
    }


def _without_outside_access(values: Mapping[str, str]) -> dict[str, str]:
    outside = ("AWS_", "STRIPE_", "NEXT_PUBLIC_STRIPE_", "LMX_STRIPE_ACCOUNT", "LMX_AWS_ACCOUNT")
    return {name: value for name, value in values.items() if not name.startswith(outside)}


def _environment(text: str | None) -> Environment:
    name = text or "preview"
    if name not in ENVIRONMENTS:
        raise ConfigError(
            f"unknown environment {name!r}", hint="Use preview, prod or sandbox (-e, or LMX_ENVIRONMENT)."
        )
    return cast("Environment", name)


def _aws_access(flags: Flags, values: Mapping[str, str], sandbox: "SandboxInfo | None") -> AwsAccess:
    if sandbox is not None:
        own = sandbox.environment()
        return AwsAccess(
            region=own["AWS_REGION"],
            endpoint_url=sandbox.aws_url,
            access_key_id=own["AWS_ACCESS_KEY_ID"],
            secret_access_key=SecretText(own["AWS_SECRET_ACCESS_KEY"]),
        )
    region = flags.region or values.get("AWS_REGION") or values.get("AWS_DEFAULT_REGION") or "us-east-1"
    return AwsAccess(region=region, profile=flags.profile or values.get("AWS_PROFILE"))


def _aws_account(text: str | None) -> str | None:
    if text is not None and not (len(text) == 12 and text.isascii() and text.isdigit()):
        raise _invalid("LMX_AWS_ACCOUNT", f"is {text!r}, not an AWS account", "its twelve digits")
    return text


def _number(text: str | None, source: str, example: str) -> float | None:
    number = positive_decimal(text, source, example)
    if number is not None and not _SMALLEST <= number <= _GREATEST:
        raise _invalid(source, f"is {text!r}, not between {_SMALLEST} and {_GREATEST:,}", f"a number such as {example}")
    return None if number is None else float(number)
