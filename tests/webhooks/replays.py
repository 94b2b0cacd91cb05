"""Runs of `webhooks replay`, and what they say."""

import json
from collections.abc import Mapping
from typing import Any

from learnermax_cli.webhooks.model import EVENTS
from tests.enrollments import worlds
from tests.enrollments.worlds import Ran
from tests.items import enrollment_item, student_item
from tests.running import Sandbox
from tests.webhooks.worlds import put_signing_secret

REPLAY = ("webhooks", "replay", "-o", "json", "--since", "3d")


def replay(sandbox: Sandbox, *args: str, env: Mapping[str, str | None] | None = None) -> Ran:
    """Run `webhooks replay --since 3d -o json` to its end."""
    done = sandbox.run(*REPLAY, *args, env=env)
    return worlds.Ran.read(done.returncode, done.stdout, done.stderr)


def register(sandbox: Sandbox) -> str:
    """Register an endpoint where nobody listens yet, and store its signing secret; return its id."""
    params: Any = {"url": "http://127.0.0.1:9/", "enabled_events": list(EVENTS)}
    endpoint = sandbox.stripe().v1.webhook_endpoints.create(params)
    put_signing_secret(sandbox, str(endpoint.secret))
    return endpoint.id


def put_many(sandbox: Sandbox, count: int) -> list[str]:
    """Put students with a paid session and a pending enrollment each; return their ids."""
    users = [f"user-{number:02}" for number in range(count)]
    rows = [{"course_id": worlds.COURSE, "user_id": user, "offset": -3600 * (60 - n)} for n, user in enumerate(users)]
    sessions = sandbox.control.seed_sessions(rows)
    enrolled_at = worlds.text_of(worlds.now(sandbox) - 60 * 3600)
    items = [
        enrollment_item(user, worlds.COURSE, enrolled_at, stripeSessionId=session_id)
        for user, session_id in zip(users, sessions, strict=True)
    ]
    worlds.put_items(sandbox, [*(student_item(user) for user in users), *items])
    return users


def told(ran: Ran) -> list[tuple[str, str, str]]:
    """Return enrollment, effect and state of each event of a report, in order."""
    return [(row["enrollment"], row["effect"], row["state"]) for row in ran.report["events"]]


def effects(ran: Ran) -> dict[str, int]:
    """Return the counts by effect that are not zero."""
    return {effect: count for effect, count in ran.report["effects"].items() if count}


def event_of_session(sandbox: Sandbox, session_id: str, event_type: str = "checkout.session.completed") -> Any:
    """Return the event of a type that tells of a session, as Stripe has it."""
    listed = sandbox.stripe().v1.events.list({"type": event_type, "limit": 100}).auto_paging_iter()
    (event,) = [raw for raw in listed if json.loads(str(raw))["data"]["object"]["id"] == session_id]
    return event
