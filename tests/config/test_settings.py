"""Where settings come from, and which sources are not believed."""

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from learnermax_cli.config import sandbox_state
from learnermax_cli.config.aws_access import AwsAccess
from learnermax_cli.config.sandbox_state import SandboxInfo
from learnermax_cli.config.settings import Settings
from learnermax_cli.config.sources import Flags
from learnermax_cli.config.values import currency_code, positive_decimal, price_unit
from learnermax_cli.core.errors import ConfigError, UsageError
from learnermax_cli.core.secret_text import SecretText
from tests.config.loading import KEY, OTHER_KEY, load

pytestmark = pytest.mark.usefixtures("empty_folder")


def test_defaults_are_those_of_the_contract() -> None:
    """Without any source lmx works on preview in us-east-1, with Stripe's own API."""
    assert (
        Settings(
            environment="preview",
            table="learnermax-education-preview",
            secret_name="learnermax/stripe-keys",
            aws=AwsAccess("us-east-1"),
            stripe_api_base="https://api.stripe.com",
            stripe_secret_key=None,
            stripe_account=None,
            currency=None,
            price_unit=None,
            max_price=None,
            max_rate=None,
            timeout=None,
            frontend_url=None,
            topic_arn=None,
            events=True,
            revoke=False,
            values={},
        )
        == load()
    )


def test_prod_has_its_own_table_secret_and_mode() -> None:
    """Live mode belongs to prod alone."""
    prod = load(Flags(environment="prod"))
    assert ("learnermax-education-prod", "learnermax/stripe-keys-prod", "live") == (
        prod.table,
        prod.secret_name,
        prod.expected_mode,
    )
    assert "test" == load().expected_mode


def test_flag_goes_before_environment_before_file_before_default(tmp_path: Path) -> None:
    """Each source wins over the next."""
    (tmp_path / ".env.local").write_text("EDUCATION_TABLE_NAME=file\n")
    assert "flag" == load(Flags(table="flag"), EDUCATION_TABLE_NAME="process").table
    assert "process" == load(EDUCATION_TABLE_NAME="process").table
    assert "file" == load().table
    assert "file" == load(EDUCATION_TABLE_NAME="").table


@pytest.mark.parametrize(
    ("flags", "environ", "environment"),
    [
        (Flags(environment="prod"), {"LMX_ENVIRONMENT": "preview"}, "prod"),
        (Flags(), {"LMX_ENVIRONMENT": "prod"}, "prod"),
        (Flags(), {}, "preview"),
    ],
)
def test_environment_follows_the_same_order(flags: Flags, environ: dict[str, str], environment: str) -> None:
    """-e, LMX_ENVIRONMENT, preview."""
    assert environment == load(flags, **environ).environment


def test_every_variable_is_read() -> None:
    """The whole list of the contract."""
    settings = load(
        STRIPE_SECRET_KEY=KEY,
        STRIPE_API_BASE="http://127.0.0.1:1",
        LMX_STRIPE_SECRET_NAME="other/secret",
        LMX_STRIPE_ACCOUNT="acct_1",
        LMX_CURRENCY="EUR",
        LMX_PRICE_UNIT="minor",
        LMX_MAX_PRICE="1500.50",
        LMX_MAX_RATE="12.5",
        LMX_TIMEOUT="10",
        FRONTEND_URL="https://site.test",
        TRANSACTIONAL_EMAIL_TOPIC_ARN="arn:aws:sns:us-east-1:123456789012:topic",
        AWS_REGION="eu-west-1",
        AWS_PROFILE="work",
    )
    assert (
        SecretText(KEY),
        "http://127.0.0.1:1",
        "other/secret",
        "acct_1",
        "eur",
        "minor",
        Decimal("1500.50"),
        12.5,
        10.0,
        "https://site.test",
        "arn:aws:sns:us-east-1:123456789012:topic",
        AwsAccess("eu-west-1", environment_profile="work"),
    ) == (
        settings.stripe_secret_key,
        settings.stripe_api_base,
        settings.secret_name,
        settings.stripe_account,
        settings.currency,
        settings.price_unit,
        settings.max_price,
        settings.max_rate,
        settings.timeout,
        settings.frontend_url,
        settings.topic_arn,
        settings.aws,
    )


