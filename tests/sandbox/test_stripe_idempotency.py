"""Idempotency keys of the local Stripe [doc Idempotent requests]."""

import threading

import pytest
import requests

from tests.sandbox.stripe_server import StripeServer

COURSE = {"name": "Course"}


def post(server: StripeServer, key: str = "k1", path: str = "/v1/products", **data: str) -> requests.Response:
    """Post a product under an idempotency key."""
    return server.raw("POST", path, data or COURSE, Idempotency_Key=key)


def test_the_same_request_again_gives_the_first_answer(stripe_server: StripeServer) -> None:
    """Status and body are the first ones; headers tell that it is a replay, and of which request."""
    first, again = post(stripe_server), post(stripe_server)
    assert (200, first.content) == (again.status_code, again.content)
    assert ("k1", "true", first.headers["Request-Id"]) == (
        again.headers["Idempotency-Key"],
        again.headers["Idempotent-Replayed"],
        again.headers["Original-Request"],
    )
    assert "Idempotent-Replayed" not in first.headers
    assert first.headers["Request-Id"] == first.headers["Original-Request"] != again.headers["Request-Id"]
    assert [False, True] == [entry["replayed"] for entry in stripe_server.control.journal()]


def test_a_replay_is_not_the_present(stripe_server: StripeServer) -> None:
    """What has changed since then does not show in it."""
    created = post(stripe_server).json()["id"]
    stripe_server.client().v1.products.update(created, {"active": False})
    assert post(stripe_server).json()["active"]


def test_a_key_is_bound_to_its_parameters(stripe_server: StripeServer) -> None:
    """Others are an idempotency_error that names the key."""
    post(stripe_server)
    other = post(stripe_server, name="Another")
    assert (400, "idempotency_error") == (other.status_code, other.json()["error"]["type"])
    assert (
        "Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a "
        "key other than 'k1' if you meant to execute a different request."
    ) == other.json()["error"]["message"]


def test_a_key_is_bound_to_its_endpoint(stripe_server: StripeServer) -> None:
    """The same key on another path is refused too."""
    created = post(stripe_server).json()["id"]
    other = post(stripe_server, path=f"/v1/products/{created}")
    assert (400, "idempotency_error") == (other.status_code, other.json()["error"]["type"])
    assert "the same endpoint they were first used for ('/v1/products')" in other.json()["error"]["message"]


def test_a_key_is_forgotten_after_24_hours(stripe_server: StripeServer) -> None:
    """Then the same request is a new one."""
    first = post(stripe_server).json()["id"]
    stripe_server.control.advance_clock(24 * 3_600 - 60)
    assert first == post(stripe_server).json()["id"]
    stripe_server.control.advance_clock(61)
    assert first != post(stripe_server).json()["id"]


def test_a_refusal_of_work_that_had_begun_is_kept(stripe_server: StripeServer) -> None:
    """The 404 is replayed even though the product is there by now."""
    path = "/v1/products/lmx_c1"
    assert 404 == post(stripe_server, path=path).status_code
    stripe_server.client().v1.products.create({"id": "lmx_c1", "name": "Course"})
    again = post(stripe_server, path=path)
    assert (404, "true") == (again.status_code, again.headers["Idempotent-Replayed"])


@pytest.mark.parametrize("wrong", [{"foo": "1"}, {"name": ""}, {"name": "Course", "active": "maybe"}])
def test_a_refusal_of_the_parameters_is_not_kept(stripe_server: StripeServer, wrong: dict[str, str]) -> None:
    """The corrected request may use the same key."""
    assert 400 == stripe_server.raw("POST", "/v1/products", wrong, Idempotency_Key="k1").status_code
    corrected = post(stripe_server)
    assert 200 == corrected.status_code
    assert "Idempotent-Replayed" not in corrected.headers


def test_a_refusal_at_the_door_is_not_kept(stripe_server: StripeServer) -> None:
    """401 and 429 come before the key counts."""
    wrong = stripe_server.raw("POST", "/v1/products", COURSE, Idempotency_Key="k1", Authorization="Bearer sk_test_x")
    stripe_server.control.set_rate_limit(0)
    limited = post(stripe_server)
    stripe_server.control.set_rate_limit(None)
    assert [401, 429, 200] == [wrong.status_code, limited.status_code, post(stripe_server).status_code]


def test_accounts_and_modes_do_not_share_keys(stripe_server: StripeServer) -> None:
    """The same key in live mode is another one."""
    first = post(stripe_server).json()
    live = stripe_server.raw(
        "POST", "/v1/products", COURSE, Idempotency_Key="k1", Authorization=f"Bearer {stripe_server.key('live')}"
    )
    assert live.json()["livemode"]
    assert first["id"] != live.json()["id"]


def test_a_key_in_flight_is_a_409(stripe_server: StripeServer) -> None:
    """The later of two at the same time is told so; the first is not disturbed."""
    stripe_server.control.add_fault("slow", seconds=1.5, times=None)
    answers: list[requests.Response] = []
    both = [threading.Thread(target=lambda: answers.append(post(stripe_server))) for _ in range(2)]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join(timeout=20)
    second, first = sorted(answers, key=lambda answer: -answer.status_code)
    assert (200, 409, "idempotency_key_in_use") == (
        first.status_code,
        second.status_code,
        second.json()["error"]["code"],
    )
    assert first.content == post(stripe_server).content


def test_a_key_may_have_255_characters(stripe_server: StripeServer) -> None:
    """One more is refused."""
    assert 200 == post(stripe_server, key="k" * 255).status_code
    assert 400 == post(stripe_server, key="k" * 256).status_code


def test_only_a_post_has_a_key(stripe_server: StripeServer) -> None:
    """[doc Idempotent requests] With GET and DELETE it has no effect."""
    created = post(stripe_server).json()["id"]
    read = stripe_server.raw("GET", f"/v1/products/{created}", Idempotency_Key="k1")
    assert (200, False) == (read.status_code, "Idempotency-Key" in read.headers)
    assert 200 == stripe_server.raw("DELETE", f"/v1/products/{created}", Idempotency_Key="k1").status_code
