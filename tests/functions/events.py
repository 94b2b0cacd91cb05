"""Events as API Gateway, Function URLs, SQS and EventBridge send them to a function, in their documented shapes."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

PATH = "/api/webhooks/stripe"
Event = dict[str, Any]
Source = Callable[[bytes, str | None], Event]


class Context:
    """What Lambda tells a function of its invocation."""

    def __init__(self, seconds_left: float = 600.0) -> None:
        self.aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
        self.function_name = "lmx"
        self._seconds_left = seconds_left

    def get_remaining_time_in_millis(self) -> int:
        return int(self._seconds_left * 1000)


def rest_api(body: bytes, signature: str | None, *, coded: bool = False) -> Event:
    """Return a request of a REST API: payload 1.0, headers in the sender's case, once single and once as lists."""
    headers = {"Content-Type": "application/json; charset=utf-8", "Host": "abc.execute-api.us-east-1.amazonaws.com"}
    if signature is not None:
        headers["Stripe-Signature"] = signature
    return {
        "resource": PATH,
        "path": PATH,
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": None,
        "stageVariables": None,
        "requestContext": {
            "resourceId": "123456",
            "resourcePath": PATH,
            "httpMethod": "POST",
            "path": f"/prod{PATH}",
            "stage": "prod",
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "apiId": "abc",
            "identity": {"sourceIp": "3.18.12.63", "userAgent": "Stripe/1.0 (+https://stripe.com/docs/webhooks)"},
        },
        **_body(body, coded),
    }


def http_api(body: bytes, signature: str | None, *, coded: bool = False) -> Event:
    """Return a request of an HTTP API: payload 2.0, headers in lower case."""
    headers = {"content-type": "application/json; charset=utf-8", "host": "abc.execute-api.us-east-1.amazonaws.com"}
    if signature is not None:
        headers["stripe-signature"] = signature
    return {
        "version": "2.0",
        "routeKey": f"ANY {PATH}",
        "rawPath": PATH,
        "rawQueryString": "",
        "headers": headers,
        "requestContext": {
            "accountId": "123456789012",
            "apiId": "abc",
            "domainName": "abc.execute-api.us-east-1.amazonaws.com",
            "http": {"method": "POST", "path": PATH, "protocol": "HTTP/1.1", "sourceIp": "3.18.12.63"},
            "requestId": "JKJaXmPLvHcESHA=",
            "routeKey": f"ANY {PATH}",
            "stage": "$default",
            "timeEpoch": 1793318400000,
        },
        **_body(body, coded),
    }


def function_url(body: bytes, signature: str | None, *, coded: bool = False) -> Event:
    """Return a request of a Function URL: payload 2.0 without a route of its own."""
    event = http_api(body, signature, coded=coded)
    host = "abc.lambda-url.us-east-1.on.aws"
    context = {**event["requestContext"], "domainName": host, "domainPrefix": "abc", "routeKey": "$default"}
    return {**event, "routeKey": "$default", "headers": {**event["headers"], "host": host}, "requestContext": context}


SOURCES: dict[str, Source] = {
    "REST API": rest_api,
    "REST API, base64": lambda body, signature: rest_api(body, signature, coded=True),
    "HTTP API": http_api,
    "HTTP API, base64": lambda body, signature: http_api(body, signature, coded=True),
    "Function URL": function_url,
    "Function URL, base64": lambda body, signature: function_url(body, signature, coded=True),
}


def sqs_batch(*bodies: str) -> Event:
    """Return a batch of messages as the poller of a queue hands it over."""
    return {"Records": [_message(number, body) for number, body in enumerate(bodies)]}


def sqs_batch_of(messages: Sequence[Mapping[str, Any]]) -> Event:
    """Return a batch of messages that were received from a queue."""
    return {"Records": [{**_message(n, m["Body"]), "messageId": m["MessageId"]} for n, m in enumerate(messages)]}


def schedule() -> Event:
    """Return what a rule of EventBridge sends on a schedule, without an input of its own."""
    return {
        "version": "0",
        "id": "53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa",
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "123456789012",
        "time": "2026-11-23T03:00:00Z",
        "region": "us-east-1",
        "resources": ["arn:aws:events:us-east-1:123456789012:rule/lmx-reconcile"],
        "detail": {},
    }


def _message(number: int, body: str) -> Event:
    return {
        "messageId": f"message-{number}",
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1793318400000",
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": "1793318400001",
        },
        "messageAttributes": {},
        "md5OfBody": "e4e68fb7bd0e697a0ae8f1bb342846b3",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:lmx-retries",
        "awsRegion": "us-east-1",
    }


def _body(body: bytes, coded: bool) -> Event:
    text = base64.b64encode(body).decode() if coded else body.decode()
    return {"body": text, "isBase64Encoded": coded}


def read_lines(text: str) -> list[dict[str, Any]]:
    """Return the lines that a function has logged: each is JSON."""
    return [json.loads(line) for line in text.splitlines()]
