"""The configuration of one run, made of what its sources say."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, cast

from learnermax_cli.config.aws_access import AwsAccess
from learnermax_cli.config.keys import SECRET_KEY, Mode
from learnermax_cli.config.setting_table import SETTINGS
from learnermax_cli.config.sources import Flags, Sources, find_sources
from learnermax_cli.config.values import Environment
from learnermax_cli.core.money import PriceUnit
from learnermax_cli.core.secret_text import KnownSecrets, SecretText

if TYPE_CHECKING:
    from learnermax_cli.config.env_file import EnvFile
    from learnermax_cli.config.sandbox_state import SandboxInfo


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
    events: bool
    """Whether completions owe the event of the students' mails."""
    revoke: bool
    """Whether access is taken away where the payment went back, unless a flag says otherwise."""
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
    return read_settings(find_sources(flags, environ, known))


def read_settings(sources: Sources) -> Settings:
    """Return the settings that the sources make; raises an LmxError for the first that makes no sense."""
    if sources.errors:
        raise sources.errors[0]
    read = {setting.name: sources.read(setting.name) for setting in SETTINGS}

    def text(name: str) -> str | None:
        return cast("str | None", read[name])

    key = text(SECRET_KEY)
    return Settings(
        environment=cast("Environment", read["LMX_ENVIRONMENT"]),
        table=str(read["EDUCATION_TABLE_NAME"]),
        secret_name=str(read["LMX_STRIPE_SECRET_NAME"]),
        aws=sources.aws_access,
        stripe_api_base=str(read["STRIPE_API_BASE"]),
        stripe_secret_key=SecretText(key) if key else None,
        stripe_account=text("LMX_STRIPE_ACCOUNT"),
        currency=text("LMX_CURRENCY"),
        price_unit=cast("PriceUnit | None", read["LMX_PRICE_UNIT"]),
        max_price=cast("Decimal | None", read["LMX_MAX_PRICE"]),
        max_rate=cast("float | None", read["LMX_MAX_RATE"]),
        timeout=cast("float | None", read["LMX_TIMEOUT"]),
        frontend_url=text("FRONTEND_URL"),
        topic_arn=text("TRANSACTIONAL_EMAIL_TOPIC_ARN"),
        events=bool(read["LMX_EVENTS"]),
        revoke=bool(read["LMX_REVOKE"]),
        values=sources.values,
        env_file=sources.env_file,
        sandbox=sources.sandbox,
        aws_account=text("LMX_AWS_ACCOUNT"),
        allowed_mismatches=cast("frozenset[str]", read["LMX_ALLOW_MISMATCH"] or frozenset()),
    )
