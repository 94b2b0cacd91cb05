"""How often a request is sent: one policy each, a new idempotency key only after a replay, and an end to an outage."""

import threading
from collections import Counter
from typing import Any

import pytest

from learnermax_cli.adapters.stripe.catalog import StripeCatalog, StripeLinks
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import marker
from learnermax_cli.core.retries import BATCH, INTERACTIVE, OutageError
from learnermax_cli.courses.model import DesiredProduct
from tests.adapters.stripe.clients import build, requests
from tests.ran import last_entry
from tests.running import Sandbox

CREATE, READ, LIST = "POST /v1/products", "GET /v1/products/{id}", "GET /v1/payment_links"
MARKER = marker("preview", "a")
COURSE = DesiredProduct("a", "Course A", "About A", (), Money(4_990, "usd"))
NO_RETRY = {"Stripe-Should-Retry": "false"}


def create(catalog: StripeCatalog, course_id: str = "a") -> str:
    """Create the product of a course; return its price's id."""
    return catalog.create_product(f"prod_{course_id}", COURSE, MARKER)


def fail(sandbox: Sandbox, kind: str = "error", operation: str = CREATE, **fields: Any) -> None:
    """Let an operation fail until faults are cleared."""
    sandbox.control.add_fault(kind, service="stripe", operation=operation, times=fields.pop("times", None), **fields)


LOST = "no connection to Stripe while creating product prod_a: connection closed ({host})"


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"status": 503}, "Stripe answered 503 while creating product prod_a: An unknown error occurred"),
        ({"kind": "drop"}, "no connection to Stripe while creating product prod_a: connection closed ({host})"),
        (
            {"kind": "drop", "when": "after"},
            "no connection to Stripe while creating product prod_a: connection closed ({host})",
        ),
    ],
)
def test_write_that_fails_for_good_is_tried_six_times(sandbox: Sandbox, fault: dict[str, Any], message: str) -> None:
    """Under one idempotency key: where nothing was replayed, a new one is no remedy."""
    fail(sandbox, **fault)
    with pytest.raises(FailedError) as raised:
        create(StripeCatalog(build(sandbox)))
    expected = message.format(host=sandbox.info.stripe_url.removeprefix("http://"))
    assert expected == raised.value.message.partition(" (request")[0]
    entries = sandbox.control.journal()
    assert ([CREATE] * 6, 1) == (requests(sandbox), len({entry["idempotency_key"] for entry in entries}))


def test_update_that_fails_for_good_is_tried_six_times(sandbox: Sandbox) -> None:
    """A product's fields go by the same policy."""
    fail(sandbox, operation="POST /v1/products/{id}", status=503)
    with pytest.raises(FailedError, match="Stripe answered 503 while updating product prod_a"):
        StripeCatalog(build(sandbox)).update_product("prod_a", {"name": "A"})
    assert ["POST /v1/products/{id}"] * 6 == requests(sandbox)


def test_read_that_fails_for_good_is_tried_six_times(sandbox: Sandbox) -> None:
    """A list's page goes by the same policy."""
    fail(sandbox, operation=LIST, status=503)
    with pytest.raises(FailedError, match="Stripe answered 503 while listing payment links"):
        StripeLinks(build(sandbox)).list_active_links()
    assert [LIST] * 6 == requests(sandbox)


def test_rejected_write_is_sent_once(sandbox: Sandbox) -> None:
    """A 400 is an answer."""
    fail(sandbox, status=400)
    with pytest.raises(FailedError, match="Stripe answered 400"):
        create(StripeCatalog(build(sandbox)))
    assert [CREATE] == requests(sandbox)


def test_stored_failure_of_the_past_costs_one_request(sandbox: Sandbox) -> None:
    """A former run left a failure under the first key: it is replayed, nothing is there, and the next key makes it."""
    fail(sandbox, status=500, stored=True, headers=NO_RETRY)
    with pytest.raises(FailedError):
        create(StripeCatalog(build(sandbox)))
    sandbox.control.clear_faults()
    before = last_entry(sandbox)
    assert create(StripeCatalog(build(sandbox))).startswith("price_")
    assert [CREATE, READ, CREATE] == requests(sandbox, before)


