"""`lmx sandbox trigger`, as a process of its own."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from learnermax_cli.sandbox.student import STUDENT_ID, put_student
from tests.checkout.worlds import put_student as put_other_student
from tests.products.worlds import put_course, synced_course
from tests.running import Sandbox
from tests.sandbox.receiving import Receiver, receiving, wait_until

COMPLETED = "checkout.session.completed"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    """A receiver that answers 200."""
    with receiving() as receiver:
        yield receiver


@pytest.fixture
def shop(sandbox: Sandbox, receiver: Receiver) -> Sandbox:
    """A sandbox with a paid course, the test student, and an endpoint for everything."""
    synced_course(sandbox, "a")
    put_student(sandbox.info)
    sandbox.stripe().v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    return sandbox


def triggered(sandbox: Sandbox, event: str, *args: str) -> dict[str, Any]:
    """Trigger an event and return what is said of it."""
    said = sandbox.run("sandbox", "trigger", event, *args, "-o", "json")
    assert 0 == said.returncode, said.stdout
    data: dict[str, Any] = json.loads(said.stdout)["data"]
    return data


@pytest.mark.parametrize(
    ("event", "status", "payment_status"),
    [
        (COMPLETED, "complete", "paid"),
        ("checkout.session.async_payment_succeeded", "complete", "paid"),
        ("checkout.session.async_payment_failed", "complete", "unpaid"),
        ("checkout.session.expired", "expired", "unpaid"),
    ],
)
def test_an_event_happens(shop: Sandbox, receiver: Receiver, event: str, status: str, payment_status: str) -> None:
    """The checkout is made for the test student, and its events are delivered before the command ends."""
    data = triggered(shop, event)

    assert (event, STUDENT_ID, "a", status, payment_status) == tuple(
        data[name] for name in ("event", "user_id", "course_id", "status", "payment_status")
    )
    item = shop.dynamodb().get_item(Key={"PK": f"USER#{STUDENT_ID}", "SK": "COURSE#a"})["Item"]
    assert ("pending", data["session_id"]) == (item["paymentStatus"], item["stripeSessionId"])
    assert {"delivered"} == {delivery["outcome"] for delivery in data["deliveries"]}
    assert sorted(receiver.types) == sorted(delivery["type"] for delivery in data["deliveries"])
    about = [one.event["data"]["object"] for one in receiver.received if event == one.event["type"]]
    assert [(data["session_id"], "a", STUDENT_ID)] == [
        (session["id"], session["metadata"]["courseId"], session["metadata"]["userId"]) for session in about
    ]


def test_an_open_checkout_is_taken(shop: Sandbox) -> None:
    """That of the pending enrollment, in whichever form it is."""
    put_other_student(shop)
    made = shop.run("checkout", "create", "a", "--user", "user-7", "--ui", "embedded", "-o", "json", "-e", "sandbox")

    data = triggered(shop, COMPLETED, "--user", "user-7")

    assert json.loads(made.stdout)["data"]["session_id"] == data["session_id"]


@pytest.mark.parametrize(("end", "payment_status"), [("succeeded", "paid"), ("failed", "unpaid")])
def test_a_delayed_payment_that_is_under_way_is_settled(shop: Sandbox, end: str, payment_status: str) -> None:
    """Its checkout is complete, so that no other is needed."""
    url = shop.run("checkout", "create", "a", "--user", STUDENT_ID, "-e", "sandbox").stdout.strip()
    assert 0 == shop.run("sandbox", "pay", url, "--method", "delayed").returncode

    data = triggered(shop, f"checkout.session.async_payment_{end}")

    assert ("complete", payment_status, True) == (data["status"], data["payment_status"], data["session_id"] in url)


def test_a_checkout_starts_afresh_after_a_payment_that_failed(shop: Sandbox) -> None:
    """The same event can be caused again and again."""
    failed = "checkout.session.async_payment_failed"
    first, second = (triggered(shop, failed, "--course", "a") for _ in range(2))

    assert first["session_id"] != second["session_id"]


def test_it_says_where_it_was_delivered_to(shop: Sandbox, receiver: Receiver) -> None:
    """A failure too; without an endpoint, how to make one."""
    receiver.statuses = [500]
    said = shop.run("sandbox", "trigger", "checkout.session.expired")
    (endpoint,) = shop.stripe().v1.webhook_endpoints.list().data
    assert f"checkout.session.expired to {endpoint.id}: failed, 500" in said.stdout.splitlines()

    shop.stripe().v1.webhook_endpoints.delete(endpoint.id)
    again = shop.run("sandbox", "trigger", "checkout.session.expired")
    assert "lmx webhooks create --url http://127.0.0.1:8787/api/webhooks/stripe -e sandbox" in again.stdout


def test_it_says_that_deliveries_are_paused(shop: Sandbox) -> None:
    """They come once these are resumed."""
    shop.control.pause_webhooks()

    said = shop.run("sandbox", "trigger", "checkout.session.async_payment_failed")

    assert (0, True) == (said.returncode, "Not delivered yet" in said.stdout)


def test_a_session_expires_by_itself(sandbox: Sandbox, receiver: Receiver) -> None:
    """Its event is delivered though nobody asks the API."""
    sandbox.stripe().v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    row = {"course_id": "a", "user_id": "u", "state": "open", "offset": 1 - 24 * 3600}
    (session_id,) = sandbox.control.seed_sessions([row])

    wait_until(lambda: bool(receiver.received))

    assert [session_id] == receiver.sessions


def test_without_a_synced_course_it_says_what_to_do(sandbox: Sandbox) -> None:
    """A course that is not in Stripe yet is none to buy."""
    put_course(sandbox, "a", "49.99")
    said = sandbox.run("sandbox", "trigger", COMPLETED)

    assert (1, "") == (said.returncode, said.stdout)
    assert "no paid course of the sandbox is synced" in said.stderr
    assert "lmx courses seed -e sandbox, then lmx products sync -e sandbox" in said.stderr


@pytest.mark.parametrize(("args", "other"), [((), "other-student"), (("--user", "other-student"), "other-student-2")])
def test_who_has_every_course_buys_no_more(shop: Sandbox, args: tuple[str, ...], other: str) -> None:
    """Another student does, whom the remedy names, and who need not be there; or a fresh sandbox is begun."""
    triggered(shop, COMPLETED, *args)

    said = shop.run("sandbox", "trigger", COMPLETED, *args)

    remedy = f"Name another student with --user {other}, or start afresh: lmx sandbox reset."
    assert (1, [remedy]) == (said.returncode, [line.strip() for line in said.stderr.splitlines() if "--user" in line])
    assert other == triggered(shop, COMPLETED, "--user", other)["user_id"]


@pytest.mark.parametrize(
    ("user_id", "email"),
    [("other-student", "other-student@example.com"), ("ada & co@x", "b64-YWRhICYgY29AeA@example.com")],
)
def test_a_student_who_is_not_there_is_put_in(shop: Sandbox, user_id: str, email: str) -> None:
    """With an email of its own, which is valid whatever the id; that is said once."""
    note = f"The sandbox had no student {user_id}: put in, with email {email}."

    first, second = (shop.run("sandbox", "trigger", "checkout.session.expired", "--user", user_id) for _ in range(2))

    assert (0, 1) == (first.returncode, first.stderr.splitlines().count(note))
    assert (0, 0) == (second.returncode, second.stderr.count("put in"))
    item = shop.dynamodb().get_item(Key={"PK": f"USER#{user_id}", "SK": "METADATA"})["Item"]
    assert (user_id, email) == (item["userId"], item["email"])


@pytest.mark.parametrize(("user_id", "course_id"), [("other-student", "nope"), ("x" * 201, "a")])
def test_who_cannot_buy_is_not_put_in(shop: Sandbox, user_id: str, course_id: str) -> None:
    """A course that is not sold and an id that Stripe can't take leave the table as it is."""
    said = shop.run("sandbox", "trigger", COMPLETED, "--user", user_id, "--course", course_id)

    assert (1, False) == (said.returncode, "put in" in said.stderr)
    assert "Item" not in shop.dynamodb().get_item(Key={"PK": f"USER#{user_id}", "SK": "METADATA"})


def test_another_event_is_wrong_usage(sandbox: Sandbox) -> None:
    """The hint lists those that can be triggered."""
    said = sandbox.run("sandbox", "trigger", "charge.refunded")

    assert (2, "") == (said.returncode, said.stdout)
    assert "checkout.session.async_payment_failed, checkout.session.expired" in said.stderr


def test_it_works_in_the_sandbox_whatever_the_environment(shop: Sandbox) -> None:
    """As all its sisters do."""
    data = triggered(shop, COMPLETED, "-e", "preview")

    assert STUDENT_ID == data["user_id"]
