"""The script that an operator would write instead of lmx: `reconcile`, or `sync [--dry-run]`, one question at a time.

`reconcile` scans the table, asks Stripe for one session after the other and prints what it would complete. Like most
such scripts it looks at the session alone: refunds and disputes, which are told by the charge, it does not see.

`sync` looks up each course's product and price at Stripe, one after the other. Ids are written back when all is done,
so that the time of the local DynamoDB does not count against it.
"""
# ruff: noqa: TID251 - not part of the package: the SDKs are what it shows

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

import boto3
import stripe
from boto3.dynamodb.conditions import Attr

T = TypeVar("T")
Course = dict[str, Any]


def main() -> None:
    """Do the job that is named, and print what was found."""
    table = boto3.resource("dynamodb").Table(os.environ["EDUCATION_TABLE_NAME"])
    client = stripe.StripeClient(
        os.environ["STRIPE_SECRET_KEY"],
        base_addresses={"api": os.environ["STRIPE_API_BASE"]},
        max_network_retries=3,
    )
    job = {"reconcile": reconcile, "sync": sync}[sys.argv[1]]
    sys.stdout.write(json.dumps({"summary": job(table, client)}))


def reconcile(table: Any, client: stripe.StripeClient) -> dict[str, int]:
    """Return how many pending enrollments were paid, and how many not."""
    paid = waiting = 0
    for item in scan(table, FilterExpression=Attr("paymentStatus").eq("pending")):
        session = patiently(partial(client.v1.checkout.sessions.retrieve, item["stripeSessionId"]))
        if session.status == "complete" and session.payment_status in ("paid", "no_payment_required"):
            paid += 1
        else:
            waiting += 1
    return {"complete": paid, "unchanged": waiting}


def sync(table: Any, client: stripe.StripeClient) -> dict[str, int]:
    """Make what is missing at Stripe, or only count it."""
    counts = {"create": 0, "update": 0, "unchanged": 0}
    links: dict[str, stripe.Product] = {}
    for course in [i for i in scan(table) if i["SK"] == "METADATA" and i.get("pricingModel") == "paid"]:
        product = find_product(client, course)
        if product is None:
            counts["create"] += 1
            if "--dry-run" not in sys.argv:
                links[course["PK"]] = create_product(client, course)
        elif is_same(client, course, product):
            counts["unchanged"] += 1
        else:
            counts["update"] += 1
    for key, product in links.items():
        write_back(table, key, product)
    return counts


def scan(table: Any, **options: Any) -> Iterator[dict[str, Any]]:
    """Yield the items of a plain scan."""
    while True:
        page = table.scan(**options)
        yield from page["Items"]
        if "LastEvaluatedKey" not in page:
            return
        options["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def find_product(client: stripe.StripeClient, course: Course) -> stripe.Product | None:
    """Return the product of a course, or None; by an id of our own, so that no second one is made."""
    product_id = course.get("stripeProductId") or f"learnermax_{course['courseId']}"
    try:
        return patiently(lambda: client.v1.products.retrieve(product_id))
    except stripe.InvalidRequestError as error:
        if error.code == "resource_missing":
            return None
        raise


def is_same(client: stripe.StripeClient, course: Course, product: stripe.Product) -> bool:
    """Compare a product and its price with the course."""
    price = patiently(lambda: client.v1.prices.retrieve(str(product.default_price)))
    same_text = (course["name"], course["description"]) == (product.name, product.description)
    return same_text and int(course["price"] * 100) == price.unit_amount


def create_product(client: stripe.StripeClient, course: Course) -> stripe.Product:
    """Make product and price in one call."""
    params: stripe.params.ProductCreateParams = {
        "id": f"learnermax_{course['courseId']}",
        "name": course["name"],
        "description": course["description"],
        "images": [course["imageUrl"]],
        "metadata": {"courseId": course["courseId"]},
        "default_price_data": {"currency": "usd", "unit_amount": int(course["price"] * 100)},
    }
    return patiently(lambda: client.v1.products.create(params))


def write_back(table: Any, key: str, product: stripe.Product) -> None:
    """Write the ids of product and price to the course."""
    table.update_item(
        Key={"PK": key, "SK": "METADATA"},
        UpdateExpression="SET stripeProductId = :product, stripePriceId = :price",
        ExpressionAttributeValues={":product": product.id, ":price": product.default_price},
    )


def patiently(call: Callable[[], T]) -> T:
    """Return a call's answer; waits a second whenever Stripe says that it was too fast."""
    while True:
        try:
            return call()
        except stripe.RateLimitError:
            time.sleep(1)


if __name__ == "__main__":
    main()
