"""A payment gateway that ends a run's reading once a signal has reached it: reading ahead may take minutes."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from learnermax_cli.core.errors import InterruptedRunError, LmxError
from learnermax_cli.enrollments.model import FoundBy, Payment, PaymentGateway, ReversalKind, Window


@dataclass(frozen=True, slots=True)
class StoppablePayments:
    """A payment gateway that raises InterruptedRunError once `stop` is set: reading ahead may take minutes."""

    gateway: PaymentGateway
    stop: threading.Event

    def read_payment(self, session_id: str) -> Payment | None:
        """Read one session with its payment; None when there is no such session for this key."""
        with self._going():
            return self.gateway.read_payment(session_id)

    def list_payments(self, window: Window, *, status: str | None = None) -> Iterator[Sequence[Payment]]:
        """Read the sessions created in a window, newest first, a page at a time."""
        with self._going():
            for page in self.gateway.list_payments(window, status=status):
                self._require_going()
                yield page

    def list_reversed(self, kind: ReversalKind, window: Window) -> Iterator[Sequence[Payment]]:
        """Read the payments of the refunds, or disputes, created in a window, a page at a time."""
        with self._going():
            for page in self.gateway.list_reversed(kind, window):
                self._require_going()
                yield page

    def find_payments(self, by: FoundBy, value: str) -> Sequence[Payment]:
        """Read the complete sessions of a customer, an address or a payment intent."""
        with self._going():
            return self.gateway.find_payments(by, value)

    def read_reversals(self, payments: Sequence[Payment], max_pages: int | None) -> Sequence[Payment]:
        """Return payments with their reversals read, in lists of at most `max_pages` pages each."""
        with self._going():
            return self.gateway.read_reversals(payments, max_pages)

    @contextmanager
    def _going(self) -> Iterator[None]:
        """Raise InterruptedRunError once `stop` is set, also for a request that failed and was not sent again."""
        self._require_going()
        try:
            yield
        except LmxError:
            self._require_going()
            raise

    def _require_going(self) -> None:
        if self.stop.is_set():
            raise InterruptedRunError("interrupted while reading", hint="Run the command again.")