def test_aws_region_goes_before_aws_default_region() -> None:
    """Both are known; --region wins over both."""
    both = {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-2"}
    assert "eu-west-1" == load(**both).aws.region
    assert "eu-west-2" == load(AWS_DEFAULT_REGION="eu-west-2").aws.region
    assert "eu-west-3" == load(Flags(region="eu-west-3"), **both).aws.region


CONFIG = "[default]\nregion = eu-west-4\n[profile work]\nregion = eu-west-5\n[profile 'two words']\nregion=eu-west-6\n"


@pytest.mark.parametrize(
    ("region", "environ", "flags"),
    [
        ("eu-west-4", {}, Flags()),
        ("eu-west-5", {"AWS_PROFILE": "work"}, Flags()),
        ("eu-west-6", {"AWS_PROFILE": "work", "AWS_DEFAULT_PROFILE": "two words"}, Flags()),
        ("eu-west-7", {"AWS_PROFILE": "work"}, Flags(profile="stored")),
        ("us-east-1", {"AWS_PROFILE": "none"}, Flags()),
        ("eu-west-2", {"AWS_PROFILE": "work", "AWS_DEFAULT_REGION": "eu-west-2"}, Flags()),
        ("eu-west-3", {}, Flags(profile="work", region="eu-west-3")),
    ],
)
def test_region_of_the_profile_goes_before_the_default(
    tmp_path: Path, region: str, environ: dict[str, str], flags: Flags
) -> None:
    """In the config file or the credentials file, as botocore reads it."""
    (tmp_path / "config").write_text(CONFIG)
    (tmp_path / "credentials").write_text("[stored]\nregion = eu-west-7\n")
    files = {"AWS_CONFIG_FILE": str(tmp_path / "config"), "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials")}
    assert region == load(flags, **files, **environ).aws.region


@pytest.mark.parametrize("content", [None, "region", "\xff", "[default]\nregion ="])
def test_profiles_that_cannot_be_read_have_no_region(tmp_path: Path, content: str | None) -> None:
    """Whoever signs in reports the file."""
    if content is not None:
        (tmp_path / "config").write_text(content, encoding="latin-1")
    assert "us-east-1" == load(AWS_CONFIG_FILE=str(tmp_path / "config")).aws.region


@pytest.mark.parametrize("region", ["eu-west-1\n", "eu west", "-eu", "12"])
def test_region_that_is_none_is_named_with_its_source(tmp_path: Path, region: str) -> None:
    """It would become a part of host names."""
    (tmp_path / "config").write_text("[profile work]\nregion = e/u\n")
    sources: dict[str, dict[str, Any]] = {
        "AWS_REGION": {"AWS_REGION": region},
        "AWS_DEFAULT_REGION": {"AWS_DEFAULT_REGION": region},
        "--region": {"flags": Flags(region=region)},
    }
    for source, given in sources.items():
        with pytest.raises(ConfigError, match=re.escape(f"{source} is {region!r}, not an AWS region")):
            load(given.pop("flags", None), **given)
    with pytest.raises(ConfigError, match="the region of profile work is 'e/u', not an AWS region"):
        load(Flags(profile="work"), AWS_CONFIG_FILE=str(tmp_path / "config"))


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("LMX_ENVIRONMENT", "staging", "unknown environment 'staging'"),
        ("LMX_CURRENCY", "dollars", "LMX_CURRENCY is 'dollars', not a currency code"),
        ("LMX_PRICE_UNIT", "cents", "LMX_PRICE_UNIT is 'cents', not major or minor"),
        ("LMX_MAX_PRICE", "much", "LMX_MAX_PRICE is 'much', not a positive number"),
        ("LMX_MAX_PRICE", "-1", "LMX_MAX_PRICE is '-1', not a positive number"),
        ("LMX_MAX_PRICE", "NaN", "LMX_MAX_PRICE is 'NaN', not a positive number"),
        ("LMX_MAX_RATE", "0", "LMX_MAX_RATE is '0', not a positive number"),
        ("LMX_MAX_RATE", "inf", "LMX_MAX_RATE is 'inf', not a positive number"),
        ("LMX_MAX_RATE", "1e-300", "LMX_MAX_RATE is '1e-300', not between 0.01 and 1,000,000"),
        ("LMX_MAX_RATE", "1e-400", "LMX_MAX_RATE is '1e-400', not between 0.01 and 1,000,000"),
        ("LMX_MAX_RATE", "1e400", "LMX_MAX_RATE is '1e400', not between 0.01 and 1,000,000"),
        ("FRONTEND_URL", "https://caf\udce9.example", "FRONTEND_URL is not valid UTF-8"),
        ("LMX_REVOKE", "yes", "LMX_REVOKE is 'yes', not 1 or 0"),
        ("LMX_TIMEOUT", "0", "LMX_TIMEOUT is '0', not a positive number"),
    ],
)
def test_setting_that_makes_no_sense_is_refused(name: str, value: str, message: str) -> None:
    """The message names the setting and its value."""
    with pytest.raises(ConfigError) as refused:
        load(**{name: value})
    assert message == refused.value.message


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("LMX_MAX_PRICE", "Set LMX_MAX_PRICE to a number such as 1500."),
        ("LMX_MAX_RATE", "Set LMX_MAX_RATE to a number such as 20."),
    ],
)
def test_example_in_a_remedy_fits_the_setting(name: str, remedy: str) -> None:
    """A price is no rate."""
    with pytest.raises(ConfigError) as refused:
        load(**{name: "abc"})
    assert remedy == refused.value.hint


