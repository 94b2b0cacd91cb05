"""Faults and rate limits of the local Stripe, as a client sees them."""

import threading
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest
import requests
import stripe

from tests.sandbox.stripe_server import StripeServer, error_of

COURSE = {"name": "Course"}


def products(server: StripeServer) -> int:
    """Return how many products there are."""
    return len(server.client().v1.products.list({"limit": 100}).data)


def test_a_request_dropped_before_has_done_nothing(stripe_server: StripeServer) -> None:
    """The client gets no answer, the journal shows the fault and no status."""
    stripe_server.control.add_fault("drop", operation="POST /v1/products")
    with pytest.raises(stripe.APIConnectionError):
        stripe_server.client().v1.products.create({"name": "Course"})
    dropped = stripe_server.control.journal()[0]
    assert ("drop before", 0, True) == (dropped["fault"], dropped["status"], dropped["write"])
    assert 0 == products(stripe_server)


def test_a_request_dropped_after_has_done_everything(stripe_server: StripeServer) -> None:
    """Only the answer is lost; the same key gives it after all."""
    stripe_server.control.add_fault("drop", when="after", writes_only=True)
    client = stripe_server.client()
    with pytest.raises(stripe.APIConnectionError):
        client.v1.products.create({"name": "Course"}, {"idempotency_key": "k1"})
    assert 1 == products(stripe_server)
    again = client.v1.products.create({"name": "Course"}, {"idempotency_key": "k1"})
    assert again.id == client.v1.products.list().data[0].id
    assert 1 == products(stripe_server)


def test_the_sdks_own_retry_gets_over_a_lost_answer(stripe_server: StripeServer) -> None:
    """It repeats the request with the same key, so there is one product."""
    stripe_server.control.add_fault("drop", when="after", writes_only=True)
    client = stripe.StripeClient(stripe_server.key(), base_addresses={"api": stripe_server.url}, max_network_retries=2)
    client.v1.products.create({"name": "Course"})
    assert 1 == products(stripe_server)


@pytest.mark.parametrize(("when", "done"), [("before", 0), ("after", 1)])
def test_a_held_request_waits_and_is_lost_when_it_is_released(
    stripe_server: StripeServer, when: str, done: int
) -> None:
    """Meanwhile a test may kill the client, and other requests go on."""
    stripe_server.control.add_fault("hold", when=when, writes_only=True)
    outcomes: list[str] = []

    def create() -> None:
        try:
            stripe_server.raw("POST", "/v1/products", COURSE)
        except requests.ConnectionError:
            outcomes.append("lost")

    held = threading.Thread(target=create)
    held.start()
    assert 1 == stripe_server.control.wait_held(timeout=10)
    assert done == products(stripe_server)
    stripe_server.control.release()
    held.join(timeout=10)
    assert ["lost"] == outcomes
    assert 0 == stripe_server.control.held()


@pytest.mark.parametrize(("when", "seen"), [("before", 1), ("after", 0)])
def test_a_paused_request_is_answered_once_it_is_released(stripe_server: StripeServer, when: str, seen: int) -> None:
    """It was carried out before or is after the pause; the client gets that answer, and another stays paused."""
    operation = "GET /v1/products"
    first, second = (stripe_server.control.add_fault("pause", operation=operation, when=when) for _ in range(2))
    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(products, stripe_server) for _ in range(2)]
        stripe_server.control.wait_held(timeout=10, at_least=2)
        stripe_server.client().v1.products.create({"name": "Course"})
        stripe_server.control.release(first)
        assert [seen] == [answer.result(10) for answer in wait(answers, 10, FIRST_COMPLETED).done]
        assert 1 == stripe_server.control.held()
        stripe_server.control.release(second)
        assert [seen, seen] == [answer.result(10) for answer in answers]


def test_an_error_can_have_any_shape(stripe_server: StripeServer) -> None:
    """Status, type, code, param, message and headers are what the fault says."""
    stripe_server.control.add_fault(
        "error",
        status=429,
        code="lock_timeout",
        param="name",
        message="locked",
        headers={"Stripe-Should-Retry": "true"},
    )
    answer = stripe_server.raw("POST", "/v1/products", COURSE)
    error = answer.json()["error"]
    assert (429, "lock_timeout", "name", "locked", "true") == (
        answer.status_code,
        error["code"],
        error["param"],
        error["message"],
        answer.headers["Stripe-Should-Retry"],
    )
    assert 0 == products(stripe_server)


