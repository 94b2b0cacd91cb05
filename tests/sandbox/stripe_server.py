"""What the tests of the local Stripe hold in their hands: the running server, and what an error says."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
import requests
import stripe

from learnermax_cli.sandbox.client import SandboxClient
from learnermax_cli.sandbox.stripe_api.keys import KeyKind, Mode
from learnermax_cli.sandbox.stripe_api.state import StripeState


@dataclass(frozen=True, slots=True)
class StripeServer:
    """A running local Stripe, its state, and ways to talk to it."""

    state: StripeState
    url: str
    control: SandboxClient

    def key(self, mode: Mode = "test", kind: KeyKind = "secret") -> str:
        """Return a key of the default account."""
        return self.state.keys.default(mode, kind).value

    def client(self, key: str | None = None) -> stripe.StripeClient:
        """Return the real SDK's client, pointed here, without retries of its own."""
        return stripe.StripeClient(key or self.key(), base_addresses={"api": self.url}, max_network_retries=0)

    def raw(
        self, method: str, path: str, data: Mapping[str, Any] | str | None = None, **headers: str
    ) -> requests.Response:
        """Send a request that the SDK would not; header names with underscores for dashes."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        all_headers = {"Authorization": f"Bearer {self.key()}", **named}
        return requests.request(method, self.url + path, data=data, headers=all_headers, timeout=10)


def error_of(call: Callable[[], object]) -> dict[str, object]:
    """Return status, type, code, param and message of the error that a call ends in."""
    with pytest.raises(stripe.StripeError) as caught:
        call()
    error = caught.value
    fields = error.error
    return {
        "status": error.http_status,
        "type": getattr(fields, "type", None),
        "code": getattr(fields, "code", None),
        "param": getattr(fields, "param", None),
        "message": getattr(fields, "message", None),
    }
