"""The main commands: the world that each works on, and what must hold of the world once a run says what it did."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.enrollments import worlds
from tests.products.worlds import COURSE, PRODUCT, read_course
from tests.running import Sandbox
from tests.secrets.support import NAME, api_keys, create_secret, stored

URL = "https://hook.learnermax.example/api"
Report = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Command:
    """A command, what it works on, and two checks: of what it says that it did, and that the next run ends clean."""

    name: str
    args: tuple[str, ...]
    build: Callable[[Sandbox], None]
    holds: Callable[[Sandbox, Report], None]
    clean: Callable[[Sandbox], None]


def applied(report: Report) -> set[tuple[str, str]]:
    """Return kind and action of what a report calls applied."""
    return {
        (change["kind"], change["action"]) for change in report.get("changes", ()) if change["outcome"] == "applied"
    }


def _nothing(_: Sandbox) -> None:
    """Need nothing, or check nothing."""


def _says_nothing(_sandbox: Sandbox, _report: Report) -> None:
    """Check nothing: the command writes nothing."""


def _course(sandbox: Sandbox) -> None:
    worlds.put_basics(sandbox, "ada")


def _synced(sandbox: Sandbox) -> None:
    _course(sandbox)
    assert 0 == sandbox.run("products", "sync", "--yes").returncode


def _bought(sandbox: Sandbox) -> None:
    worlds.put_basics(sandbox)
    for user in ("ada", "bob"):
        worlds.put_bought(sandbox, user)


def _stored(sandbox: Sandbox) -> None:
    create_secret(sandbox, api_keys(sandbox))


def _keys_are_stored(sandbox: Sandbox, report: Report) -> None:
    if report.get("changes") and applied(report):
        assert api_keys(sandbox) == stored(sandbox)


def _product_is_there(sandbox: Sandbox, report: Report) -> None:
    said = applied(report)
    if ("product", "create") in said:
        assert sandbox.stripe().v1.products.retrieve(PRODUCT).active
    if ("product", "link") in said:
        assert PRODUCT == read_course(sandbox, COURSE)["stripeProductId"]


def _catalog_agrees(sandbox: Sandbox) -> None:
    product = sandbox.stripe().v1.products.retrieve(PRODUCT)
    prices = sandbox.stripe().v1.prices.list({"product": PRODUCT, "active": True}).data
    course = read_course(sandbox, COURSE)
    assert [(course["stripePriceId"], 9999)] == [(price.id, price.unit_amount) for price in prices]
    assert course["stripePriceId"] == product.default_price


def _price_is_written(sandbox: Sandbox, report: Report) -> None:
    if applied(report):
        assert "49.99" == str(read_course(sandbox, COURSE)["price"])


def _price_is_new(sandbox: Sandbox) -> None:
    assert "49.99" == str(read_course(sandbox, COURSE)["price"])


def _link_is_payable(sandbox: Sandbox, report: Report) -> None:
    session_id = (report.get("data") or {}).get("session_id")
    if session_id is None:
        return
    item = worlds.read_item(sandbox, "ada")
    assert item is not None
    assert (session_id, "open") == (item["stripeSessionId"], _session(sandbox, session_id).status)


def _one_link_is_open(sandbox: Sandbox) -> None:
    item = worlds.read_item(sandbox, "ada")
    assert item is not None
    sessions = sandbox.stripe().v1.checkout.sessions.list({"status": "open"}).data
    assert [item["stripeSessionId"]] == [session.id for session in sessions]


def _session(sandbox: Sandbox, session_id: str) -> Any:
    return sandbox.stripe().v1.checkout.sessions.retrieve(session_id)


def _completed_are_completed(sandbox: Sandbox, report: Report) -> None:
    statuses = worlds.read_statuses(sandbox)
    for change in report.get("changes", ()):
        if (change["kind"], change["outcome"]) == ("enrollment", "applied"):
            assert "completed" == statuses[change["key"]]


def _all_are_in(sandbox: Sandbox) -> None:
    # What the spoiled run could not publish, a later one does, once that run is taken to be dead.
    sandbox.control.advance_clock(660)
    assert 0 == sandbox.run("enrollments", "reconcile").returncode
    assert {"completed"} == set(worlds.read_statuses(sandbox).values())
    assert {"ada", "bob"} == {event["studentId"] for event in worlds.read_events(sandbox)}


def _endpoint_is_stored(sandbox: Sandbox, report: Report) -> None:
    if ("endpoint", "create") in applied(report):
        assert "STRIPE_WEBHOOK_SECRET" in stored(sandbox)


def _one_endpoint(sandbox: Sandbox) -> None:
    assert [URL] == [endpoint.url for endpoint in sandbox.stripe().v1.webhook_endpoints.list().data]
    assert "STRIPE_WEBHOOK_SECRET" in json.loads(
        sandbox.secretsmanager().get_secret_value(SecretId=NAME)["SecretString"]
    )


_JSON = ("-o", "json")
COMMANDS = (
    Command("secrets push", ("secrets", "push", *_JSON), _nothing, _keys_are_stored, _nothing),
    Command("products sync", ("products", "sync", "--yes", *_JSON), _course, _product_is_there, _catalog_agrees),
    Command("courses list", ("courses", "list", *_JSON), _course, _says_nothing, _nothing),
    Command(
        "courses set-price",
        ("courses", "set-price", COURSE, "49.99", *_JSON),
        _course,
        _price_is_written,
        _price_is_new,
    ),
    Command(
        "checkout create",
        ("checkout", "create", COURSE, "--user", "ada", *_JSON),
        _synced,
        _link_is_payable,
        _one_link_is_open,
    ),
    Command(
        "enrollments reconcile",
        ("enrollments", "reconcile", "--since", "3d", *_JSON),
        _bought,
        _completed_are_completed,
        _all_are_in,
    ),
    Command(
        "webhooks create", ("webhooks", "create", "--url", URL, *_JSON), _stored, _endpoint_is_stored, _one_endpoint
    ),
    Command("doctor", ("doctor", *_JSON), _stored, _says_nothing, _nothing),
)