@pytest.mark.parametrize(("when", "done"), [("before", 0), ("after", 1)])
def test_a_500_that_is_stored_comes_back_with_the_same_key(stripe_server: StripeServer, when: str, done: int) -> None:
    """[doc Idempotent requests] The result is kept even when it is a 500; work done before it stays done."""
    stripe_server.control.add_fault("error", status=500, stored=True, when=when, writes_only=True)
    answers = [stripe_server.raw("POST", "/v1/products", COURSE, Idempotency_Key="k1") for _ in range(2)]
    assert [(500, None), (500, "true")] == [
        (answer.status_code, answer.headers.get("Idempotent-Replayed")) for answer in answers
    ]
    assert done == products(stripe_server)


def test_a_500_that_is_not_stored_is_gone_the_next_time(stripe_server: StripeServer) -> None:
    """The same key then executes, as nothing had been."""
    stripe_server.control.add_fault("error", status=503)
    answers = [stripe_server.raw("POST", "/v1/products", COURSE, Idempotency_Key="k1") for _ in range(2)]
    assert [503, 200] == [answer.status_code for answer in answers]
    assert "Idempotent-Replayed" not in answers[1].headers


def test_an_error_after_unstored_work_gives_way_to_the_true_answer(stripe_server: StripeServer) -> None:
    """The work and its answer were stored, only another answer was sent."""
    stripe_server.control.add_fault("error", status=502, when="after", writes_only=True)
    answers = [stripe_server.raw("POST", "/v1/products", COURSE, Idempotency_Key="k1") for _ in range(2)]
    assert [(502, None), (200, "true")] == [
        (answer.status_code, answer.headers.get("Idempotent-Replayed")) for answer in answers
    ]


def test_too_many_requests_are_a_429_with_a_reason_and_no_delay(stripe_server: StripeServer) -> None:
    """[doc Rate limits] Beyond the account's limit; there is no Retry-After."""
    stripe_server.control.set_rate_limit(3)
    answers = [stripe_server.raw("GET", "/v1/products") for _ in range(40)]
    limited = next(answer for answer in answers if answer.status_code == 429)
    assert "global-rate" == limited.headers["Stripe-Rate-Limited-Reason"]
    assert "Retry-After" not in limited.headers
    assert "rate_limit" == limited.json()["error"]["code"]
    assert 429 in [entry["status"] for entry in stripe_server.control.journal()]
    with pytest.raises(stripe.RateLimitError):
        [stripe_server.client().v1.products.list() for _ in range(40)]


def test_one_endpoint_takes_25_requests_a_second(stripe_server: StripeServer) -> None:
    """Another endpoint is still open then."""
    stripe_server.control.set_rate_limit(100)
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {stripe_server.key()}"
        answers = [session.get(stripe_server.url + "/v1/products/prod_none", timeout=10) for _ in range(60)]
        limited = [answer for answer in answers if answer.status_code == 429]
        assert {"endpoint-rate"} == {answer.headers["Stripe-Rate-Limited-Reason"] for answer in limited}
        assert 404 == session.get(stripe_server.url + "/v1/prices/price_none", timeout=10).status_code


def test_accounts_have_limits_of_their_own(stripe_server: StripeServer) -> None:
    """One account's requests do not count for another's."""
    stripe_server.control.set_rate_limit(1)
    other = stripe_server.control.add_key(kind="secret", account="new")["value"]
    stripe_server.client().v1.products.list()
    assert [] == stripe_server.client(other).v1.products.list().data


def test_every_answer_has_a_request_id(stripe_server: StripeServer) -> None:
    """It is the journal's too, and an error links to its log."""
    answer = stripe_server.raw("GET", "/v1/products/prod_none")
    request_id = answer.headers["Request-Id"]
    assert request_id.startswith("req_")
    assert request_id == stripe_server.control.journal()[0]["request_id"]
    assert answer.json()["error"]["request_log_url"].endswith(f"/test/logs/{request_id}")


def test_the_journal_names_the_route(stripe_server: StripeServer) -> None:
    """With its template, the path, the parameters as they came, and whether it writes."""
    client = stripe_server.client()
    client.v1.products.create({"id": "c1", "name": "Course"}, {"idempotency_key": "k1"})
    client.v1.products.retrieve("c1")
    assert 404 == error_of(client.v1.invoices.list)["status"]
    seen = [
        (entry["operation"], entry["path"], entry["params"], entry["write"], entry["idempotency_key"])
        for entry in stripe_server.control.journal()
    ]
    assert [
        ("POST /v1/products", "/v1/products", {"id": "c1", "name": "Course"}, True, "k1"),
        ("GET /v1/products/{id}", "/v1/products/c1", {}, False, None),
        ("GET /v1/invoices", "/v1/invoices", {}, False, None),
    ] == seen
