"""A payment gateway that heeds Ctrl-C between two requests: reading ahead may take minutes."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from learnermax_cli.core.errors import InterruptedRunError
from learnermax_cli.enrollments.model import Payment, PaymentGateway, Window


@dataclass(frozen=True, slots=True)
class StoppablePayments:
    """Asks the gateway until `stop` is set, then raises InterruptedRunError."""

    gateway: PaymentGateway
    stop: threading.Event

    def read_payment(self, session_id: str) -> Payment | None:
        """Read one session with its payment; None when there is no such session for this key."""
        self._require_going()
        return self.gateway.read_payment(session_id)

    def list_payments(self, window: Window, *, status: str | None = None) -> Iterator[Sequence[Payment]]:
        """Read the sessions created in a window, newest first, a page at a time."""
        for page in self.gateway.list_payments(window, status=status):
            self._require_going()
            yield page

    def read_disputes(self, payments: Sequence[Payment], worth: int) -> Sequence[Payment]:
        """Return payments with the disputes of the disputed ones read; `worth` pages of a list of them at most."""
        self._require_going()
        return self.gateway.read_disputes(payments, worth)

    def _require_going(self) -> None:
        if self.stop.is_set():
            raise InterruptedRunError("interrupted while reading", hint="Run again: it does the rest.")
