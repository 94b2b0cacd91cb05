"""Checks of AWS: whose credentials these are, the names in use, table, topic, and the secret with its keys."""

from collections.abc import Iterator, Mapping

from learnermax_cli.config import guard
from learnermax_cli.config.keys import PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET
from learnermax_cli.config.settings import Settings
from learnermax_cli.config.values import topic_region
from learnermax_cli.core.errors import ConfigError, Exit, GuardError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.doctor.model import (
    IdentityReader,
    Index,
    TableDescriber,
    TableDescription,
    TopicReader,
    Verdict,
    example_url,
    failed,
    failed_by,
    ok,
    warning,
)
from learnermax_cli.secrets.content import describe_value, read_stored, require_ours, require_readable
from learnermax_cli.secrets.model import SecretDescription, SecretStore
from learnermax_cli.secrets.plan_push import require_keys

SECRET, SIGNING, CONFIGURED, OWNER = "Secret", "Signing secret", "Configured key", "Secret owner"
_PUSH = lmx("secrets push")
IDENTITY, NAMES, TABLE, TOPIC = "AWS identity", "Environment", "Table", "Topic"
_KEYS = ("PK", "SK")
_GSI1 = ("GSI1", Index(("GSI1PK", "GSI1SK")))
_EMAIL_INDEX = ("email-index", Index(("email",)))
_SITE_STACK = "Update the site's own stack: its template defines the table."


def check_identity(reader: IdentityReader, settings: Settings) -> Iterator[Verdict]:
    """Check whose AWS credentials these are; raises LmxError without any, or for another account than expected."""
    caller = reader.read_caller()
    if settings.aws_account is not None:
        guard.require_aws_account(caller.account, caller.origin, settings.aws_account)
    origin = "" if settings.sandbox else f", credentials from {caller.origin}"
    yield ok(IDENTITY, f"account {caller.account}, {caller.arn}{origin}, region {settings.aws.region}")


def check_names(settings: Settings) -> Iterator[Verdict]:
    """Check the names in use; raises GuardError when they are of two environments."""
    guard.require_names_fit(settings)
    yield ok(NAMES, f"{settings.environment}: table {settings.table}, secret {settings.secret_name}")


def check_table(name: str, describer: TableDescriber) -> Iterator[Verdict]:
    """Check that the table has the shape of the site's table."""
    yield from judge_table(name, describer.describe_table())


def judge_table(name: str, table: TableDescription) -> Iterator[Verdict]:
    """Compare a table with the one of the site's template; the verdict on the table itself comes first."""
    if table.keys != _KEYS:
        found = f"{name} has the keys {', '.join(table.keys)}, not {', '.join(_KEYS)}"
        yield failed(TABLE, found, "Name the site's table with --table or EDUCATION_TABLE_NAME.", Exit.CONFIG)
    elif table.status != "ACTIVE":
        remedy = "Wait until it is ACTIVE, then run " + lmx("doctor") + " again."
        yield failed(TABLE, f"{name} is {table.status}", remedy, Exit.CONFIG)
    else:
        yield ok(TABLE, f"{name} exists, with the keys {', '.join(_KEYS)}")
    if flaw := _index_flaw(table, *_GSI1):
        yield failed("Index GSI1", f"{flaw}: enrollments of a course are read by it", _SITE_STACK, Exit.CONFIG)
    if flaw := _index_flaw(table, *_EMAIL_INDEX):
        yield warning("Index email-index", f"{flaw}: students are found by their address in it", _SITE_STACK)


def _index_flaw(table: TableDescription, name: str, wanted: Index) -> str | None:
    index = table.indexes.get(name)
    if index is None:
        return f"index {name} does not exist"
    if index.keys != wanted.keys:
        return f"index {name} has the keys {', '.join(index.keys)}, not {', '.join(wanted.keys)}"
    if index.projection != wanted.projection:
        return f"index {name} projects {index.projection}, not {wanted.projection}"
    return None if index.status == wanted.status else f"index {name} is {index.status}, not {wanted.status}"


