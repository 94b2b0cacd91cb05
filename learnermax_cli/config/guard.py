"""The guard of environments: table, secret, topic, AWS account and Stripe key belong together, or the run stops."""

import re

from learnermax_cli.config.keys import SECRET_KEY, Mode, parse_stripe_key
from learnermax_cli.config.settings import Settings
from learnermax_cli.core.errors import ConfigError, GuardError
from learnermax_cli.core.remedy import lmx

# A sandbox holds nothing real, so its name needs no guard.
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
            instead = f"Use -e {other}, or name another {kind} with {where}"
            if _is_from_file(where.split()[-1], name, settings):
                instead = f"Use -e {other}, name another env file with --env-file, or another {kind} with {where}"
            raise GuardError(
                f"{kind} {name} is named after environment {other}, but this run is for {settings.environment}",
                hint=f"{instead}; if intended: LMX_ALLOW_MISMATCH={name}",
                code="guard.environment",
            )


def _is_from_file(variable: str, value: str | None, settings: Settings) -> bool:
    """Return whether the env file set a value: each environment is likely to have one of its own."""
    return settings.env_file is not None and value is not None and settings.env_file.values.get(variable) == value


def _require_account_fits(kind: str, name: str, where: str, settings: Settings) -> None:
    """Raise GuardError for an ARN of another AWS account than LMX_AWS_ACCOUNT names, which credentials may reach."""
    arn, expected = _ARN.match(name), settings.aws_account
    if arn and expected and arn["account"] != expected and name not in settings.allowed_mismatches:
        raise GuardError(
            f"{kind} {name} belongs to AWS account {arn['account']}, but LMX_AWS_ACCOUNT is {expected}",
            hint=f"Name another {kind} with {where}, or change LMX_AWS_ACCOUNT; if intended: LMX_ALLOW_MISMATCH={name}",
            code="guard.aws_account",
        )


def require_key_fits(settings: Settings) -> None:
    """Raise GuardError when the configured Stripe key shows another mode or account."""
    if settings.stripe_secret_key is None or settings.environment not in _REAL:
        return
    try:
        key = parse_stripe_key(SECRET_KEY, settings.stripe_secret_key)
    except ConfigError:
        return  # a malformed key matters only to commands that use it
    require_mode(key.mode, settings)
    if key.account is not None and settings.stripe_account is not None:
        require_stripe_account(key.account, settings.stripe_account)


def require_mode(mode: Mode | None, settings: Settings) -> None:
    """Raise GuardError when the key to work with is of the mode that the environment does not take."""
    if mode != settings.expected_mode:
        secret, expected = settings.secret_name, settings.expected_mode
        in_file = _is_from_file(SECRET_KEY, settings.values.get(SECRET_KEY), settings)
        raise _mode_error(
            f"a {mode} mode key does not fit environment {settings.environment}",
            f"Use a {expected} mode key (without STRIPE_SECRET_KEY the one of secret {secret} is taken), "
            + ("another env file (--env-file), " if in_file else "")
            + "or another environment (-e)."
            if settings.stripe_secret_key
            else f"Store {expected} mode keys in secret {secret} with "
            + lmx("secrets push")
            + ", or use another environment (-e).",
        )


def require_pushed_mode(mode: Mode, settings: Settings) -> None:
    """Raise GuardError when keys to be stored are of the mode that the environment does not take."""
    if mode != settings.expected_mode:
        raise _mode_error(
            f"{mode} mode keys do not fit environment {settings.environment}, "
            f"which takes {settings.expected_mode} mode keys",
            "Use other keys or another environment (-e); if intended, pass --allow-mode-mismatch.",
        )


def _mode_error(message: str, hint: str) -> GuardError:
    return GuardError(message, hint=hint, code="guard.mode")


def require_stripe_account(account: str | None, expected: str) -> None:
    """Raise GuardError when a Stripe key is not known to be of the account that LMX_STRIPE_ACCOUNT names."""
    if account != expected:
        raise GuardError(
            f"the Stripe key belongs to account {account or 'unknown'}, but LMX_STRIPE_ACCOUNT is {expected}",
            hint="Use a key of that account, or change LMX_STRIPE_ACCOUNT.",
            code="guard.account",
        )


def require_aws_account(account: str, origin: str, expected: str) -> None:
    """Raise GuardError when the AWS credentials are of another account than LMX_AWS_ACCOUNT names."""
    if account != expected:
        raise GuardError(
            f"the AWS credentials from {origin} belong to account {account}, but LMX_AWS_ACCOUNT is {expected}",
            hint="Sign in to that account, name a --profile of it, or change LMX_AWS_ACCOUNT.",
            code="guard.aws_account",
        )


def require_tag_fits(secret: str, tag: str | None, settings: Settings) -> None:
    """Raise GuardError when the tag Environment of a secret names another environment."""
    real = settings.environment in _REAL and tag in _REAL
    if real and tag != settings.environment and secret not in settings.allowed_mismatches:
        raise GuardError(
            f"secret {secret} has the tag Environment={tag}, but this run is for {settings.environment}",
            hint=f"Use -e {tag}, or another secret (--secret-name); if intended: LMX_ALLOW_MISMATCH={secret}",
            code="guard.environment",
        )


def _other_environment(name: str, environment: str) -> str | None:
    """Return the environment that a name carries, None when it carries none or the right one too."""
    words = set(_WORDS.split(name.lower()))
    if environment not in _REAL or environment in words:
        return None
    return next((other for other in _REAL if other in words), None)
