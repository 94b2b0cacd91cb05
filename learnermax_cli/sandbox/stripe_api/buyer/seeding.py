"""Seeds sessions by the ten thousand, in any state and of any age, for tests and benchmarks."""

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import cycle, islice
from typing import Any

from learnermax_cli.sandbox.stripe_api.buyer.lookup import BuyerError
from learnermax_cli.sandbox.stripe_api.buyer.seeded_sale import (
    DISPUTE_STATUSES,
    REFUNDED_STATES,
    STATES,
    Batch,
    SeededSale,
)
from learnermax_cli.sandbox.stripe_api.ids import new_id, random_text
from learnermax_cli.sandbox.stripe_api.resources.line_items import line_item
from learnermax_cli.sandbox.stripe_api.resources.session_expiry import KIND, schedule_expiry
from learnermax_cli.sandbox.stripe_api.state import StripeState
from learnermax_cli.sandbox.stripe_api.store import Data, Notice, Object

_ROW_FIELDS = frozenset(
    ("allow_promotion_codes", "amount", "client_reference_id", "course_id", "currency", "customer", "email", "id",
     "metadata", "offset", "payment_link", "state", "user_id")
)  # fmt: skip
_EXTRA_FIELDS = ("allow_promotion_codes", "client_reference_id", "customer", "id", "payment_link")
_DEFAULT_AMOUNT = 4999


def seed(state: StripeState, body: Mapping[str, Any], origin: str) -> list[str]:
    """Store the sessions of `sessions` (rows) and of `generate` (a pattern); return their ids in order.

    A row has `course_id`, `user_id`, and optionally `state` (paid), `offset` (seconds from now, not positive),
    `amount`, `currency`, `email`, `metadata` (instead of our own), `client_reference_id`, `customer`, `payment_link`,
    `allow_promotion_codes` and `id`. A pattern has `count`, `courses` and `states` (taken in turns), `user_prefix`,
    `first_offset` and `spacing` in seconds. Beside them: `account`, `mode`, `environment`, `events` (on by default),
    and `deliver` them to the webhook endpoints (off by default).
    """
    livemode = body.get("mode", "test") == "live"
    data = state.data(body.get("account", state.keys.account), livemode)
    now = int(state.control.clock.now())
    batch = Batch(data, now, livemode, origin, body.get("environment", "sandbox"))
    items = _Items(data, livemode, now)
    rows = [*body.get("sessions", ()), *_generated(body.get("generate"))]
    sales = [_sale(batch, row, items) for row in rows]
    _store(data, sales, with_events=bool(body.get("events", True)))
    if body.get("deliver"):
        _announce(data, sales)
    return [sale.session_id for sale in sales]


class _Items:
    """The line item of each course, made once: of its product if there is one, else of an inline price."""

    def __init__(self, data: Data, livemode: bool, now: int) -> None:
        self._data = data
        self._livemode = livemode
        self._now = now
        self._known: dict[tuple[str, int | None, str], Object] = {}
        self._products = {
            product["metadata"]["courseId"]: product
            for product in data["product"].values()
            if "courseId" in product["metadata"] and product["default_price"]
        }

    def of(self, course_id: str, amount: int | None, currency: str) -> Object:
        """Return the course's line item, at the product's price unless an amount is named."""
        key = (course_id, amount, currency)
        if key not in self._known:
            self._known[key] = self._made(*key)
        return self._known[key]

    def _made(self, course_id: str, amount: int | None, currency: str) -> Object:
        product = self._products.get(course_id)
        price = None if product is None else self._data["price"].get(product["default_price"])
        if price is not None and amount is None:
            return line_item(self._data, price, 1)
        made = {**_inline_price(amount or _DEFAULT_AMOUNT, currency), "livemode": self._livemode, "created": self._now}
        if product is not None:
            made["product"] = product["id"]
        return {**line_item(self._data, made, 1), "description": course_id}


def _inline_price(amount: int, currency: str) -> Object:
    nulls = ("custom_unit_amount", "lookup_key", "nickname", "recurring", "tiers_mode", "transform_quantity")
    return {
        **dict.fromkeys(nulls),
        "id": new_id("price"),
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "currency": currency,
        "metadata": {},
        "product": new_id("prod"),
        "tax_behavior": "unspecified",
        "type": "one_time",
        "unit_amount": amount,
        "unit_amount_decimal": str(amount),
    }


def _generated(pattern: Mapping[str, Any] | None) -> Iterator[Mapping[str, Any]]:
    if pattern is None:
        return
    count = int(pattern["count"])
    courses, states = cycle(pattern.get("courses", ["course-1"])), cycle(pattern.get("states", ["paid"]))
    prefix, spacing = pattern.get("user_prefix", "user-"), float(pattern.get("spacing", 1))
    first = float(pattern.get("first_offset", -spacing * count))
    for number, (course, state) in enumerate(islice(zip(courses, states, strict=False), count)):
        offset = min(first + number * spacing, 0)
        yield {"course_id": course, "user_id": f"{prefix}{number}", "state": state, "offset": offset}


def _sale(batch: Batch, row: Mapping[str, Any], items: _Items) -> SeededSale:
    if unknown := row.keys() - _ROW_FIELDS:
        raise BuyerError(f"unknown fields of a seeded session: {sorted(unknown)}")
    state = row.get("state", "paid")
    if state not in STATES:
        raise BuyerError(f"unknown state: {state!r}; there are {', '.join(STATES)}")
    ours = {"managedBy": "lmx", "environment": batch.environment}
    names = {"courseId": row.get("course_id"), "userId": row.get("user_id")}
    metadata = row.get("metadata", {**ours, **{name: value for name, value in names.items() if value is not None}})
    return SeededSale(
        batch=batch,
        tail=random_text(24),
        state=state,
        created=batch.now + int(row.get("offset", 0)),
        item=items.of(row.get("course_id", "course"), row.get("amount"), row.get("currency", "usd")),
        metadata=metadata,
        email=row.get("email", f"{row.get('user_id', 'buyer')}@example.com"),
        extra={name: row[name] for name in _EXTRA_FIELDS if name in row},
    )


def _store(data: Data, sales: list[SeededSale], *, with_events: bool) -> None:
    paid = [sale for sale in sales if sale.has_payment]
    data[KIND].put_made((sale.created, sale.session_id, sale.session, sale.facts(KIND)) for sale in sales)
    refunded = (sale for sale in paid if sale.state in REFUNDED_STATES)
    disputed = (sale for sale in paid if sale.state in DISPUTE_STATUSES)
    for kind, having in (("payment_intent", paid), ("charge", paid), ("refund", refunded), ("dispute", disputed)):
        data[kind].put_made((sale.paid_at, *sale.maker(kind), sale.facts(kind)) for sale in having)
    for sale in sales:
        if sale.state == "open":
            schedule_expiry(data, sale.session())
            data.payment_intent_data[sale.session_id] = {"metadata": dict(sale.metadata)}
    if with_events:
        data["event"].put_made(
            (at, f"evt_{place}{sale.tail}", partial(sale.event, place), ())
            for sale in sales
            for place, (_, at) in enumerate(sale.event_types())
        )


def _announce(data: Data, sales: list[SeededSale]) -> None:
    for sale in sales:
        for place, (name, _) in enumerate(sale.event_types()):
            data.announce(Notice(f"evt_{place}{sale.tail}", name, sale.session_id, partial(sale.event, place)))
