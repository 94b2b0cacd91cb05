"""Everything that one local Stripe holds."""

import threading
from dataclasses import dataclass, field

from learnermax_cli.sandbox.control.control import Control
from learnermax_cli.sandbox.stripe_api.deliveries.deliveries import Deliveries
from learnermax_cli.sandbox.stripe_api.idempotency import IdempotencyKeys
from learnermax_cli.sandbox.stripe_api.keys import KeyRing
from learnermax_cli.sandbox.stripe_api.rate import RateLimiter
from learnermax_cli.sandbox.stripe_api.store import Data


@dataclass(slots=True)
class StripeState:
    """Keys, objects per account and mode, idempotency keys, rates, deliveries; `lock` guards all work on objects."""

    control: Control = field(default_factory=Control)
    keys: KeyRing = field(default_factory=KeyRing)
    idempotency: IdempotencyKeys = field(default_factory=IdempotencyKeys)
    limiter: RateLimiter = field(default_factory=RateLimiter)
    lock: threading.RLock = field(default_factory=threading.RLock)
    deliveries: Deliveries = field(init=False)
    _data: dict[tuple[str, bool], Data] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Empty this state whenever the sandbox is reset, and process what is due whenever its clock is moved."""
        self.deliveries = Deliveries(self.control.clock, self.lock)
        self.control.reset_callbacks.append(self.reset)

    def data(self, account: str, livemode: bool) -> Data:
        """Return what an account has in one mode."""
        with self.lock:
            return self._data.setdefault((account, livemode), Data(self.deliveries.announce))

    def holder_of(self, kind: str, object_id: str) -> Data | None:
        """Return the data, of whichever account and mode, that has an object."""
        with self.lock:
            return next((data for data in self._data.values() if object_id in data[kind]), None)

    def all_data(self) -> list[Data]:
        """Return the data of all accounts and modes."""
        with self.lock:
            return list(self._data.values())

    def reset(self) -> None:
        """Empty everything; the default account and its keys stay."""
        with self.lock:
            self._data.clear()
            self.idempotency.clear()
            self.limiter.clear()
            self.keys.reset()
            self.deliveries.reset()
