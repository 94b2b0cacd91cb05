"""Checks of AWS: whose credentials these are, the table's shape, the topic."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from learnermax_cli.config import guard
from learnermax_cli.core.errors import Exit
from learnermax_cli.doctor.model import Index, TableDescription, Verdict, failed, ok, warning

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

IDENTITY, NAMES, TABLE, TOPIC = "AWS identity", "Environment", "Table", "Topic"
_KEYS = ("PK", "SK")
_GSI1 = ("GSI1", Index(("GSI1PK", "GSI1SK")))
_EMAIL_INDEX = ("email-index", Index(("email",)))
_TOPIC_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_.-]+")
_SITE_STACK = "Update the site's own stack: its template defines the table."


def check_identity(app: "App") -> Iterator[Verdict]:
    """Say whose AWS credentials these are; raises LmxError for none, and for another account's than it should be."""
    caller = app.aws_identity.read_caller()
    if app.settings.aws_account is not None:
        guard.require_aws_account(caller.account, app.settings.aws_account)
    yield ok(IDENTITY, f"account {caller.account}, {caller.arn}, region {app.settings.aws.region}")


def check_names(app: "App") -> Iterator[Verdict]:
    """Say what is worked on; raises GuardError when the names are of two environments."""
    settings = app.settings
    guard.require_names_fit(settings)
    yield ok(NAMES, f"{settings.environment}: table {settings.table}, secret {settings.secret_name}")


def check_table(app: "App") -> Iterator[Verdict]:
    """Say whether the table has the shape that the site's table has."""
    yield from judge_table(app.settings.table, app.table_probe.describe_table())


def judge_table(name: str, table: TableDescription) -> Iterator[Verdict]:
    """Compare a table with the site's, as its template makes it; the verdict on the table itself comes first."""
    if table.keys != _KEYS:
        found = f"{name} has the keys {', '.join(table.keys)}, not {', '.join(_KEYS)}"
        yield failed(TABLE, found, "Name the site's table with --table or EDUCATION_TABLE_NAME.", Exit.CONFIG)
    elif table.status != "ACTIVE":
        yield failed(TABLE, f"{name} is {table.status}", "Wait until it is ACTIVE, then run doctor again.", Exit.CONFIG)
    else:
        yield ok(TABLE, f"{name} is there, with its keys {', '.join(_KEYS)}")
    if flaw := _index_flaw(table, *_GSI1):
        yield failed("Index GSI1", f"{flaw}: enrollments of a course are read by it", _SITE_STACK, Exit.CONFIG)
    if flaw := _index_flaw(table, *_EMAIL_INDEX):
        yield warning("Index email-index", f"{flaw}: the site finds students by it, lmx does not need it", _SITE_STACK)


def _index_flaw(table: TableDescription, name: str, wanted: Index) -> str | None:
    index = table.indexes.get(name)
    if index is None:
        return f"there is no index {name}"
    if index.keys != wanted.keys:
        return f"index {name} has the keys {', '.join(index.keys)}, not {', '.join(wanted.keys)}"
    if index.projection != wanted.projection:
        return f"index {name} projects {index.projection}, not {wanted.projection}"
    return None if index.status == wanted.status else f"index {name} is {index.status}, not {wanted.status}"


def check_topic(app: "App") -> Iterator[Verdict]:
    """Say whether the students' mails have a topic to go to."""
    if app.topic_probe is None:
        yield warning(TOPIC, "none is configured: no student gets a mail", "Set TRANSACTIONAL_EMAIL_TOPIC_ARN.")
        return
    arn = app.settings.topic_arn or ""
    topic = app.topic_probe.read_topic() if _TOPIC_ARN.fullmatch(arn) else None
    if topic is None:
        remedy = "Mend TRANSACTIONAL_EMAIL_TOPIC_ARN, or deploy the stack that makes the topic."
        yield failed(TOPIC, f"there is no topic {arn}", remedy, Exit.CONFIG)
    elif topic.subscriptions == 0:
        remedy = "Subscribe the function that sends the mails: deploy the site's stack."
        yield warning(TOPIC, f"{arn} has no subscription: no student gets a mail", remedy)
    else:
        yield ok(TOPIC, f"{arn} is there and subscribed to")
