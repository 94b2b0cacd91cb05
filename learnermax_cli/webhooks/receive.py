"""Answers a delivery: signature first, then the event, then the handler. No side effect before the signature."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.retries import DELIVERY, INTERACTIVE, RetryPolicy, finish_within
from learnermax_cli.webhooks.handle import Handler, HandlerJob
from learnermax_cli.webhooks.model import (
    MAX_BODY_BYTES,
    Answer,
    Delivery,
    DeliveryReader,
    EventHint,
    HalfDoneError,
    Handled,
)
from learnermax_cli.webhooks.signing import CachedSecrets, SigningJob, build_cached_secrets

TOLERANCE_SECONDS = 300
"""As Stripe's libraries have it, but in both directions: they accept signatures from the future."""
Handle = Callable[[EventHint], Handled]


class ReceiverJob(HandlerJob, SigningJob, Protocol):
    """What a receiver works with."""

    retry_policy: RetryPolicy

    @property
    def delivery_reader(self) -> DeliveryReader: ...


class Receiver:
    """Answers deliveries; threads may share it."""

    def __init__(
        self, reader: DeliveryReader, secrets: CachedSecrets, now: Callable[[], datetime], handle: Handle
    ) -> None:
        self._reader = reader
        self._secrets = secrets
        self._now = now
        self._handle = handle

    def require_secret(self) -> None:
        """Raise ConfigError when there is no signing secret to check deliveries against."""
        self._secrets.current()

    def receive(self, delivery: Delivery) -> Answer:
        """Answer one delivery: 200 once all is written, 400 for what Stripe did not send, 503 to be sent again."""
        if len(delivery.body) > MAX_BODY_BYTES:
            return Answer(413, f"the body is longer than {MAX_BODY_BYTES} bytes")
        with finish_within(DELIVERY):
            return self._receive(delivery)

    def _receive(self, delivery: Delivery) -> Answer:
        try:
            flaw = self._flaw_of_signature(delivery)
        except LmxError as error:
            return _own_failure(error)
        if flaw is not None:
            return Answer(400, flaw)
        hint = self._reader.read_event(delivery.body)
        if hint is None:
            return Answer(400, "the body is not an event of Stripe")
        try:
            handled = self._handle(hint)
        except LmxError as error:
            return _own_failure(error, hint)
        return Answer(200, f"{handled.effect}: {handled.state}", handled)

    def _flaw_of_signature(self, delivery: Delivery) -> str | None:
        if not delivery.signature:
            return "no Stripe-Signature header"
        secrets = self._secrets.current()
        signed_at = self._reader.signed_at(delivery, secrets)
        if signed_at is None and (reread := self._secrets.after_mismatch()) is not secrets:
            signed_at = self._reader.signed_at(delivery, reread)
        if signed_at is None:
            return "signature verification failed"
        if abs(self._now().timestamp() - signed_at) > TOLERANCE_SECONDS:
            return f"the signature is more than {TOLERANCE_SECONDS} seconds old, or from the future"
        return None


def _own_failure(error: LmxError, hint: EventHint | None = None) -> Answer:
    # Stripe's dashboard shows the line: it names the kind of failure and nothing of ours.
    line = f"not done ({error.code}): please deliver again"
    done = error.results if isinstance(error, HalfDoneError) else ()
    return Answer(503, line, None if hint is None else Handled(hint, "failed", error.message, done), error.code)


def build_receiver(job: ReceiverJob, handle: Handle | None = None, *, revoke: bool | None = None) -> Receiver:
    """Return the receiver, with short time limits; raises LmxError where the run's key does not fit.

    With `handle`, that is what signed events go to, and the key is not looked at before the first of them.
    """
    job.retry_policy = INTERACTIVE
    secrets = build_cached_secrets(job)
    return Receiver(job.delivery_reader, secrets, job.now, handle or Handler(job, revoke=revoke).handle)
