"""A container of Lambda in this process: its functions, called with events as their sources send them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from learnermax_cli.functions.handlers import Functions
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.functions.events import Context, Source, http_api
from tests.running import Sandbox
from tests.webhooks.signed import COMPLETED, body_of, event_of, signature

USER = "user-7"


@dataclass(frozen=True, slots=True)
class Container:
    """The functions, the sandbox that they work on, and the variables that they were given."""

    sandbox: Sandbox
    functions: Functions
    environ: dict[str, str]

    def deliver(self, session_id: str, source: Source = http_api, event_type: str = COMPLETED) -> tuple[int, str]:
        """Deliver a signed event of a session through a source; return status and line."""
        return self.deliver_event(event_of(self.sandbox, session_id, event_type), source)

    def deliver_event(self, event: Mapping[str, Any], source: Source = http_api) -> tuple[int, str]:
        """Sign an event and deliver it; return status and line."""
        body = body_of(event)
        return self.send(source(body, signature(body, worlds.now(self.sandbox))))

    def send(self, event: dict[str, Any]) -> tuple[int, str]:
        """Call the webhook function; return status and line."""
        response = self.functions.webhook(event, Context())
        assert {"statusCode", "headers", "body", "isBase64Encoded"} == set(response)
        return response["statusCode"], response["body"].strip()

    def queued(self) -> list[dict[str, Any]]:
        """Take what is in the retry queue."""
        client, url = self.sandbox.sqs(), self.environ["LMX_RETRY_QUEUE_URL"]
        found = client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
        for message in found:
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return [dict(message) for message in found]

    def hints(self) -> list[dict[str, Any]]:
        """Take the hints that are in the retry queue."""
        return [json.loads(message["Body"]) for message in self.queued()]


def put_bought(sandbox: Sandbox, user: str = USER, state: str = "paid", **fields: object) -> str:
    """Put the course and a student with a pending enrollment and its session; return the session's id."""
    worlds.put_basics(sandbox)
    metadata = {"managedBy": "lmx", "environment": "preview", "userId": user, "courseId": COURSE}
    return worlds.put_bought(sandbox, user, state, **{"metadata": metadata, **fields})
