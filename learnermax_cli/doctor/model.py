"""What doctor finds, the facts that its checks judge, and the ports that they are read through."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from learnermax_cli.core.errors import Exit, LmxError
from learnermax_cli.webhooks.model import WEBHOOK_PATH

Status = Literal["ok", "warning", "failed", "not checked"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of one check; `remedy` is the command or the setting that fixes what it found."""

    check: str
    status: Status
    found: str
    remedy: str | None = None
    exit_code: Exit = Exit.OK
    unreachable: bool = False
    """Whether there was no connection, so that checks that need it are not tried."""

    def as_json(self) -> dict[str, object]:
        """Return the row of a report."""
        return {
            "check": self.check,
            "status": self.status,
            "found": self.found,
            "remedy": self.remedy,
            "exit_code": int(self.exit_code),
        }


def example_url(environment: str) -> str:
    """Return the URL to register: in the sandbox that of `webhooks serve`, else one whose host is to be filled in."""
    return ("http://127.0.0.1:8787" if environment == "sandbox" else "https://HOST") + WEBHOOK_PATH


def ok(check: str, found: str) -> Verdict:
    """Return the verdict of a check that found nothing wrong."""
    return Verdict(check, "ok", found)


def warning(check: str, found: str, remedy: str) -> Verdict:
    """Return the verdict of a check that found something that stops no command."""
    return Verdict(check, "warning", found, remedy)


def failed(check: str, found: str, remedy: str, exit_code: Exit) -> Verdict:
    """Return the verdict of a check that found something that stops a command."""
    return Verdict(check, "failed", found, remedy, exit_code)


def failed_by(check: str, error: LmxError) -> Verdict:
    """Return the verdict of a check that failed."""
    unreachable = error.code in ("failed.network", "failed.timeout", "failed.certificate")
    return Verdict(check, "failed", error.message, error.hint, error.exit_code, unreachable)


def not_checked(check: str, reason: str) -> Verdict:
    """Return the verdict of a check that could not be made."""
    return Verdict(check, "not checked", f"not checked, because {reason}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose AWS credentials these are [STS GetCallerIdentity]."""

    account: str
    arn: str
    origin: str
    """Where the credentials come from."""


class IdentityReader(Protocol):
    """Who the AWS credentials belong to, and what time it is at AWS."""

    def read_caller(self) -> Caller:
        """Read the identity; raises LmxError when AWS does not accept the credentials."""

    def read_clock(self) -> datetime:
        """Read AWS's time, of a refusal too; raises LmxError when nothing is answered."""


@dataclass(frozen=True, slots=True)
class Index:
    """A key schema of the table: its hash and range keys, what it projects, and whether it can be used."""

    keys: tuple[str, ...]
    projection: str = "ALL"
    status: str = "ACTIVE"


@dataclass(frozen=True, slots=True)
class TableDescription:
    """The table as DynamoDB describes it; `items` is a count that lags by hours."""

    status: str
    keys: tuple[str, ...]
    indexes: Mapping[str, Index] = field(hash=False)
    items: int = 0


class TableDescriber(Protocol):
    """The table without its items."""

    def describe_table(self) -> TableDescription:
        """Describe the table; raises LmxError when there is none, or the identity may not ask."""


@dataclass(frozen=True, slots=True)
class Topic:
    """The topic of the students' mails; `subscriptions` is None when AWS does not report it."""

    subscriptions: int | None


class TopicReader(Protocol):
    """The topic without its messages."""

    def read_topic(self) -> Topic | None:
        """Read the topic's attributes; None when there is no such topic."""


@dataclass(frozen=True, slots=True)
class Permission:
    """A read permission of a restricted key: what Stripe's dashboard calls it, and which commands need it."""

    title: str
    path: str
    commands: str
    level: str = "Read"
    """The level that those commands need; only reading can be tried without a write."""


@dataclass(frozen=True, slots=True)
class Denial:
    """A permission that the key lacks; `name` is what Stripe's refusal calls it, if it does."""

    permission: Permission
    name: str | None


class StripeProber(Protocol):
    """Requests to Stripe that show what a key may read."""

    def probe(self, permission: Permission) -> Denial | None:
        """List one object; None when the key may. Raises LmxError for any other failure."""

    def read_clock(self) -> datetime:
        """Read Stripe's time, of a refusal too; raises LmxError when nothing is answered."""
