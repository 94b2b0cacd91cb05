"""One request in the API: what was received, what was derived from it, what is answered."""

from dataclasses import dataclass, field
from wsgiref.types import WSGIEnvironment

from werkzeug.datastructures import Headers

from learnermax_cli.sandbox.control.faults import Fault
from learnermax_cli.sandbox.control.journal import Entry
from learnermax_cli.sandbox.stripe_api.auth import API_VERSION
from learnermax_cli.sandbox.stripe_api.form import Nested
from learnermax_cli.sandbox.stripe_api.ids import new_id
from learnermax_cli.sandbox.stripe_api.keys import Key


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as it was received."""

    method: str
    path: str
    query: bytes
    body: bytes
    headers: Headers
    environ: WSGIEnvironment


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Exchange:
    """A request and what was derived from it so far."""

    incoming: Incoming
    operation: str
    request_id: str = field(default_factory=lambda: new_id("req"))
    key: Key | None = None
    values: Nested = field(default_factory=dict)
    fault: Fault | None = None
    replayed_from: str | None = None
    version: str = API_VERSION

    @property
    def write(self) -> bool:
        """Return whether the method is one that writes."""
        return self.incoming.method != "GET"

    @property
    def idempotency_key(self) -> str | None:
        """Return the key that counts: only a POST has one [doc Idempotent requests]."""
        return self.incoming.headers.get("Idempotency-Key") if self.incoming.method == "POST" else None

    @property
    def request_log_url(self) -> str | None:
        """Return where the dashboard would show the request, once it is known whose it is."""
        if self.key is None:
            return None
        mode = "" if self.key.livemode else "test/"
        return f"https://dashboard.stripe.com/{self.key.account}/{mode}logs/{self.request_id}"

    @property
    def note(self) -> str | None:
        """Return what Stripe would have done otherwise: another version has parameters and answers of its own."""
        if self.version == API_VERSION:
            return None
        return f"Stripe-Version {self.version} was treated as {API_VERSION}"

    def headers(self) -> dict[str, str]:
        """Return the headers that every answer has."""
        headers = {"Request-Id": self.request_id, "Stripe-Version": self.version}
        if self.idempotency_key is not None:
            headers["Idempotency-Key"] = self.idempotency_key
            headers["Original-Request"] = self.replayed_from or self.request_id
        if self.replayed_from is not None:
            headers["Idempotent-Replayed"] = "true"
        return headers

    def entry(self, status: int) -> Entry:
        """Return the journal's entry, without API key or headers; a request without work has status 0."""
        return Entry(
            service="stripe",
            operation=self.operation,
            path=self.incoming.path,
            write=self.write,
            status=status,
            idempotency_key=self.idempotency_key,
            replayed=self.replayed_from is not None,
            request_id=self.request_id,
            params=dict(self.values),
            fault=f"{self.fault.kind} {self.fault.when}" if self.fault else None,
            note=self.note,
        )
