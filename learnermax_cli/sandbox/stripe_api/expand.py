"""Expansion: which fields can be expanded, and putting the objects in place of their ids [doc Expanding responses]."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from learnermax_cli.sandbox.stripe_api.errors import invalid
from learnermax_cli.sandbox.stripe_api.store import Data, Object

MAX_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Expandable:
    """A field that a path of `expand` may name.

    `id`: an id that becomes its object. `included`: left out unless it is asked for. `nested`: always there, only on
    the way to what lies in it. `target` is the kind of object found there, if any.
    """

    how: Literal["id", "included", "nested"]
    target: str | None = None


def _ids(**targets: str) -> dict[str, Expandable]:
    return {name: Expandable("id", target) for name, target in targets.items()}


def _never(*names: str) -> dict[str, Expandable]:
    """Return fields that Stripe can expand and that are always null here."""
    return {name: Expandable("id") for name in names}


EXPANDABLE: dict[str, dict[str, Expandable]] = {
    "account": {},
    "charge": {
        **_ids(customer="customer", payment_intent="payment_intent"),
        **_never("application", "application_fee", "balance_transaction", "failure_balance_transaction"),
        **_never("on_behalf_of", "review", "source_transfer", "transfer"),
        "refunds": Expandable("included", "refund[]"),
    },
    "checkout.session": {
        **_ids(customer="customer", payment_intent="payment_intent", payment_link="payment_link"),
        **_never("invoice", "setup_intent", "subscription"),
        "line_items": Expandable("included", "item[]"),
    },
    "coupon": {},
    "customer": _never("default_source", "test_clock"),
    "dispute": _ids(charge="charge", payment_intent="payment_intent"),
    "event": {},
    "item": {"price": Expandable("nested", "price")},
    "payment_intent": {
        **_ids(customer="customer", latest_charge="charge"),
        **_never("application", "on_behalf_of", "payment_method", "review"),
    },
    "payment_link": {**_never("application", "on_behalf_of"), "line_items": Expandable("included", "item[]")},
    "price": {
        "product": Expandable("id", "product"),
        "currency_options": Expandable("included"),
        "tiers": Expandable("included"),
    },
    "product": {**_ids(default_price="price"), **_never("tax_code")},
    "promotion_code": {"customer": Expandable("id")},
    "refund": {
        **_ids(charge="charge", payment_intent="payment_intent"),
        **_never("balance_transaction", "customer", "failure_balance_transaction", "payment_method"),
        **_never("source_transfer_reversal", "transfer_reversal"),
    },
    "webhook_endpoint": {},
}


def check_expand(paths: Iterable[str], kind: str, is_list: bool) -> None:
    """Raise Stripe's error for a path that cannot be expanded, or that is too deep, in an object of that kind."""
    for path in paths:
        segments = path.split(".")
        if len(segments) > MAX_DEPTH:
            message = f"You cannot expand more than {MAX_DEPTH} levels of a property. Property: {path}"
            raise invalid(message, "expand")
        if is_list and segments[0] != "data":
            hint = f" You may want to try expanding 'data.{path}' instead." if _reaches(kind, segments) else ""
            raise invalid(f"This property cannot be expanded ({path}).{hint}", "expand")
        if not _reaches(kind, segments[1:] if is_list else segments):
            raise invalid(f"This property cannot be expanded ({path}).", "expand")


def expanded_kinds(paths: Iterable[str], kind: str) -> frozenset[str]:
    """Return the kinds of the objects that take the places of their ids, for paths that can be expanded."""
    found = set()
    for path in paths:
        reached = kind
        for segment in path.removeprefix("data.").split("."):
            field = EXPANDABLE[reached.removesuffix("[]")].get(segment)
            if field is None or field.target is None:
                continue
            reached = field.target
            if field.how == "id":
                found.add(reached)
    return frozenset(found)


def rendered(stored: Object, kind: str, paths: Iterable[str], data: Data) -> Object:
    """Return the object as it is answered: without what was not asked for, with what was."""
    return _rendered(stored, _view(kind, tuple(paths)), data)


def rendered_list(page: Object, kind: str, paths: Iterable[str], data: Data) -> Object:
    """Return a list with each of its objects as it is answered."""
    inner = tuple(path.partition(".")[2] for path in paths)
    view = _view(kind, tuple(path for path in inner if path))
    return {**page, "data": [_rendered(stored, view, data) for stored in page["data"]]}


@dataclass(frozen=True, slots=True)
class _View:
    """What to leave out of an object, and what to put the objects in the place of: field, kind, and paths below."""

    dropped: tuple[str, ...]
    expanded: tuple[tuple[str, str, tuple[str, ...]], ...]


@lru_cache(maxsize=256)
def _view(kind: str, paths: tuple[str, ...]) -> _View:
    """Work the paths out once, since a page renders hundreds of objects."""
    asked: dict[str, list[str]] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        asked.setdefault(head, []).extend([rest] if rest else [])
    fields = EXPANDABLE[kind]
    dropped = (name for name, field in fields.items() if field.how == "included" and name not in asked)
    expanded = (
        (name, field.target, tuple(asked.get(name, ())))
        for name, field in fields.items()
        if field.target is not None and (name in asked or field.how == "nested")
    )
    return _View(tuple(dropped), tuple(expanded))


def _rendered(stored: Object, view: _View, data: Data) -> Object:
    answer = dict(stored)
    for name in view.dropped:
        answer.pop(name, None)
    for name, target, paths in view.expanded:
        if answer.get(name) is not None:
            answer[name] = _expanded(answer[name], target, paths, data)
    return answer


def _expanded(value: Any, target: str, paths: tuple[str, ...], data: Data) -> Any:
    if isinstance(value, str):
        stored = data[target].get(value)
        return value if stored is None else rendered(stored, target, paths, data)
    if value.get("object") == "list":
        return rendered_list(value, target.removesuffix("[]"), paths, data)
    return rendered(value, target, paths, data)


def _reaches(kind: str, segments: list[str]) -> bool:
    reached: str | None = kind
    for segment in segments:
        if reached is not None and segment == "data" and reached.endswith("[]"):
            reached = reached.removesuffix("[]")
            continue
        expandable = EXPANDABLE.get(reached or "", {}).get(segment)
        if expandable is None:
            return False
        reached = expandable.target
    return bool(segments) or kind in EXPANDABLE
