"""Views of `lmx webhooks`: endpoints of ours and of others, a receiver at work, and events that are handled late."""

import signal
from typing import Any

import stripe

from learnermax_cli.webhooks.model import EVENTS
from tests.enrollments import worlds
from tests.enrollments.worlds import put_basics, put_bought, seed
from tests.running import Sandbox
from tests.started import Started
from tests.views.courses import nothing
from tests.views.data import ENV, LIVE, USER, put_live_keys, session_id
from tests.views.model import View, Words
from tests.webhooks.endpoint_worlds import URL, fingerprint, make_endpoint, ours
from tests.webhooks.replays import register
from tests.webhooks.signed import COMPLETED, EXPIRED, deliver, event_of, post
from tests.webhooks.worlds import put_signing_secret

_LONG_URL = "https://hooks." + "very-long-subdomain." * 6 + "example.com/api/v1/webhooks/stripe/incoming?tenant=42"
_CREATE = f"webhooks create --url {URL}"
_DELETE = f"webhooks delete --url {URL}"


def _registered(sandbox: Sandbox) -> None:
    made = make_endpoint(sandbox, enabled_events=list(EVENTS), api_version=stripe.api_version)
    put_signing_secret(sandbox, str(made.secret))
    marked: Any = {"metadata": ours(secretStored=fingerprint(made.secret))}
    sandbox.stripe().v1.webhook_endpoints.update(made.id, marked)


def _foreign(sandbox: Sandbox) -> None:
    put_signing_secret(sandbox, "whsec_" + "somebodys")


def _drifted(sandbox: Sandbox) -> None:
    _registered(sandbox)
    (endpoint,) = sandbox.stripe().v1.webhook_endpoints.list().data
    change: Any = {"disabled": True, "enabled_events": ["checkout.session.completed", "charge.refunded"]}
    sandbox.stripe().v1.webhook_endpoints.update(endpoint.id, change)
    make_endpoint(sandbox, _LONG_URL, enabled_events=["*"], description="[by hand]")
    make_endpoint(sandbox, URL, metadata=ours("prod"), enabled_events=list(EVENTS))
    make_endpoint(sandbox, "https://preview.example/api/webhooks/stripe", metadata=ours(secretStored="0" * 16))


def _events(sandbox: Sandbox) -> None:
    register(sandbox)
    put_basics(sandbox, USER)
    put_bought(sandbox, USER, id=session_id(1))
    put_bought(sandbox, "auth0|expired", "expired", id=session_id(2))
    put_bought(sandbox, "refunded", "refunded", id=session_id(3))
    put_bought(sandbox, "processing", "processing", id=session_id(4))
    put_bought(sandbox, "paid-by-other", id=session_id(5), metadata={"userId": "other", "courseId": worlds.COURSE})
    seed(sandbox, None, id=session_id(6), metadata={})


def _some_fail(sandbox: Sandbox) -> None:
    _events(sandbox)
    sandbox.control.add_fault("error", service="sns", operation="Publish", times=None, status=400, code="NotFound")


def _paid(sandbox: Sandbox) -> Words:
    put_signing_secret(sandbox)
    put_basics(sandbox)
    put_bought(sandbox, USER, id=session_id(1))
    put_bought(sandbox, "auth0|expired", "expired", id=session_id(2))
    return {}


def _deliver(sandbox: Sandbox, said: str, process: Started) -> bool:
    if "Listening on http" not in said or "\n" not in said.partition("Listening on http")[2]:
        return False
    url = "http" + said.partition("Listening on http")[2].split()[0].split("\x1b")[0]
    now = worlds.now(sandbox)
    paid = event_of(sandbox, session_id(1))
    deliver(url, paid, now)
    deliver(url, paid, now)
    deliver(url, event_of(sandbox, session_id(2), EXPIRED), now)
    deliver(url, event_of(sandbox, session_id(1), COMPLETED, id="evt_stale"), now - 3600)
    deliver(url, event_of(sandbox, session_id(1), COMPLETED, livemode=True), now)
    post(url, b'{"[bold]": "forged"}', {"Stripe-Signature": "t=1,v1=0"})
    post(url, b"", method="GET")
    process.send_signal(signal.SIGTERM)
    return True


VIEWS = (
    View("webhooks list nothing", nothing, "webhooks list", env=ENV, reads=True),
    View("webhooks list", _registered, "webhooks list", env=ENV, reads=True),
    View("webhooks list drift", _drifted, "webhooks list --exit-code", env=ENV, ends=8, reads=True),
    View("webhooks create plan", nothing, f"{_CREATE} --dry-run", env=ENV, reads=True),
    View("webhooks create", nothing, _CREATE, env=ENV),
    View("webhooks create foreign declined", _foreign, _CREATE, env=ENV, answer="n", ends=1),
    View("webhooks create live declined", put_live_keys, _CREATE, env={**LIVE, **ENV}, answer="n", ends=1),
    View("webhooks create odd", nothing, f"webhooks create --url {_LONG_URL}", env=ENV),
    View("webhooks create again", _registered, _CREATE, env=ENV, reads=True),
    View("webhooks create mending", _drifted, f"{_CREATE} --overlap 1s", env=ENV),
    View("webhooks create roll plan", _registered, f"{_CREATE} --roll --dry-run", env=ENV, reads=True),
    View("webhooks create roll", _registered, f"{_CREATE} --roll --overlap 1s", env=ENV),
    View("webhooks delete nothing", nothing, _DELETE, env=ENV, reads=True),
    View("webhooks delete plan", _registered, f"{_DELETE} --dry-run", env=ENV, reads=True),
    View("webhooks delete", _registered, _DELETE, env=ENV, answer="y"),
    View("webhooks delete declined", _registered, _DELETE, env=ENV, answer="n", ends=1),
    View("webhooks serve", _paid, "webhooks serve --port 0", meanwhile=(_deliver,)),
    View("webhooks serve verbose", _paid, "webhooks serve --port 0 -v", meanwhile=(_deliver,)),
    View("webhooks replay nothing", nothing, "webhooks replay --since 1h", reads=True),
    View("webhooks replay plan", _events, "webhooks replay --since 3d --dry-run", reads=True),
    View("webhooks replay", _events, "webhooks replay --since 3d"),
    View("webhooks replay undelivered", _events, "webhooks replay --since 3d --undelivered"),
    View("webhooks replay failed in part", _some_fail, "webhooks replay --since 3d", ends=1),
)
