"""Controls a running sandbox over its control routes; standard library only, so that any command may import it."""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from learnermax_cli.sandbox.control_http import SandboxError
from learnermax_cli.sandbox.sales_client import SEEDING_SECONDS, Dispute, Refund, SalesClient, Session
from learnermax_cli.sandbox.webhook_client import WebhookClient

__all__ = ["Dispute", "Refund", "SandboxClient", "SandboxError", "Session"]


class SandboxClient(SalesClient, WebhookClient):
    """The control routes of one sandbox."""

    def health(self) -> dict[str, Any]:
        """Return the sandbox's state; raises SandboxError when it does not answer."""
        return self._call("GET", "/health")

    def journal(self, since: int = 0) -> list[dict[str, Any]]:
        """Return the journal's entries numbered higher than `since`."""
        entries: list[dict[str, Any]] = self._call("GET", f"/journal?since={since}")["entries"]
        return entries

    def notes(self) -> list[dict[str, Any]]:
        """Return what was answered otherwise than by the service that is simulated: `note` and number of `requests`."""
        notes: list[dict[str, Any]] = self._call("GET", "/notes")["notes"]
        return notes

    def writes(self, service: str = "stripe") -> list[str]:
        """Return the operations of a service that were writes, in order."""
        return [entry["operation"] for entry in self.journal() if entry["write"] and service == entry["service"]]

    def add_fault(self, kind: str, **fields: Any) -> str:
        """Arm a fault (fields: see `control.faults.Fault`) and return its id."""
        fault_id: str = self._call("POST", "/faults", {"kind": kind, **fields})["id"]
        return fault_id

    def clear_faults(self) -> None:
        """Disarm all faults."""
        self._call("DELETE", "/faults")

    def held(self) -> int:
        """Return how many requests are held now."""
        held: int = self._call("GET", "/held")["held"]
        return held

    def wait_held(self, timeout: float = 10.0, at_least: int = 1) -> int:
        """Wait until so many requests are held; raises TimeoutError after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        while (held := self.held()) < at_least:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{held} of {at_least} requests held after {timeout} s")
            time.sleep(0.01)
        return held

    def release(self, fault_id: str | None = None) -> None:
        """Let what a fault holds go on, or all that is held: `hold` drops the connections, `pause` answers."""
        self._call("POST", "/release", {} if fault_id is None else {"id": fault_id})

    def advance_clock(self, seconds: float) -> float:
        """Advance the clock by `seconds` and return the new time."""
        now: float = self._call("POST", "/clock", {"advance_seconds": seconds})["now"]
        return now

    def set_rate_limit(self, requests_per_second: float | None) -> None:
        """Limit Stripe's requests per second, or lift the limit."""
        self._call("POST", "/settings", {"rate_limit": requests_per_second})

    def set_latency(self, seconds: float) -> None:
        """Let every answer take `seconds` longer."""
        self._call("POST", "/settings", {"latency_seconds": seconds})

    def put_items(self, table: str, items: Sequence[Mapping[str, Any]]) -> None:
        """Store items, in DynamoDB's JSON, under the checks of PutItem; much faster than BatchWriteItem."""
        self._call("POST", "/put_items", {"table": table, "items": list(items)}, timeout=SEEDING_SECONDS)

    def reset(self) -> None:
        """Empty everything and remove all faults and settings."""
        self._call("POST", "/reset", {})

    def list_keys(self) -> list[dict[str, Any]]:
        """Return the Stripe keys that the sandbox knows."""
        keys: list[dict[str, Any]] = self._call("GET", "/keys")["keys"]
        return keys

    def add_key(self, **fields: Any) -> dict[str, Any]:
        """Create a Stripe key: `kind` (secret, publishable, restricted), `mode`, `account`, `permissions`, `status`."""
        return self._call("POST", "/keys", fields)

    def set_key_status(self, key: str, status: str) -> dict[str, Any]:
        """Set a Stripe key to active, revoked or expired."""
        return self._call("POST", "/keys", {"key": key, "status": status})
