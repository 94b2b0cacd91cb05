"""The table of good and bad requests on webhook endpoints and events."""

from tests.conformance.stripe_requests import LOOSE, STATE, SYNTAX, Case

ENDPOINT_URL = "https://api.learnermax.example/api/webhooks/stripe"
ENDPOINTS, ENDPOINT, EVENTS = "/v1/webhook_endpoints", "/v1/webhook_endpoints/{endpoint}", "/v1/events"
COMPLETED, EXPIRED = "checkout.session.completed", "checkout.session.expired"
NEW = {"url": ENDPOINT_URL, "enabled_events[0]": COMPLETED}

FINE = (
    Case("list endpoints", "GET", ENDPOINTS, {"limit": "100"}),
    Case("retrieve an endpoint", "GET", ENDPOINT),
    Case("create an endpoint", "POST", ENDPOINTS, NEW),
    Case("create an endpoint for everything", "POST", ENDPOINTS, {"url": ENDPOINT_URL, "enabled_events[]": "*"}),
    Case("create an endpoint with everything of ours", "POST", ENDPOINTS, {
        **NEW, "enabled_events[1]": EXPIRED, "api_version": "2026-08-26.dahlia", "description": "LearnerMax",
        "metadata[managedBy]": "lmx",
    }),
    Case("mark an endpoint", "POST", ENDPOINT, {"metadata[secretStored]": "0123456789abcdef"}),
    Case("mend an endpoint", "POST", ENDPOINT, {"disabled": "false", "enabled_events[0]": COMPLETED}),
    Case("move an endpoint", "POST", ENDPOINT, {"url": ENDPOINT_URL, "description": "", "metadata": ""}),
    Case("delete an endpoint", "DELETE", ENDPOINT),
    Case("list events", "GET", EVENTS, {"limit": "100"}),
    Case("list events of some types and times", "GET", EVENTS,
         {"types[0]": COMPLETED, "types[1]": EXPIRED, "created[gte]": "1", "created[lt]": "2000000000"}),
    Case("list events that were not delivered", "GET", EVENTS, {"delivery_success": "false", "types[0]": COMPLETED}),
    Case("list events of a group", "GET", EVENTS, {"type": "checkout.session.*"}),
)  # fmt: skip

REFUSED = (
    Case("an endpoint without a URL", "POST", ENDPOINTS, {"enabled_events[0]": "*"},
         (400, "parameter_missing", "url")),
    Case("an endpoint without events", "POST", ENDPOINTS, {"url": ENDPOINT_URL},
         (400, "parameter_missing", "enabled_events")),
    Case("events that are a text", "POST", ENDPOINTS, {"url": ENDPOINT_URL, "enabled_events": "*"},
         (400, None, "enabled_events")),
    Case("an event that is none", "POST", ENDPOINTS,
         {"url": ENDPOINT_URL, "enabled_events[0]": "checkout.session.paid"}, (400, None, "enabled_events[0]")),
    Case("a version that is none", "POST", ENDPOINTS, {**NEW, "api_version": "2026-08-27.dahlia"},
         (400, None, "api_version")),
    Case("an endpoint disabled from the start", "POST", ENDPOINTS, {**NEW, "disabled": "true"},
         (400, "parameter_unknown", "disabled")),
    Case("a signing secret of our own", "POST", ENDPOINTS, {**NEW, "secret": "whsec"},
         (400, "parameter_unknown", "secret")),
    Case("another version in an update", "POST", ENDPOINT, {"api_version": "2026-08-26.dahlia"},
         (400, "parameter_unknown", "api_version")),
    Case("a status in an update", "POST", ENDPOINT, {"status": "enabled"}, (400, "parameter_unknown", "status")),
    Case("an endpoint disabled in words", "POST", ENDPOINT, {"disabled": "no"}, (400, None, "disabled")),
    Case("endpoints of a URL", "GET", ENDPOINTS, {"url": ENDPOINT_URL}, (400, "parameter_unknown", "url")),
    Case("an endpoint of no scheme", "POST", ENDPOINTS, {**NEW, "url": "api.learnermax.example"},
         (400, "url_invalid", "url"), mock_lax=SYNTAX),
    Case("an unknown endpoint", "GET", "/v1/webhook_endpoints/we_none", {},
         (404, "resource_missing", "webhook_endpoint"), mock_lax=STATE),
    Case("an unknown event", "GET", "/v1/events/evt_none", {}, (404, "resource_missing", "id"), mock_lax=STATE),
    Case("types that are a text", "GET", EVENTS, {"types": COMPLETED}, (400, None, "types")),
    Case("a delivery in words", "GET", EVENTS, {"delivery_success": "no"}, (400, None, "delivery_success")),
    Case("a time in words", "GET", EVENTS, {"created": "yesterday"},
         (400, "parameter_invalid_integer", "created")),
    Case("an unknown bound of a time", "GET", EVENTS, {"created[since]": "1"},
         (400, "parameter_unknown", "created[since]"), mock_lax=LOOSE),
    Case("an unknown parameter of events", "GET", EVENTS, {"session": "cs_1"}, (400, "parameter_unknown", "session")),
    Case("type and types", "GET", EVENTS, {"type": COMPLETED, "types[0]": EXPIRED},
         (400, "parameters_exclusive", "type"), mock_lax=SYNTAX),
    Case("too many types", "GET", EVENTS, {f"types[{n}]": COMPLETED for n in range(21)}, (400, None, "types"),
         mock_lax=SYNTAX),
    Case("both cursors", "GET", EVENTS, {"starting_after": "evt_1", "ending_before": "evt_1"},
         (400, "parameters_exclusive", "ending_before"), mock_lax=SYNTAX),
)  # fmt: skip
