"""Controls how a sandbox delivers webhooks, over its control routes; standard library only."""

from collections.abc import Sequence
from typing import Any, Literal

from learnermax_cli.sandbox.control_http import ControlHttp
from learnermax_cli.sandbox.stripe_api.deliveries.record import Record

DRAIN_SECONDS = 30.0
_RESENDING_SECONDS = 120.0


class WebhookClient(ControlHttp):
    """The control routes for deliveries; each raises SandboxError for what is not possible."""

    def set_webhooks(self, **settings: Any) -> dict[str, Any]:
        """Change how events are delivered (fields: see `deliveries.settings.Settings`) and return all settings."""
        return self._call("POST", "/webhooks/settings", settings)

    def pause_webhooks(self) -> None:
        """Deliver nothing until it is resumed; deliveries in flight are completed."""
        self._call("POST", "/webhooks/pause", {})

    def resume_webhooks(self, order: Literal["created", "reversed", "shuffled"] = "created") -> None:
        """Deliver again; waiting events are sent in that order, strictly so with `concurrency` 1."""
        self._call("POST", "/webhooks/resume", {"order": order})

    def resend_events(self, events: Sequence[str], *, rate: float | None = None) -> int:
        """Deliver events of one account and mode once more, so many a second; return how many deliveries these are.

        It returns at once; `drain_webhooks` waits for the last.
        """
        body = {"events": list(events), "rate": rate}
        deliveries: int = self._call("POST", "/webhooks/resend", body, timeout=_RESENDING_SECONDS)["deliveries"]
        return deliveries

    def drain_webhooks(self, timeout: float = DRAIN_SECONDS) -> None:
        """Wait until no delivery is in flight, delayed or due; raises TimeoutError after so many seconds."""
        if not self.await_webhooks(timeout):
            raise TimeoutError(f"deliveries left after {timeout} s: {self.webhook_counts()}")

    def await_webhooks(self, timeout: float) -> bool:
        """Wait as `drain_webhooks` does, and return whether nothing is left."""
        answer = self._call("POST", "/webhooks/drain", {"timeout": timeout}, timeout=timeout + self._timeout)
        return bool(answer["drained"])

    def webhook_counts(self) -> dict[str, Any]:
        """Return how many deliveries wait, are in flight, are to be tried again later, and whether they are paused."""
        return self._call("GET", "/webhooks")

    def webhook_deliveries(self, since: int = 0) -> list[Record]:
        """Return the results of the deliveries numbered higher than `since`, in the order in which they ended."""
        answer = self._call("GET", f"/webhooks/deliveries?since={since}")
        return [Record(**record) for record in answer["deliveries"]]
