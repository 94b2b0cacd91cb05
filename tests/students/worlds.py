"""Runs of `students show`, and the commands that it offers."""

import shlex
from typing import Any

from tests.enrollments import worlds
from tests.ran import Ran
from tests.running import Sandbox

USER = "user-7"
_ASKING = ("release", "keep", "revoke", "create")


def show(sandbox: Sandbox, what: str, env: dict[str, str | None] | None = None) -> Ran:
    """Run `students show -o json` to its end."""
    done = sandbox.run("students", "show", what, "-o", "json", env=env)
    return Ran.read(done.returncode, done.stdout, done.stderr)


def case_of(ran: Ran, course: str | None = worlds.COURSE) -> dict[str, Any]:
    """Return the case of a course."""
    assert 0 == ran.exit_code, ran.stderr
    found: list[dict[str, Any]] = [case for case in ran.report["data"]["cases"] if case["course_id"] == course]
    assert 1 == len(found), ran.report
    return found[0]


def paste(sandbox: Sandbox, remedy: str) -> None:
    """Run a remedy as it stands, with --yes where the command asks."""
    words = shlex.split(remedy)
    assert "lmx" == words[0]
    done = sandbox.run(*words[1:], *(["--yes"] if words[2] in _ASKING else []))
    assert 0 == done.returncode, (remedy, done.stdout, done.stderr)


def ids_of(sandbox: Sandbox, session_id: str) -> list[str]:
    """Return all ids of Stripe that lead to a session, and its URL."""
    client = sandbox.stripe().v1
    session = client.checkout.sessions.retrieve(session_id)
    ids = [session_id, f"https://checkout.stripe.com/c/pay/{session_id}#fidkdWxOYHwn"]
    intent = session.payment_intent
    if intent is not None:
        found = client.payment_intents.retrieve(str(intent))
        ids += [found.id, *([str(found.latest_charge)] if found.latest_charge else [])]
        ids += [one.id for one in client.refunds.list({"payment_intent": found.id}).data]
        ids += [one.id for one in client.disputes.list({"payment_intent": found.id}).data]
    ids += [str(session.customer)] if session.customer else []
    events = [event.to_dict() for event in client.events.list({"limit": 100}).data]
    about = [e["id"] for e in events if e["data"]["object"].get("payment_intent", session_id) in (intent, session_id)]
    return ids + about[:1]