def test_failures_that_stripe_stores_end_after_six_keys(sandbox: Sandbox) -> None:
    """Each is sent, and again for its replay; what is there is looked up in between."""
    fail(sandbox, status=500, stored=True)
    with pytest.raises(FailedError) as raised:
        create(StripeCatalog(build(sandbox)))
    assert ("Stripe replayed a failure 6 times while creating product prod_a", "failed.stripe") == (
        raised.value.message,
        raised.value.code,
    )
    assert {CREATE: 12, READ: 6} == Counter(requests(sandbox))


def test_throttled_request_is_sent_until_its_time_is_over(sandbox: Sandbox) -> None:
    """A 429 is no failure of a try: only the time of the whole operation ends it."""
    fail(sandbox, operation=LIST, status=429, times=20)
    assert [] == StripeLinks(build(sandbox)).list_active_links()
    assert [LIST] * 21 == requests(sandbox)


def test_try_that_could_not_end_in_time_is_not_begun(sandbox: Sandbox) -> None:
    """An operation whose time is over after one try ends with that."""
    fail(sandbox, operation=LIST, status=429)
    brief = BATCH._replace(in_all=BATCH.connect + BATCH.read, longest_pause=0.0)
    with pytest.raises(FailedError, match="Stripe kept throttling requests while listing payment links"):
        StripeLinks(build(sandbox, brief)).list_active_links()
    assert [LIST] == requests(sandbox)


def test_waiting_for_our_own_limit_is_work(sandbox: Sandbox) -> None:
    """A batch waits for its slot as long as it takes: at 4/s, three more tries go beyond the time for waiting."""
    brief = BATCH._replace(in_all=BATCH.connect + BATCH.read + 0.2, longest_pause=0.0)
    fail(sandbox, operation=LIST, status=500, times=3)
    assert [] == StripeLinks(build(sandbox, brief, rate=4)).list_active_links()


def test_who_is_waited_for_does_not_wait_for_slots(sandbox: Sandbox) -> None:
    """A slot that comes too late is not taken, and the request is not sent."""
    brief = INTERACTIVE._replace(in_all=INTERACTIVE.connect + INTERACTIVE.read + 0.2)
    links = StripeLinks(build(sandbox, brief, rate=0.1))
    assert [[], []] == [links.list_active_links() for _ in range(2)]
    with pytest.raises(FailedError, match="Stripe kept throttling requests while listing payment links"):
        links.list_active_links()
    assert [LIST] * 2 == requests(sandbox)


@pytest.mark.parametrize("status", [503, 429])
def test_what_stripe_answered_is_not_sent_again_after_an_interrupt(sandbox: Sandbox, status: int) -> None:
    """The pause before the next try ends at once, and with it the operation."""
    fail(sandbox, operation=LIST, status=status)
    stop = threading.Event()
    stop.set()
    with pytest.raises(FailedError):
        StripeLinks(build(sandbox, BATCH, stop=stop)).list_active_links()
    assert [LIST] == requests(sandbox)


def test_five_failed_writes_in_a_row_end_the_run(sandbox: Sandbox) -> None:
    """The sixth is not begun; that reading goes well meanwhile does not help."""
    fail(sandbox, status=503, headers=NO_RETRY)
    client = build(sandbox)
    catalog = StripeCatalog(client)
    for number in range(5):
        with pytest.raises(FailedError, match="Stripe answered 503"):
            create(catalog, str(number))
        StripeLinks(client).list_active_links()
    before = last_entry(sandbox)
    with pytest.raises(OutageError, match="Stripe failed 5 operations in a row; the run stops"):
        create(catalog)
    assert [] == requests(sandbox, before)


def test_rejected_row_is_an_answer(sandbox: Sandbox) -> None:
    """Four failures, a refusal, four failures: no outage."""
    catalog = StripeCatalog(build(sandbox))
    for status in (503, 503, 503, 503, 402, 503, 503, 503, 503):
        sandbox.control.clear_faults()
        fail(sandbox, headers=NO_RETRY, status=status)
        with pytest.raises(FailedError, match="Stripe answered"):
            create(catalog)
    sandbox.control.clear_faults()
    assert create(catalog).startswith("price_")


def test_receiver_goes_on_after_an_outage(sandbox: Sandbox) -> None:
    """Where somebody waits for each answer, every operation is tried: the process outlives the outage."""
    fail(sandbox, operation=LIST, status=503, headers=NO_RETRY, times=7)
    links = StripeLinks(build(sandbox, INTERACTIVE))
    for _ in range(7):
        with pytest.raises(FailedError, match="Stripe answered 503"):
            links.list_active_links()
    assert [] == links.list_active_links()
