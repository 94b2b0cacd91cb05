"""Where a receiver listens, and the port to the HTTP server that takes deliveries in for it."""

import threading
from dataclasses import dataclass
from typing import Protocol

from learnermax_cli.webhooks.model import Answer, Delivery


@dataclass(frozen=True, slots=True)
class Place:
    """Where a receiver listens; port 0 asks for a free one."""

    host: str
    port: int
    path: str


class Desk(Protocol):
    """Who answers what a server takes in; threads share it, and nothing is raised."""

    def listening(self, url: str) -> None:
        """Be told of the address, once connections are taken."""

    def receive(self, delivery: Delivery) -> Answer:
        """Answer a delivery."""

    def turn_away(self, answer: Answer) -> None:
        """Be told of a request that the server answers by itself: too many, too long, too slow, no POST."""


class WebhookServer(Protocol):
    """An HTTP server for deliveries."""

    def serve(self, place: Place, desk: Desk, stop: threading.Event) -> None:
        """Serve until `stop` is set and what is in flight is answered; raises ConfigError without the address."""
