"""The webhook function as somebody would write it by hand: the same requests as lmx, with boto3 and stripe alone.

It is what the cold start of lmx is compared with. It has none of its care: no faults, refunds, disputes or races.
"""
# ruff: noqa: TID251 - not part of the package: the SDKs are what it shows

import json
import os
from typing import Any

import boto3
import stripe

TABLE = os.environ["EDUCATION_TABLE_NAME"]
KEYS: dict[str, str] = json.loads(
    boto3.client("secretsmanager").get_secret_value(SecretId=os.environ["LMX_STRIPE_SECRET_NAME"])["SecretString"]
)
DYNAMODB = boto3.client("dynamodb")


def webhook(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Complete the enrollment that a paid session names."""
    signature = event["headers"]["stripe-signature"]
    message = stripe.Webhook.construct_event(event["body"], signature, KEYS["STRIPE_WEBHOOK_SECRET"])
    metadata = message.data.object["metadata"]
    user_id, course_id = metadata["userId"], metadata["courseId"]
    key = {"PK": {"S": f"USER#{user_id}"}, "SK": {"S": f"COURSE#{course_id}"}}
    item = DYNAMODB.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"]
    if item["paymentStatus"]["S"] == "pending":
        complete(message.data.object["id"], key, item)
    return {"statusCode": 200, "headers": {"Content-Type": "text/plain"}, "body": "ok"}


def complete(session_id: str, key: dict[str, Any], item: dict[str, Any]) -> None:
    """Read what was paid and by whom, write it, send the mail's event, and note that it was sent."""
    client = stripe.StripeClient(
        KEYS["STRIPE_SECRET_KEY"], base_addresses={"api": os.environ.get("STRIPE_API_BASE", "https://api.stripe.com")}
    )
    session = client.v1.checkout.sessions.retrieve(session_id, {"expand": ["payment_intent.latest_charge"]})
    course_key = {"PK": {"S": f"COURSE#{item['courseId']['S']}"}, "SK": {"S": "METADATA"}}
    student_key = {"PK": key["PK"], "SK": {"S": "METADATA"}}
    DYNAMODB.batch_get_item(RequestItems={TABLE: {"Keys": [student_key], "ConsistentRead": True}})
    DYNAMODB.get_item(TableName=TABLE, Key=course_key, ConsistentRead=True)
    if session.payment_status != "paid" or not isinstance(session.payment_intent, stripe.PaymentIntent):
        return
    DYNAMODB.update_item(
        TableName=TABLE,
        Key=key,
        UpdateExpression="SET paymentStatus = :done, stripePaymentIntentId = :intent, enrollmentEvent = :owed",
        ConditionExpression="paymentStatus = :pending",
        ExpressionAttributeValues={
            ":done": {"S": "completed"},
            ":pending": {"S": "pending"},
            ":intent": {"S": session.payment_intent.id},
            ":owed": {"S": "owed"},
        },
    )
    message = {
        "eventType": "EnrollmentCompleted",
        "studentId": item["userId"]["S"],
        "courseId": item["courseId"]["S"],
        "enrollmentType": "paid",
        "enrolledAt": item["enrolledAt"]["S"],
    }
    boto3.client("sns").publish(
        TopicArn=os.environ["TRANSACTIONAL_EMAIL_TOPIC_ARN"],
        Subject="Enrollment Completed",
        Message=json.dumps(message),
    )
    DYNAMODB.update_item(
        TableName=TABLE,
        Key=key,
        UpdateExpression="REMOVE enrollmentEvent",
        ConditionExpression="enrollmentEvent = :owed",
        ExpressionAttributeValues={":owed": {"S": "owed"}},
    )
