"""What the webhook commands and doctor ask of Stripe is what its OpenAPI description knows."""

from collections.abc import Mapping
from urllib.parse import parse_qsl, urlsplit

import pytest
import stripe

from learnermax_cli.adapters.stripe.client import StripeProbes
from learnermax_cli.adapters.stripe.endpoints import StripeEndpoints
from learnermax_cli.adapters.stripe.events import StripeEvents
from learnermax_cli.core.secret_text import KnownSecrets
from learnermax_cli.doctor.check_stripe import PERMISSIONS
from learnermax_cli.webhooks import model
from learnermax_cli.webhooks.model import EventWindow
from tests.conformance.commands import run
from tests.conformance.emulators import read_spec
from tests.conformance.mirror import Mirror
from tests.conformance.webhook_requests import ENDPOINT_URL
from tests.enrollments import worlds
from tests.running import Sandbox

MAKE, LIST = "POST /v1/webhook_endpoints", "GET /v1/webhook_endpoints"
READ, CHANGE, DELETE = (f"{method} /v1/webhook_endpoints/{{id}}" for method in ("GET", "POST", "DELETE"))
ACCOUNT, EVENTS, SESSION = "GET /v1/account", "GET /v1/events", "GET /v1/checkout/sessions/{id}"
HOUR = 3600


def queries(mirror: Mirror) -> list[Mapping[str, str]]:
    """Return the parameters of each GET, in order."""
    return [dict(parse_qsl(urlsplit(exchange.operation).query)) for exchange in mirror.exchanges]


def test_an_endpoint_is_made_found_marked_mended_and_deleted(heard: Mirror, client: stripe.StripeClient) -> None:
    """The second creation is answered from the past, and looks whether the endpoint is still there."""
    endpoints = StripeEndpoints(client, KnownSecrets())
    made = endpoints.create_endpoint(ENDPOINT_URL, "preview", ())
    assert made == endpoints.create_endpoint(ENDPOINT_URL, "preview", ())
    endpoint_id = made.endpoint.endpoint_id
    endpoints.mark_stored(endpoint_id, "0123456789abcdef")
    endpoints.fix_endpoint(endpoint_id)
    (listed,) = endpoints.list_endpoints()
    endpoints.delete_endpoint(endpoint_id)
    assert (endpoint_id, True, "0123456789abcdef") == (listed.endpoint_id, listed.enabled, listed.stored)
    assert [MAKE, MAKE, READ, CHANGE, CHANGE, LIST, DELETE] == heard.operations()
    assert {(200, 200)} == {exchange.statuses for exchange in heard.exchanges}


def test_only_the_version_of_a_new_endpoint_is_newer_than_the_spec(mirror: Mirror, client: stripe.StripeClient) -> None:
    """stripe-mock does not know the SDK's version yet; with the spec's own it takes the very same request."""
    versions = read_spec()["info"]["version"], stripe.api_version
    assert {f"api_version={versions[1]}": f"api_version={versions[0]}"} == mirror.older
    mirror.older.clear()
    StripeEndpoints(client, KnownSecrets()).create_endpoint(ENDPOINT_URL, "preview", ())
    (refusal,) = mirror.refusals()
    assert refusal.endswith("object property 'api_version' validation failed: value is not in enumeration")


def test_endpoint_commands_send_nothing_that_stripe_does_not_know(heard: Mirror, sandbox: Sandbox) -> None:
    """Made, rolled, listed and deleted."""
    url = "--url", ENDPOINT_URL
    assert [ACCOUNT, LIST, MAKE, CHANGE, LIST] == run(sandbox, heard, "webhooks", "create", *url)
    rolled = run(sandbox, heard, "webhooks", "create", *url, "--roll", "--overlap", "0s")
    assert [ACCOUNT, LIST, MAKE, CHANGE, LIST, EVENTS, EVENTS, DELETE] == rolled
    assert [ACCOUNT, LIST] == run(sandbox, heard, "webhooks", "list")
    assert [ACCOUNT, LIST, DELETE] == run(sandbox, heard, "webhooks", "delete", *url, "--yes")


@pytest.mark.parametrize("cursors", [({"ending_before"}, {"ending_before"}), (set(), {"starting_after"})])
def test_events_are_read_to_their_end(
    heard: Mirror, client: stripe.StripeClient, sandbox: Sandbox, cursors: tuple[set[str], set[str]]
) -> None:
    """From an event before the window on, or backwards where there is none; with each parameter that there is."""
    if cursors[0]:
        worlds.seed(sandbox, "older", offset=-20 * HOUR)
    pattern = {"count": 101, "courses": [worlds.COURSE], "first_offset": -10 * HOUR, "spacing": 1}
    sessions = sandbox.control.seed_sessions(generate=pattern)
    since, until = int(worlds.now(sandbox)) - 12 * HOUR, int(worlds.now(sandbox))
    events = StripeEvents(client)
    assert sessions == [hint.session_id for hint in events.list_events(EventWindow(since, until))]
    assert [] == list(events.list_events(EventWindow(since, undelivered=True)))
    last, first, second, last_again, undelivered = (set(query) for query in queries(heard))
    window = {"limit", "created[gte]", *(f"types[{number}]" for number in range(len(model.EVENTS)))}
    assert [{"limit", "created[lt]"}] * 2 == [last, last_again]
    assert [window | {"created[lt]"} | cursor for cursor in cursors] == [first, second]
    assert window | {"delivery_success"} | cursors[0] == undelivered
    assert {(200, 200)} == {exchange.statuses for exchange in heard.exchanges}


def test_a_replay_sends_nothing_that_stripe_does_not_know(heard: Mirror, sandbox: Sandbox) -> None:
    """A payment that was missed: its event, and the session with all that tells whether it is paid."""
    worlds.put_basics(sandbox)
    metadata = {"managedBy": "lmx", "environment": "preview", "courseId": worlds.COURSE, "userId": "user-7"}
    worlds.put_bought(sandbox, "user-7", metadata=metadata)
    assert [ACCOUNT, EVENTS, EVENTS, SESSION] == run(sandbox, heard, "webhooks", "replay", "--since", "3d")
    assert {worlds.key("user-7"): "completed"} == worlds.read_statuses(sandbox)


def test_probes_are_requests_that_stripe_knows(heard: Mirror, client: stripe.StripeClient) -> None:
    """One of each kind that a restricted key must be allowed, and Stripe's time."""
    probes = StripeProbes(client)
    assert [None] * len(PERMISSIONS) == [probes.probe(permission) for permission in PERMISSIONS]
    probes.read_clock()
    assert [*(f"GET {permission.path}" for permission in PERMISSIONS), ACCOUNT] == heard.operations()
    assert {(200, 200)} == {exchange.statuses for exchange in heard.exchanges}


def test_stripe_mocks_own_answers_are_understood(mock_client: stripe.StripeClient) -> None:
    """Its endpoint is nobody's of ours, and its event is of a plan, so it leads to no session."""
    (endpoint,) = StripeEndpoints(mock_client, KnownSecrets()).list_endpoints()
    assert ((False, None), True) == (endpoint.marker, endpoint.enabled)
    (hint,) = StripeEvents(mock_client).list_events(EventWindow(1))
    assert (None, None, False) == (hint.session_id, hint.key, hint.managed)
