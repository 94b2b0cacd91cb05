"""Events of AWS Lambda as values: HTTP requests of API Gateway and Function URLs, hints in SQS, and the answers."""

import base64
import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, NamedTuple, get_type_hints

from learnermax_cli.core.errors import UsageError
from learnermax_cli.enrollments.model import EnrollmentKey, enrollment_key
from learnermax_cli.webhooks.model import WEBHOOK_PATH, Answer, Delivery, EventHint

_SIGNATURE = "stripe-signature"
_NO_HINT = "the message is not a hint at an event"


class HttpRequest(NamedTuple):
    """One HTTP request, whichever source it came through."""

    method: str
    path: str
    delivery: Delivery


def read_request(event: Mapping[str, Any]) -> HttpRequest:
    """Return the request of an API Gateway event (payload 1.0 or 2.0) or of a Function URL; raises ValueError."""
    context = event.get("requestContext") or {}
    http = context.get("http")
    if isinstance(http, Mapping):  # payload 2.0, which Function URLs have too
        method, path = http.get("method"), event.get("rawPath") or http.get("path")
    else:
        method, path = event.get("httpMethod"), event.get("path")
    if not method or not path:
        raise ValueError("not an HTTP request of API Gateway or of a Function URL")
    return HttpRequest(str(method).upper(), str(path), Delivery(_body(event), _signature(event)))


def reject_request(request: HttpRequest) -> Answer | None:
    """Return the answer to a request that cannot be a delivery, None for one that can."""
    # In front of it there may be the name of a stage, or of a base path mapping.
    if not request.path.rstrip("/").endswith(WEBHOOK_PATH):
        return Answer(404, "not found")
    if request.method != "POST":
        return Answer(405, "only POST is allowed")
    return None


def write_response(answer: Answer) -> dict[str, Any]:
    """Return an answer as all three sources take it."""
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if answer.status == 405:
        headers["Allow"] = "POST"
    return {"statusCode": answer.status, "headers": headers, "body": answer.line + "\n", "isBase64Encoded": False}


def read_revoke(event: Mapping[str, Any]) -> bool | None:
    """Return whether the input of a reconcile has access taken away, None where it leaves that to the stack."""
    revoke = event.get("revoke")
    if revoke is not None and not isinstance(revoke, bool):
        raise UsageError(f"revoke is {revoke!r}", hint='Give {"revoke": true}, false, or leave it out.')
    return revoke


def write_hint(hint: EventHint) -> str:
    """Return a hint as the body of a message: ids and times, not the event's contents."""
    return json.dumps(asdict(hint))


def read_hint(text: str) -> EventHint:
    """Return the hint of a message's body; raises ValueError for anything else."""
    try:
        fields = json.loads(text)
        key = fields.pop("key")
        kinds = get_type_hints(EventHint)
        if all(isinstance(value, kinds[name]) for name, value in fields.items()):
            return EventHint(**fields, key=None if key is None else _read_key(key))
    except (TypeError, AttributeError, KeyError) as error:
        raise ValueError(_NO_HINT) from error
    raise ValueError(_NO_HINT)


def _read_key(names: Any) -> EnrollmentKey | None:
    match names:
        case [str(user), str(course)]:
            return enrollment_key(user, course)
    raise ValueError(_NO_HINT)


def _body(event: Mapping[str, Any]) -> bytes:
    body = str(event.get("body") or "")
    return base64.b64decode(body, validate=True) if event.get("isBase64Encoded") else body.encode()


def _signature(event: Mapping[str, Any]) -> str | None:
    """Return the header, in any case; several of one name are one list [RFC 9110, section 5.3]."""
    for name, values in (event.get("multiValueHeaders") or {}).items():
        if name.lower() == _SIGNATURE and values:
            return ",".join(values)
    for name, value in (event.get("headers") or {}).items():
        if name.lower() == _SIGNATURE:
            return str(value)
    return None
