"""Where a receiver listens, and the port to the HTTP server that passes deliveries to it."""

import threading
from dataclasses import dataclass
from typing import Protocol

from learnermax_cli.webhooks.model import Answer, Delivery


@dataclass(frozen=True, slots=True)
class Address:
    """Where a receiver listens; port 0 asks for a free one."""

    host: str
    port: int
    path: str


class DeliveryHandler(Protocol):
    """Answers what a server receives; threads share it, and it raises nothing."""

    def listening(self, url: str) -> None:
        """Note the URL, once connections are accepted."""

    def receive(self, delivery: Delivery) -> Answer:
        """Answer a delivery."""

    def rejected(self, answer: Answer) -> None:
        """Note a request that the server rejected by itself: too many, too long, too slow, no POST."""


class WebhookServer(Protocol):
    """An HTTP server for deliveries."""

    def serve(self, address: Address, handler: DeliveryHandler, stop: threading.Event) -> None:
        """Serve until `stop` is set and what is in flight is answered; raises ConfigError if it cannot listen."""
