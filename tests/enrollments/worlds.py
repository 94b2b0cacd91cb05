"""Worlds for reconcile: students, enrollments and sessions put in place, and what is there afterwards."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.items import course_item, enrollment_item, student_item
from tests.products import worlds as products
from tests.products.worlds import COURSE
from tests.running import Sandbox
from tests.started import Started

__all__ = ["COURSE"]

RECONCILE = ("enrollments", "reconcile", "-o", "json")
HOURS_AGO = 30
AMOUNT = 9999


@dataclass(frozen=True, slots=True)
class Ran(products.Ran):
    """How one reconcile ended."""

    @property
    def outcomes(self) -> list[tuple[str, str, str, str]]:
        """Kind, key, action and outcome of each change."""
        return [(c["kind"], c["key"], c["action"], c["outcome"]) for c in self.report["changes"]]

    @property
    def pending(self) -> dict[str, str]:
        """Why each enrollment that stays pending does."""
        return {row["key"]: row["reason"] for row in self.report["skipped"]}

    @property
    def summary(self) -> dict[str, int]:
        """The counts that are not zero."""
        return {name: count for name, count in self.report["summary"].items() if count}


def reconcile(sandbox: Sandbox, *args: str, env: Mapping[str, str | None] | None = None) -> Ran:
    """Run `enrollments reconcile -o json` to its end."""
    done = sandbox.run(*RECONCILE, *args, env=env)
    return Ran.read(done.returncode, done.stdout, done.stderr)


def start(sandbox: Sandbox, *args: str) -> Started:
    """Start `enrollments reconcile -o json` and return at once."""
    return sandbox.start(*RECONCILE, *args)


def end(process: Started) -> Ran:
    """Wait for the end of a reconcile that was started."""
    stdout, stderr = process.communicate(timeout=100)
    return Ran.read(process.returncode, stdout, stderr)


def with_topic(arn: str | None) -> Mapping[str, str | None]:
    """Return the variables for another topic, or none: the environment `sandbox` always has its own."""
    return {"LMX_ENVIRONMENT": "preview", "TRANSACTIONAL_EMAIL_TOPIC_ARN": arn}


def now(sandbox: Sandbox) -> float:
    """Return the sandbox's time."""
    return float(sandbox.control.health()["now"])


def text_of(moment: float) -> str:
    """Return a time as the site writes it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def put_items(sandbox: Sandbox, items: Iterable[dict[str, Any]]) -> None:
    """Put items into the table in batches."""
    with sandbox.dynamodb().batch_writer() as batch:
        for item in items:
            batch.put_item(Item=item)


def put_basics(sandbox: Sandbox, *users: str) -> None:
    """Put the course and students into the table."""
    put_items(sandbox, [course_item(COURSE, "99.99"), *(student_item(user) for user in users)])


def seed(sandbox: Sandbox, user: str | None, state: str = "paid", **fields: object) -> str:
    """Seed one session of a user for the course, thirty hours old unless told; return its id."""
    row = {"course_id": COURSE, "state": state, "offset": -3600 * HOURS_AGO, "amount": AMOUNT, **fields}
    if user is not None:
        row["user_id"] = user
    return sandbox.control.seed_sessions([row])[0]


def put_pending(sandbox: Sandbox, user: str, session_id: str | None, hours: float = HOURS_AGO, **more: object) -> None:
    """Put a pending enrollment of some hours ago that names a session, or none."""
    named = {} if session_id is None else {"stripeSessionId": session_id}
    enrolled_at = text_of(now(sandbox) - 3600 * hours)
    sandbox.dynamodb().put_item(Item=enrollment_item(user, COURSE, enrolled_at, **named, **more))


def put_bought(sandbox: Sandbox, user: str, state: str = "paid", **fields: object) -> str:
    """Put a student with a pending enrollment and its session of a state; return the session's id."""
    put_items(sandbox, [student_item(user)])
    session_id = seed(sandbox, user, state, **fields)
    put_pending(sandbox, user, session_id)
    return session_id


def key(user: str) -> str:
    """Return the name of a user's enrollment in reports."""
    return f"{user}/{COURSE}"


def read_item(sandbox: Sandbox, user: str, sk: str = f"COURSE#{COURSE}") -> dict[str, Any] | None:
    """Return a user's enrollment item (or another of their items)."""
    answer = sandbox.dynamodb().get_item(Key={"PK": f"USER#{user}", "SK": sk}, ConsistentRead=True)
    return dict(answer["Item"]) if "Item" in answer else None


def read_statuses(sandbox: Sandbox) -> dict[str, str]:
    """Return the paymentStatus of every enrollment, by its key."""
    found: dict[str, str] = {}
    for item in sandbox.dynamodb().scan(ConsistentRead=True)["Items"]:
        if item["entityType"] == "ENROLLMENT":
            name = str(item["userId"]) + "/" + str(item["courseId"])
            found[name] = str(item["paymentStatus"])
    return found


def read_events(sandbox: Sandbox) -> list[dict[str, Any]]:
    """Take every message of the topic off the queue; return the events, sorted by student."""
    client, events = sandbox.sqs(), []
    while messages := client.receive_message(QueueUrl=sandbox.queue_url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            body = json.loads(message["Body"])
            assert "Enrollment Completed" == body["Subject"]
            events.append(json.loads(body["Message"]))
            client.delete_message(QueueUrl=sandbox.queue_url, ReceiptHandle=message["ReceiptHandle"])
    return sorted(events, key=lambda event: str(event["studentId"]))


def event_of(sandbox: Sandbox, user: str) -> dict[str, Any]:
    """Return the event that belongs to a user's enrollment."""
    item = read_item(sandbox, user)
    assert item is not None
    return {
        "eventType": "EnrollmentCompleted",
        "studentId": user,
        "courseId": COURSE,
        "enrollmentType": item["enrollmentType"],
        "enrolledAt": item["enrolledAt"],
    }


def owed_since(sandbox: Sandbox, minutes: float = 11, run: str = "dead") -> dict[str, str]:
    """Return the mark of an event that a run owes since some minutes."""
    return {"run": run, "at": text_of(now(sandbox) - 60 * minutes)}


def age_intents(sandbox: Sandbox, minutes: float = 11) -> int:
    """Make every owed event older; return how many there are."""
    table, aged = sandbox.dynamodb(), 0
    at = text_of(now(sandbox) - 60 * minutes)
    for item in table.scan(ConsistentRead=True)["Items"]:
        if "enrollmentEvent" in item:
            table.update_item(
                Key={"PK": item["PK"], "SK": item["SK"]},
                UpdateExpression="SET enrollmentEvent.#at = :at",
                ExpressionAttributeNames={"#at": "at"},
                ExpressionAttributeValues={":at": at},
            )
            aged += 1
    return aged


def stripe_requests(sandbox: Sandbox, seq: int) -> list[str]:
    """Return the requests to Stripe that came after a journal entry."""
    return [entry["operation"] for entry in sandbox.control.journal(seq) if entry["service"] == "stripe"]
