"""What belongs together, from settings alone."""

from dataclasses import replace

import pytest

from learnermax_cli.config import guard
from learnermax_cli.config.settings import Settings, load_settings
from learnermax_cli.config.sources import Flags
from learnermax_cli.core.errors import ConfigError, GuardError

TOPIC = "arn:aws:sns:us-east-1:111122223333:learnermax-transactional-email-{}"


def settings(environment: str = "preview", **values: str) -> Settings:
    """Return settings as read from variables."""
    return load_settings(Flags(environment=environment), values)


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        ("preview", "learnermax-education-preview"),
        ("preview", "learnermax-education"),
        ("preview", "production-line"),
        ("preview", "learnermax-preview-of-prod"),
        ("preview", "learnermax-education-sandbox"),
        ("prod", "arn:aws:dynamodb:us-east-1:111122223333:table/learnermax-education-prod"),
    ],
)
def test_names_that_fit(environment: str, name: str) -> None:
    """Their own environment's, nobody's, or words that only look like one."""
    guard.require_names_fit(settings(environment, EDUCATION_TABLE_NAME=name))


@pytest.mark.parametrize(
    ("environment", "variable", "name", "words"),
    [
        ("preview", "EDUCATION_TABLE_NAME", "learnermax-education-prod", "--table or EDUCATION_TABLE_NAME"),
        ("prod", "EDUCATION_TABLE_NAME", "learnermax-education-preview", "-e preview"),
        ("preview", "EDUCATION_TABLE_NAME", "Learnermax.PROD.education", "-e prod"),
        ("preview", "LMX_STRIPE_SECRET_NAME", "learnermax/stripe-keys-prod", "--secret-name or LMX_STRIPE_SECRET_NAME"),
        ("preview", "TRANSACTIONAL_EMAIL_TOPIC_ARN", TOPIC.format("prod"), "TRANSACTIONAL_EMAIL_TOPIC_ARN"),
        ("prod", "TRANSACTIONAL_EMAIL_TOPIC_ARN", TOPIC.format("preview"), "-e preview"),
    ],
)
def test_names_that_do_not_fit(environment: str, variable: str, name: str, words: str) -> None:
    """The message names both, the hint what to change, and what to set if it is intended."""
    with pytest.raises(GuardError) as refusal:
        guard.require_names_fit(settings(environment, **{variable: name}))
    assert f"this run is for {environment}" in refusal.value.message
    assert (True, True) == (name in refusal.value.message, words in refusal.value.hint)
    assert f"LMX_ALLOW_MISMATCH={name}" in refusal.value.hint


@pytest.mark.parametrize(
    ("variable", "name"),
    [
        ("EDUCATION_TABLE_NAME", "arn:aws:dynamodb:us-east-1:444455556666:table/learnermax"),
        ("LMX_STRIPE_SECRET_NAME", "arn:aws:secretsmanager:us-east-1:444455556666:secret:learnermax-AbCdEf"),
        ("TRANSACTIONAL_EMAIL_TOPIC_ARN", "arn:aws:sns:us-east-1:444455556666:learnermax"),
    ],
)
def test_arn_of_another_aws_account(variable: str, name: str) -> None:
    """The credentials are the right ones and may reach it all the same; only its very name lets it through."""
    with pytest.raises(GuardError, match="444455556666, but LMX_AWS_ACCOUNT is 111122223333") as refusal:
        guard.require_names_fit(settings(LMX_AWS_ACCOUNT="111122223333", **{variable: name}))
    assert ("guard.aws_account", True) == (refusal.value.code, variable in refusal.value.hint)
    guard.require_names_fit(settings(LMX_AWS_ACCOUNT="444455556666", **{variable: name}))
    guard.require_names_fit(settings(**{variable: name}))
    guard.require_names_fit(settings(LMX_AWS_ACCOUNT="111122223333", LMX_ALLOW_MISMATCH=name, **{variable: name}))


def test_what_is_no_key_is_left_to_those_who_need_it() -> None:
    """`courses list` works without a Stripe key, so with a broken one too."""
    guard.require_key_fits(settings(STRIPE_SECRET_KEY="nonsense"))
    guard.require_key_fits(settings())


@pytest.mark.parametrize(("tag", "fits"), [(None, True), ("preview", True), ("sandbox", True), ("prod", False)])
def test_tag_of_a_secret(tag: str | None, fits: bool) -> None:
    """Only the name of another real environment is a contradiction."""
    try:
        guard.require_tag_fits("s", tag, settings())
    except GuardError:
        assert not fits
    else:
        assert fits


def test_tag_is_lifted_by_name() -> None:
    """As a name is."""
    lenient = replace(settings(), allowed_mismatches=frozenset({"s"}))
    guard.require_tag_fits("s", "prod", lenient)


@pytest.mark.parametrize("text", ["12345678901", "12345678901x", "1234 5678 9012", "١٢٣٤٥٦٧٨٩٠١٢"])
def test_aws_account_has_twelve_digits(text: str) -> None:
    """Anything else is a typing error, not another account."""
    with pytest.raises(ConfigError, match="LMX_AWS_ACCOUNT"):
        settings(LMX_AWS_ACCOUNT=text)
