"""Answers of the local AWS: what moto produced, and errors in the shape that each AWS protocol gives them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from xml.sax.saxutils import escape

from learnermax_cli.sandbox.aws.calls import Call

_NAMESPACES = {"dynamodb": "com.amazonaws.dynamodb.v20120810#"}
_XML = (
    '<ErrorResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><Error><Type>Sender</Type><Code>{code}</Code>'
    "<Message>{message}</Message></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
)


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers and body of one answer, and the capacity units that it cost."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    units: float | None = None

    @property
    def request_id(self) -> str | None:
        """Return the id that AWS support would ask for."""
        return next((value for name, value in self.headers if name.lower() == "x-amzn-requestid"), None)

    @property
    def status_line(self) -> str:
        """Return the status with its reason."""
        return f"{self.status} {HTTPStatus(self.status).phrase}"


def error_answer(call: Call, status: int, code: str, message: str) -> Answer:
    """Build an error: JSON with `__type`, or XML for the query protocol [doc Programmatic errors]."""
    request_id = str(uuid.uuid4())
    if call.query:
        text = _XML.format(code=escape(code), message=escape(message), request_id=request_id)
        content_type = "text/xml"
    else:
        text = json.dumps({"__type": _NAMESPACES.get(call.service, "") + code, "message": message})
        content_type = "application/x-amz-json-1.0"
    headers = (("Content-Type", content_type), ("x-amzn-RequestId", request_id))
    return Answer(status, headers, text.encode())


def unprocessed_answer(items: Mapping[str, object]) -> Answer:
    """Build the answer of a BatchGetItem that has read nothing: all keys are unprocessed [doc BatchGetItem]."""
    headers = (("Content-Type", "application/x-amz-json-1.0"), ("x-amzn-RequestId", str(uuid.uuid4())))
    return Answer(200, headers, json.dumps({"Responses": {}, "UnprocessedKeys": items}).encode(), 0.0)
