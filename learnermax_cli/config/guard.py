"""The environment pact: table, secret, topic, AWS account and Stripe key are of one environment, or the run stops."""

import re

from learnermax_cli.config.keys import StripeKey, parse_stripe_key
from learnermax_cli.config.settings import Settings
from learnermax_cli.core.errors import ConfigError, GuardError

# A sandbox is on this machine alone and holds nothing that could be mistaken, so its name refuses nothing.
_REAL = ("preview", "prod")
_ARN = re.compile(r"arn:[a-z-]+:[a-z]+:[a-z0-9-]*:(?P<account>\d{12}):")
_WORDS = re.compile(r"[^A-Za-z0-9]+")


def require_names_fit(settings: Settings) -> None:
    """Raise GuardError when the table, the secret or the topic carries the name of another environment."""
    named = (
        ("table", settings.table, "--table or EDUCATION_TABLE_NAME"),
        ("secret", settings.secret_name, "--secret-name or LMX_STRIPE_SECRET_NAME"),
        ("topic", settings.topic_arn or "", "TRANSACTIONAL_EMAIL_TOPIC_ARN"),
    )
    for kind, name, where in named:
        _require_account_fits(kind, name, where, settings)
        other = _other_environment(name, settings.environment)
        if other is not None and name not in settings.allowed_mismatches:
            raise GuardError(
                f"environment {settings.environment} and {kind} {name}, which is named after {other}, "
                "do not belong together",
                hint=f"Use -e {other}, or name another {kind} with {where}; if it is meant: LMX_ALLOW_MISMATCH={name}",
                code="guard.environment",
            )


def _require_account_fits(kind: str, name: str, where: str, settings: Settings) -> None:
    """Raise GuardError for an ARN of another AWS account than LMX_AWS_ACCOUNT names, which credentials may reach."""
    arn, expected = _ARN.match(name), settings.aws_account
    if arn and expected and arn["account"] != expected and name not in settings.allowed_mismatches:
        raise GuardError(
            f"{kind} {name} is of AWS account {arn['account']}, but LMX_AWS_ACCOUNT says {expected}",
            hint=f"Name another {kind} with {where}, or change LMX_AWS_ACCOUNT; if it is meant: "
            f"LMX_ALLOW_MISMATCH={name}",
            code="guard.aws_account",
        )


def require_key_fits(settings: Settings) -> None:
    """Raise GuardError when the configured Stripe key says of itself that it is of another mode or account."""
    if settings.stripe_secret_key is None or settings.environment not in _REAL:
        return
    try:
        key = parse_stripe_key("STRIPE_SECRET_KEY", settings.stripe_secret_key)
    except ConfigError:
        return  # what is no key at all matters to those alone who work with it
    require_mode(key, settings)
    if key.account is not None and settings.stripe_account is not None:
        require_stripe_account(key.account, settings.stripe_account)


def require_mode(key: StripeKey, settings: Settings) -> None:
    """Raise GuardError when a Stripe key is of the mode that the environment does not take."""
    if key.mode != settings.expected_mode:
        raise GuardError(
            f"a {key.mode} mode key does not fit environment {settings.environment}",
            hint=f"Use a {settings.expected_mode} mode key (without STRIPE_SECRET_KEY the one of secret "
            f"{settings.secret_name} is taken), or another environment (-e)."
            if settings.stripe_secret_key
            else f"Store {settings.expected_mode} mode keys in secret {settings.secret_name} with lmx secrets push "
            f"-e {settings.environment}, or use another environment (-e).",
            code="guard.mode",
        )


def require_stripe_account(account: str | None, expected: str) -> None:
    """Raise GuardError when a Stripe key is not known to be of the account that LMX_STRIPE_ACCOUNT names."""
    if account != expected:
        raise GuardError(
            f"the Stripe key belongs to account {account or 'unknown'}, but LMX_STRIPE_ACCOUNT says {expected}",
            hint="Use a key of that account, or change LMX_STRIPE_ACCOUNT.",
            code="guard.account",
        )


def require_aws_account(account: str, expected: str) -> None:
    """Raise GuardError when the AWS credentials are of another account than LMX_AWS_ACCOUNT names."""
    if account != expected:
        raise GuardError(
            f"the AWS credentials belong to account {account}, but LMX_AWS_ACCOUNT says {expected}",
            hint="Sign in to that account (--profile, AWS_PROFILE), or change LMX_AWS_ACCOUNT.",
            code="guard.aws_account",
        )


def require_tag_fits(secret: str, tag: str | None, settings: Settings) -> None:
    """Raise GuardError when the tag Environment of a secret names another environment."""
    real = settings.environment in _REAL and tag in _REAL
    if real and tag != settings.environment and secret not in settings.allowed_mismatches:
        raise GuardError(
            f"environment {settings.environment} and secret {secret}, whose tag Environment says {tag}, "
            "do not belong together",
            hint=f"Use -e {tag}, or another secret (--secret-name); if it is meant: LMX_ALLOW_MISMATCH={secret}",
            code="guard.environment",
        )


def _other_environment(name: str, environment: str) -> str | None:
    """Return the environment that a name carries, None when it carries none or the right one too."""
    words = set(_WORDS.split(name.lower()))
    if environment not in _REAL or environment in words:
        return None
    return next((other for other in _REAL if other in words), None)
