"""`products sync` of a catalog of a thousand: what it asks for does not grow with every course."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.items import course_item
from tests.products import worlds
from tests.ran import last_entry, writes_since
from tests.running import Sandbox

THOUSAND = [f"course-{number:04}" for number in range(1000)]
# One for the account, ten pages of products, ten of prices; three to spare.
MOST_REQUESTS = 24


@pytest.mark.slow
def test_thousand_unchanged_courses_take_few_requests(sandbox: Sandbox) -> None:
    """A thousand courses that are all in order take at most 24 requests at Stripe, and no write anywhere."""
    with ThreadPoolExecutor(4) as pool:
        price_ids = list(pool.map(lambda course_id: _make(sandbox, course_id), THOUSAND))
    with sandbox.dynamodb().batch_writer() as batch:
        for course_id, price_id in zip(THOUSAND, price_ids, strict=True):
            ids = {"stripeProductId": f"lmx_sandbox_{course_id}", "stripePriceId": price_id}
            batch.put_item(Item=course_item(course_id, "19.99", **ids))
    before = last_entry(sandbox)
    ran = worlds.sync(sandbox)
    assert (0, 1000, []) == (ran.exit_code, ran.report["summary"]["unchanged"], ran.report["changes"])
    requests = [entry["operation"] for entry in sandbox.control.journal(before) if entry["service"] == "stripe"]
    assert len(requests) <= MOST_REQUESTS
    assert {"GET /v1/account": 1, "GET /v1/products": 10, "GET /v1/prices": 10, "GET /v1/payment_links": 1} == {
        operation: requests.count(operation) for operation in requests
    }
    assert [] == writes_since(sandbox, before)


def _make(sandbox: Sandbox, course_id: str) -> str:
    return worlds.make_product(sandbox, f"lmx_sandbox_{course_id}", course_id, 1999, worlds.marker(course_id))
