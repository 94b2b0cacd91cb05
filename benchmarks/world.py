"""The sandbox that both sides work on: slow and rate limited like Stripe's own, filled in bulk."""
# ruff: noqa: TID251 - not part of the package: fills the table directly

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import boto3
from boto3.dynamodb.types import TypeSerializer

from learnermax_cli.config.keys import table_name
from learnermax_cli.config.sandbox_state import ACCESS_KEY_ID, SECRET_ACCESS_KEY, SandboxInfo
from learnermax_cli.sandbox import process
from learnermax_cli.sandbox.client import SandboxClient
from tests.items import course_item, enrollment_item

LATENCY_SECONDS = 0.05
REQUESTS_PER_SECOND = 25.0  # of a Stripe sandbox, and of each endpoint [doc "Rate limits"]
RECONCILE = ("enrollments", "reconcile", "--dry-run")
PROJECT = Path(__file__).resolve().parent.parent
COURSES = tuple(f"course-{number}" for number in range(5))
DAYS = 7
_DAY_SECONDS = 86_400
_ITEMS_AT_ONCE = 10_000
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")
# Of a hundred sessions; taken in turns, so that every day has some of each.
_STATES = ("paid", "paid", "expired", "paid", "refunded", "open", "disputed", "processing", "expired", "open")
STATES = _STATES + ("paid",) * (100 - len(_STATES))
# As long as the UUIDs of Cognito, which the table has.
_USER_PREFIX = "00000000-0000-4000-8000-"


class World(NamedTuple):
    """A running sandbox, and a folder for what its benchmarks leave behind."""

    info: SandboxInfo
    control: SandboxClient
    folder: Path

    def environment(self) -> dict[str, str]:
        """Return the variables for a child: this sandbox's, and nothing of the user's."""
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "HOME": str(self.folder),
            "PYTHONPATH": str(PROJECT),
            "AWS_EC2_METADATA_DISABLED": "true",
            **self.info.environment(),
            "LMX_SANDBOX_HOME": str(self.folder / "sandbox"),
        }

    def empty(self) -> None:
        """Empty the sandbox and make it fast, for filling it."""
        self.control.reset()

    def slow_down(self) -> None:
        """Give Stripe its latency and its rate limit."""
        self.control.set_latency(LATENCY_SECONDS)
        self.control.set_rate_limit(REQUESTS_PER_SECOND)

    def seed_sessions(self, count: int, states: Sequence[str] = STATES) -> list[str]:
        """Store so many sessions, spread over the last seven days; return their ids, the oldest first."""
        seconds = DAYS * _DAY_SECONDS
        pattern = {
            "count": count,
            "courses": COURSES,
            "states": states,
            "user_prefix": _USER_PREFIX,
            "first_offset": -seconds,
            "spacing": seconds / count,
        }
        return self.control.seed_sessions(generate=pattern, events=False)

    def put_pending(
        self,
        session_ids: Mapping[int, str],
        count: int,
        table: str | None = None,
        *,
        status: str = "pending",
        days_ago: float | None = None,
    ) -> None:
        """Put courses and the enrollments of sessions, by their number among `count` seeded ones.

        Each is as old as its session, unless all are said to be equally old.
        """
        now, seconds = time.time(), DAYS * _DAY_SECONDS
        items = [course_item(course_id, "49.99") for course_id in COURSES]
        for number, session_id in session_ids.items():
            age = seconds - number * seconds / count
            if days_ago is not None:
                age = days_ago * _DAY_SECONDS
            at = datetime.fromtimestamp(now - age, UTC)
            enrolled_at = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z"
            # Seeded objects of one sale have the same tail.
            paid = {} if status == "pending" else {"stripePaymentIntentId": f"pi_{session_id[10:34]}"}
            items.append({**_enrollment_item(number, session_id, enrolled_at), **paid, "paymentStatus": status})
        self.put_items(items, table)

    def put_secret(self, name: str, content: Mapping[str, str]) -> None:
        """Create a secret that holds a JSON object."""
        client = self._session.client("secretsmanager", endpoint_url=self.info.aws_url)
        client.create_secret(Name=name, SecretString=json.dumps(content))

    def detach_queue(self) -> None:
        """Let the topic have no listener: the longer moto's queue is, the longer it takes to add to it."""
        client = self._session.client("sns", endpoint_url=self.info.aws_url)
        for subscription in client.list_subscriptions()["Subscriptions"]:
            client.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])

    def count_enrollments(self, status: str) -> int:
        """Return how many enrollments of the sandbox's table have a paymentStatus."""
        client = self._session.client("dynamodb", endpoint_url=self.info.aws_url)
        pages = client.get_paginator("scan").paginate(
            TableName=table_name(),
            FilterExpression="paymentStatus = :status",
            ExpressionAttributeValues={":status": {"S": status}},
            Select="COUNT",
            ConsistentRead=True,
        )
        return sum(page["Count"] for page in pages)

    @property
    def _session(self) -> boto3.Session:
        return boto3.Session(ACCESS_KEY_ID, SECRET_ACCESS_KEY, region_name=self.info.region)

    def put_items(self, items: Iterable[Mapping[str, Any]], table: str | None = None) -> None:
        """Put items into the sandbox's table, or another one."""
        serialize = TypeSerializer().serialize
        typed = ({name: serialize(value) for name, value in item.items()} for item in items)
        for part in iter(lambda: list(islice(typed, _ITEMS_AT_ONCE)), []):
            self.control.put_items(table or table_name(), part)


@contextmanager
def running_world(folder: Path) -> Iterator[World]:
    """Run a sandbox of our own, on free ports; it ends with this process."""
    info = process.start(folder / "sandbox", parent_pid=os.getpid())
    try:
        yield World(info, SandboxClient(info.control_url, timeout=60.0), folder)
    finally:
        process.stop(folder / "sandbox")


def _enrollment_item(number: int, session_id: str, enrolled_at: str) -> dict[str, Any]:
    user_id, course_id = f"{_USER_PREFIX}{number}", COURSES[number % len(COURSES)]
    return enrollment_item(user_id, course_id, enrolled_at, stripeSessionId=session_id)


def say(text: str) -> None:
    """Tell what is going on, on stderr."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()
