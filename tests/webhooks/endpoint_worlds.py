"""Worlds for the endpoint commands: what is at Stripe and in the secret, made and read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import stripe

from learnermax_cli.webhooks.model import EVENTS
from tests import ran
from tests.running import Sandbox
from tests.secrets.support import NAME, create_secret, put_secret, stored, versions
from tests.webhooks.recording import Recorder

__all__ = ["NAME", "create_secret", "put_secret", "stored", "versions"]

URL = "https://api.learnermax.example/api/webhooks/stripe"
OTHER_URL = "https://other.learnermax.example/api/webhooks/stripe"
CURRENT, PREVIOUS = "STRIPE_WEBHOOK_SECRET", "STRIPE_WEBHOOK_SECRET_PREVIOUS"
MAKE, CHANGE, DELETE = (
    "POST /v1/webhook_endpoints",
    "POST /v1/webhook_endpoints/{id}",
    "DELETE /v1/webhook_endpoints/{id}",
)
CREATE_SECRET, PUT, MOVE = "CreateSecret", "PutSecretValue", "UpdateSecretVersionStage"
KEPT = {"theirs": "kept"}


@dataclass(frozen=True, slots=True)
class Ran(ran.Ran):
    """How a command ended."""

    @property
    def outcomes(self) -> list[tuple[str, str]]:
        """Action and outcome of each change of an endpoint."""
        return [(c["action"], c["outcome"]) for c in self.report["changes"] if c["kind"] == "endpoint"]

    @property
    def error(self) -> str | None:
        """The code of the failure."""
        code: str | None = self.report.get("error", {}).get("code")
        return code

    @property
    def findings(self) -> list[tuple[str, str]]:
        """Kind and detail of each finding."""
        return [(f["kind"], f["detail"]) for f in self.report.get("findings", [])]


def read_ran(code: int, out: str, err: str) -> Ran:
    """Return how a command ended from what it printed: one JSON document, no traceback and no signing secret."""
    assert "whsec_" not in out + err
    return Ran.read(code, out, err)


def run(sandbox: Sandbox, *args: str, env: Mapping[str, str | None] | None = None) -> Ran:
    """Run a command to its end with JSON output, and all that it says of its requests."""
    done = sandbox.run("webhooks", *args, "-v", "-o", "json", env=env)
    return read_ran(done.returncode, done.stdout, done.stderr)


def create(sandbox: Sandbox, *args: str, url: str = URL, env: Mapping[str, str | None] | None = None) -> Ran:
    """Run `webhooks create`, giving receivers no time."""
    return run(sandbox, "create", "--url", url, "--overlap", "0s", *args, env=env)


def created(sandbox: Sandbox, *args: str, url: str = URL) -> Ran:
    """Run `webhooks create`; it ends well."""
    ran = create(sandbox, *args, url=url)
    assert 0 == ran.exit_code, ran.stderr
    return ran


def endpoints(sandbox: Sandbox) -> list[stripe.WebhookEndpoint]:
    """Return all endpoints, the newest first."""
    return list(sandbox.stripe().v1.webhook_endpoints.list({"limit": 100}).auto_paging_iter())


def make_endpoint(sandbox: Sandbox, url: str = URL, **params: object) -> stripe.WebhookEndpoint:
    """Make an endpoint by hand; returns it with its secret."""
    given = {"url": url, "enabled_events": ["*"], **params}
    return sandbox.stripe().v1.webhook_endpoints.create(cast("Any", given))


def ours(environment: str = "sandbox", **more: str) -> dict[str, str]:
    """Return the metadata of our endpoints."""
    return {"managedBy": "lmx", "environment": environment, **more}


def fingerprint(secret: object) -> str:
    """Return what the mark of an endpoint with this secret is."""
    return hashlib.sha256(str(secret).encode()).hexdigest()[:16]


def healthy(sandbox: Sandbox, url: str = URL) -> stripe.WebhookEndpoint:
    """Return the one endpoint that there is: as `webhooks create` makes it, and marked with what is stored."""
    [endpoint] = endpoints(sandbox)
    assert url == endpoint.url
    assert ("enabled", set(EVENTS), stripe.api_version) == (
        endpoint.status,
        set(endpoint.enabled_events),
        endpoint.api_version,
    )
    assert ours(secretStored=fingerprint(stored(sandbox)[CURRENT])) == endpoint.metadata.to_dict()
    return endpoint


def require_signed(sandbox: Sandbox, recorder: Recorder) -> None:
    """Let an event happen: what is stored verifies what the endpoints deliver of it, once each."""
    expected = len(recorder.deliveries) + len(endpoints(sandbox))
    expire_a_session(sandbox)
    secrets = [str(value) for name, value in stored(sandbox).items() if name in (CURRENT, PREVIOUS)]
    for body, signature in recorder.wait_for(expected)[-len(endpoints(sandbox)) :]:
        assert any(_verifies(body, signature, secret) for secret in secrets)


def expire_a_session(sandbox: Sandbox) -> str:
    """Make a session of nobody's and end it, which is an event; return its id."""
    client = sandbox.stripe()
    params: Any = {
        "mode": "payment",
        "line_items": [
            {"price_data": {"currency": "usd", "unit_amount": 999, "product_data": {"name": "A"}}, "quantity": 1}
        ],
        "success_url": "https://learnermax.example/",
    }
    session = client.v1.checkout.sessions.create(params)
    client.v1.checkout.sessions.expire(session.id)
    return session.id


def _verifies(body: bytes, signature: str, secret: str) -> bool:
    try:
        return bool(stripe.WebhookSignature.verify_header(body.decode(), signature, secret, tolerance=None))
    except stripe.SignatureVerificationError:
        return False
