"""The script that an operator would write instead of `lmx enrollments reconcile --dry-run`.

It scans the table, asks Stripe for one session after the other and prints what it would complete. Like most such
scripts it looks at the session alone: refunds and disputes, which are told by the charge, it does not see.
"""
# ruff: noqa: TID251 - not part of the package: the SDKs are what it shows

import json
import os
import sys
import time
from typing import Any

import boto3
import stripe
from boto3.dynamodb.conditions import Attr


def main() -> None:
    """Print how many pending enrollments were paid, and how many not."""
    table = boto3.resource("dynamodb").Table(os.environ["EDUCATION_TABLE_NAME"])
    client = stripe.StripeClient(
        os.environ["STRIPE_SECRET_KEY"],
        base_addresses={"api": os.environ["STRIPE_API_BASE"]},
        max_network_retries=3,
    )
    paid = waiting = 0
    for session_id in pending_sessions(table):
        session = retrieve(client, session_id)
        if session.status == "complete" and session.payment_status in ("paid", "no_payment_required"):
            paid += 1
        else:
            waiting += 1
    sys.stdout.write(json.dumps({"summary": {"complete": paid, "unchanged": waiting}}))


def pending_sessions(table: Any) -> list[str]:
    """Return the session ids of all pending enrollments, with a plain scan."""
    session_ids: list[str] = []
    start: dict[str, Any] = {}
    while True:
        page = table.scan(FilterExpression=Attr("paymentStatus").eq("pending"), **start)
        session_ids += [item["stripeSessionId"] for item in page["Items"]]
        if "LastEvaluatedKey" not in page:
            return session_ids
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}


def retrieve(client: stripe.StripeClient, session_id: str) -> stripe.checkout.Session:
    """Return a session; waits a second whenever Stripe says that it was too fast."""
    while True:
        try:
            return client.v1.checkout.sessions.retrieve(session_id)
        except stripe.RateLimitError:
            time.sleep(1)


if __name__ == "__main__":
    main()
