"""Webhook endpoints as Stripe has them, and the port to them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.secret_text import SecretText

MAX_ENDPOINTS = 16
"""Of an account and mode; some accounts have more [doc "Webhook endpoints"]."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A webhook endpoint as Stripe has it; `stored` is the fingerprint of its signing secret once that is stored."""

    endpoint_id: str
    url: str
    enabled: bool
    enabled_events: tuple[str, ...]
    api_version: str | None
    created: int
    managed: bool
    environment: str | None
    stored: str | None = None
    metadata: Mapping[str, str] = field(default_factory=dict, hash=False)


class EndpointGoneError(FailedError):
    """Somebody else deleted the endpoint meanwhile; reading again tells what is left to do."""


@dataclass(frozen=True, slots=True)
class NewEndpoint:
    """An endpoint just made, and its signing secret, which Stripe never tells again."""

    endpoint: Endpoint
    secret: SecretText


class EndpointGateway(Protocol):
    """Webhook endpoints at Stripe, at most 16 of an account and mode."""

    api_version: str
    """The version that new endpoints are pinned to: the SDK's."""

    def list_endpoints(self) -> Sequence[Endpoint]:
        """Read all endpoints, those of others too."""

    def create_endpoint(self, url: str, environment: str, replaces: Sequence[str]) -> NewEndpoint:
        """Make an endpoint of ours for the session events; `replaces` are the ids of those at the URL until now."""

    def mark_stored(self, endpoint_id: str, fingerprint: str) -> None:
        """Note on an endpoint that its signing secret is stored; raises EndpointGoneError."""

    def fix_endpoint(self, endpoint_id: str) -> None:
        """Enable an endpoint for exactly the session events; raises EndpointGoneError."""

    def delete_endpoint(self, endpoint_id: str) -> None:
        """Delete an endpoint; one that is gone already is fine."""