def test_values_are_not_in_the_representation() -> None:
    """A settings object that ends up in a log shows no key."""
    assert KEY not in repr(load(STRIPE_SECRET_KEY=KEY, AWS_SECRET_ACCESS_KEY=KEY))


def test_sandbox_that_does_not_run_is_an_error(tmp_path: Path) -> None:
    """`-e sandbox` ends in 3 when none runs."""
    with pytest.raises(ConfigError) as refused:
        load(Flags(environment="sandbox"), LMX_SANDBOX_HOME=str(tmp_path))
    assert ("no sandbox is running", "config.sandbox", "Start one: lmx sandbox start") == (
        refused.value.message,
        refused.value.code,
        refused.value.hint,
    )


def test_sandbox_takes_nothing_from_outside(
    running_sandbox: SandboxInfo, sandbox_state_dir: Path, tmp_path: Path
) -> None:
    """`-e sandbox` works with the sandbox's endpoints, keys and table, whatever else is set."""
    (tmp_path / ".env.local").write_text(f"STRIPE_SECRET_KEY={OTHER_KEY}\nEDUCATION_TABLE_NAME=real\n")
    settings = load(
        Flags(environment="sandbox", region="eu-west-1", profile="work"),
        LMX_SANDBOX_HOME=str(sandbox_state_dir),
        STRIPE_SECRET_KEY=KEY,
        STRIPE_API_BASE="https://api.stripe.com",
        AWS_ENDPOINT_URL="https://dynamodb.us-east-1.amazonaws.com",
        **dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "EDUCATION_TABLE_NAME"), "real"),
        LMX_STRIPE_ACCOUNT="acct_real",
        TRANSACTIONAL_EMAIL_TOPIC_ARN="arn:real",
    )
    access = AwsAccess(
        "us-east-1",
        None,
        running_sandbox.aws_url,
        sandbox_state.ACCESS_KEY_ID,
        SecretText(sandbox_state.SECRET_ACCESS_KEY),
    )
    assert (
        access,
        running_sandbox.stripe_url,
        SecretText(running_sandbox.secret_key),
        "learnermax-education-sandbox",
        None,
        sandbox_state.topic_arn(),
    ) == (
        settings.aws,
        settings.stripe_api_base,
        settings.stripe_secret_key,
        settings.table,
        settings.stripe_account,
        settings.topic_arn,
    )


def test_flags_are_checked_by_the_same_functions() -> None:
    """A flag that makes no sense is named as the flag, and is wrong usage, not wrong configuration."""
    assert ("usd", None, "minor", None, Decimal("0.5")) == (
        currency_code(" USD ", "--currency"),
        price_unit("", "--price-unit"),
        price_unit("minor", "--price-unit"),
        positive_decimal("", "--max-price"),
        positive_decimal("0.5", "--max-price"),
    )
    with pytest.raises(UsageError, match="--currency is 'us', not a currency code"):
        currency_code("us", "--currency")