def check_topic(settings: Settings, reader: TopicReader | None) -> Iterator[Verdict]:
    """Check the topic of the students' mails."""
    arn = settings.topic_arn
    if not settings.events:
        yield ok(TOPIC, "not needed, LMX_EVENTS is off: no student gets a mail")
        return
    if arn is None or reader is None:
        remedy = "Set TRANSACTIONAL_EMAIL_TOPIC_ARN; or LMX_EVENTS=off where the site sends no mails."
        yield warning(TOPIC, "not configured: mails stay owed until it is", remedy)
        return
    region = topic_region(arn)
    if region is None:
        found = f"TRANSACTIONAL_EMAIL_TOPIC_ARN is {arn!r}, not the ARN of a topic"
        yield failed(TOPIC, found, "Set it to arn:aws:sns:REGION:ACCOUNT:NAME.", Exit.CONFIG)
        return
    topic, home = reader.read_topic(), settings.aws.region
    elsewhere = "" if region == home else f", in another region than the table ({home}),"
    if topic is None:
        remedy = "Fix TRANSACTIONAL_EMAIL_TOPIC_ARN, or deploy the stack that creates the topic."
        yield failed(TOPIC, f"topic {arn} does not exist", remedy, Exit.CONFIG)
    elif topic.subscriptions == 0:
        remedy = "Subscribe the function that sends the mails: deploy the site's stack."
        yield warning(TOPIC, f"{arn}{elsewhere} has no subscription: no student gets a mail", remedy)
    else:
        yield ok(TOPIC, f"{arn}{elsewhere} exists and has a subscription")


def check_secret(store: SecretStore, settings: Settings) -> Iterator[Verdict]:
    """Check what the secret holds, and show no value of it; raises LmxError when it can't be read."""
    name = settings.secret_name
    stored = read_stored(store, name)
    if stored is None:
        yield failed(SECRET, f"secret {name} does not exist", _PUSH, Exit.CONFIG)
        return
    require_readable(stored.description)
    guard.require_tag_fits(name, stored.description.environment, settings)
    values = {key: value.text for key, value in (stored.content or {}).items() if value.text is not None}
    yield _keys_verdict(settings, values)
    yield from _owner_verdicts(stored.description)
    yield from _signing_verdicts(settings, values)
    configured = settings.stripe_secret_key
    if configured is not None and values.get(SECRET_KEY) not in (None, configured.reveal()):
        found = f"{SECRET_KEY} here differs from the one in {name}, which the site uses"
        yield warning(CONFIGURED, found, lmx("secrets status") + " (then push or pull)")


def _keys_verdict(settings: Settings, values: Mapping[str, str]) -> Verdict:
    name = settings.secret_name
    try:
        keys = require_keys({key: values.get(key, "") for key in (SECRET_KEY, PUBLISHABLE_KEY)}, f"secret {name}")
    except ConfigError as error:
        return failed(SECRET, error.message, _PUSH, Exit.CONFIG)
    mode = settings.expected_mode
    if keys.mode != mode:
        found = f"{name} holds {keys.mode} mode keys, environment {settings.environment} takes {mode} mode keys"
        return failed(SECRET, found, _PUSH + f", with {mode} mode keys", Exit.GUARD)
    account, expected = keys.secret.account or keys.publishable.account, settings.stripe_account
    if None not in (account, expected) and account != expected:
        found = f"{name} holds keys of account {account}, but LMX_STRIPE_ACCOUNT is {expected}"
        return failed(SECRET, found, _PUSH + f", with keys of {expected}; or change LMX_STRIPE_ACCOUNT", Exit.GUARD)
    held = (f"{key} ({describe_value(key, values[key])})" for key in (SECRET_KEY, PUBLISHABLE_KEY))
    return ok(SECRET, f"{name} holds {' and '.join(held)}")


def _signing_verdicts(settings: Settings, values: Mapping[str, str]) -> Iterator[Verdict]:
    """Check the signing secret, which a push leaves as it is: `webhooks create` stores it."""
    name, words = settings.secret_name, ("--url", example_url(settings.environment))
    if not values.get(WEBHOOK_SECRET):
        found = f"{name} has no {WEBHOOK_SECRET}: receivers cannot verify that webhooks come from Stripe"
        yield warning(SIGNING, found, lmx("webhooks create", *words))
    elif describe_value(WEBHOOK_SECRET, values[WEBHOOK_SECRET]) != "webhook":
        found = f"{WEBHOOK_SECRET} in {name} is not a signing secret"
        # What is stored is of no use to anybody, so it may be replaced unasked.
        yield failed(SIGNING, found, lmx("webhooks create", *words, "--yes"), Exit.CONFIG)


def _owner_verdicts(description: SecretDescription) -> Iterator[Verdict]:
    try:
        require_ours(description)
    except GuardError as refusal:
        yield failed_by(OWNER, refusal)
