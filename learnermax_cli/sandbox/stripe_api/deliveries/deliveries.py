"""Delivers each new event to the endpoints registered for its type, retries what failed, and records the results."""

import logging
import random
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from queue import SimpleQueue
from typing import Any

from learnermax_cli.sandbox.control.clock import Clock
from learnermax_cli.sandbox.control.numbered import NumberedList
from learnermax_cli.sandbox.stripe_api.deliveries.posting import Posted, Poster, signature_header
from learnermax_cli.sandbox.stripe_api.deliveries.record import Delivery, Outcome, OutgoingEvent, Record, record_of
from learnermax_cli.sandbox.stripe_api.deliveries.schedule import Order, Schedule
from learnermax_cli.sandbox.stripe_api.deliveries.settings import MAX_CONCURRENCY, Settings, changed_settings
from learnermax_cli.sandbox.stripe_api.store import Data, Notice, Object

logger = logging.getLogger(__name__)
_ENDPOINT = "webhook_endpoint"


class Deliveries:
    """The deliveries of one local Stripe; `lock` guards its objects, the settings and the random generator."""

    def __init__(self, clock: Clock, lock: threading.RLock) -> None:
        self._clock = clock
        self._lock = lock
        self._handed: SimpleQueue[tuple[int, Delivery]] = SimpleQueue()
        self._workers: list[threading.Thread] = []
        self._poster = Poster()
        self._settings = Settings()
        self._dice = random.Random(self._settings.seed)
        self.records = NumberedList[Record]()
        self.schedule = Schedule(clock, lambda number, delivery: self._handed.put((number, delivery)))
        self.reset()

    def announce(self, data: Data, notice: Notice) -> None:
        """Deliver a new event to the endpoints that are enabled for it now; called under the lock."""
        outgoing, endpoints = _addressed(data, notice)
        if endpoints:
            data.undelivered[notice.event_id] = set(endpoints)
        for endpoint_id in endpoints:
            self._send_first(Delivery(outgoing, data, endpoint_id, self._clock.now()))

    def resend(self, data: Data, event_ids: Sequence[str], rate: float | None) -> int:
        """Deliver events once more, `rate` a second, as by hand: without retries; return how many deliveries."""
        with self._lock:
            addressed = [_addressed(data, _notice_of(data, event_id)) for event_id in event_ids]
        now, start = self._clock.now(), time.monotonic()
        for place, (outgoing, endpoints) in enumerate(addressed):
            for endpoint_id in endpoints:
                delay = start + place / rate - time.monotonic() if rate else 0.0
                self._start(Delivery(outgoing, data, endpoint_id, now, kind="resent"), delay)
        return sum(len(endpoints) for _, endpoints in addressed)

    def change_settings(self, body: Mapping[str, Any]) -> Settings:
        """Change settings, and reseed the random generator if the seed is among them; raises ValueError."""
        with self._lock:
            self._settings = changed_settings(self._settings, body)
            if "seed" in body:
                self._dice = random.Random(self._settings.seed)
            self.schedule.set_concurrency(self._settings.concurrency)
            return self._settings

    def resume(self, order: Order) -> None:
        """Resume after a pause; waiting events are sent in that order."""
        with self._lock:
            self.schedule.resume(order, self._dice)

    def reset(self) -> None:
        """Forget everything, settings included."""
        with self._lock:
            self._settings = Settings()
            self._dice = random.Random(self._settings.seed)
            self.schedule.clear(self._settings.concurrency)
            self.records.clear()
            self._poster.close_idle()

    def _send_first(self, delivery: Delivery) -> None:
        settings, dice = self._settings, self._dice
        if settings.loses(delivery.outgoing.notice) or dice.random() * 100 < settings.loss_percent:
            self.records.add(record_of(delivery, "lost", self._clock.now()))
            return
        self._start(delivery, self._delay())
        if dice.random() * 100 < settings.duplicate_percent:
            self._start(replace(delivery, kind="duplicate"), self._delay())

    def _delay(self) -> float:
        jitter = self._dice.random() * self._settings.jitter_seconds if self._settings.jitter_seconds else 0.0
        return self._settings.delay_seconds + jitter

    def _start(self, delivery: Delivery, delay: float) -> None:
        if not self._workers:
            self._workers = [
                threading.Thread(target=self._work, name=f"webhook-{number}", daemon=True)
                for number in range(MAX_CONCURRENCY)
            ]
            for worker in self._workers:
                worker.start()
        self.schedule.add(delivery, delay)

    def _work(self) -> None:
        while True:
            number, delivery = self._handed.get()
            try:
                self._deliver(number, delivery)
            except Exception:
                logger.exception("the sandbox itself failed to deliver %s", delivery.outgoing.notice.event_id)
            finally:
                self.schedule.finish(number)

    def _deliver(self, number: int, delivery: Delivery) -> None:
        with self._lock:
            endpoint = delivery.data[_ENDPOINT].get(delivery.endpoint_id)
            secret = delivery.data.signing_secrets.get(delivery.endpoint_id, "")
            at, timeout = self._clock.now(), self._settings.timeout_seconds
        if not self.schedule.is_current(number):
            return
        if endpoint is None or endpoint["status"] != "enabled":
            self.records.add(record_of(delivery, "dropped", at))
            return
        body = delivery.outgoing.body()
        header = signature_header(body, secret, int(at), livemode=endpoint["livemode"])
        began = time.monotonic()
        posted = self._poster.post(endpoint["url"], body, {"Stripe-Signature": header}, timeout)
        if self.schedule.is_current(number):
            self._note(delivery, posted, at, time.monotonic() - began)

    def _note(self, delivery: Delivery, posted: Posted, at: float, seconds: float) -> None:
        delivered = posted.status is not None and 200 <= posted.status < 300
        outcome: Outcome = "delivered" if delivered else "failed"
        record = record_of(delivery, outcome, at)
        self.records.add(replace(record, status=posted.status, error=posted.error, seconds=seconds))
        with self._lock:
            if delivered:
                _mark_delivered(delivery)
            waits = self._settings.retry_seconds
        if not delivered and delivery.kind == "automatic" and delivery.attempt <= len(waits):
            due = delivery.due + waits[delivery.attempt - 1]
            self.schedule.add_retry(replace(delivery, attempt=delivery.attempt + 1, due=due))


def _notice_of(data: Data, event_id: str) -> Notice:
    event = data["event"].get(event_id)
    if event is None:
        raise ValueError(f"no such event: {event_id}")
    return Notice(event["id"], event["type"], event["data"]["object"]["id"], lambda: event)


def _addressed(data: Data, notice: Notice) -> tuple[OutgoingEvent, list[str]]:
    endpoints = [endpoint["id"] for endpoint in data[_ENDPOINT].values() if _wants(endpoint, notice.type)]
    return OutgoingEvent(notice, lambda: len(data.undelivered.get(notice.event_id, ()))), endpoints


def _wants(endpoint: Object, event_type: str) -> bool:
    events = endpoint["enabled_events"]
    return endpoint["status"] == "enabled" and (event_type in events or "*" in events)


def _mark_delivered(delivery: Delivery) -> None:
    undelivered, event_id = delivery.data.undelivered, delivery.outgoing.notice.event_id
    waiting = undelivered.get(event_id)
    if waiting is not None:
        waiting.discard(delivery.endpoint_id)
        if not waiting:
            del undelivered[event_id]
