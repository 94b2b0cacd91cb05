"""Expansion: which fields can be expanded, and putting the objects in place of their ids [doc Expanding responses]."""

from collections.abc import Iterable
from dataclasses import dataclass
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


EXPANDABLE: dict[str, dict[str, Expandable]] = {
    "account": {},
    "price": {
        "product": Expandable("id", "product"),
        "currency_options": Expandable("included"),
        "tiers": Expandable("included"),
    },
    "product": {"default_price": Expandable("id", "price")},
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


def rendered(stored: Object, kind: str, paths: Iterable[str], data: Data) -> Object:
    """Return the object as it is answered: without what was not asked for, with what was."""
    asked: dict[str, list[str]] = {}
    for path in paths:
        head, _, rest = path.partition(".")
        asked.setdefault(head, []).extend([rest] if rest else [])
    answer = {}
    fields = EXPANDABLE[kind]
    for name, value in stored.items():
        expandable = fields.get(name)
        if expandable is None or (name not in asked and expandable.how != "included"):
            answer[name] = value
        elif name in asked:
            answer[name] = _expanded(value, expandable, asked[name], data)
    return answer


def rendered_list(page: Object, kind: str, paths: Iterable[str], data: Data) -> Object:
    """Return a list with each of its objects as it is answered."""
    inner = [path.partition(".")[2] for path in paths]
    inner = [path for path in inner if path]
    return {**page, "data": [rendered(stored, kind, inner, data) for stored in page["data"]]}


def _expanded(value: Any, expandable: Expandable, rest: list[str], data: Data) -> Any:
    if expandable.target is None or value is None:
        return value
    if isinstance(value, str):
        stored = data[expandable.target].get(value)
        return value if stored is None else rendered(stored, expandable.target, rest, data)
    if isinstance(value, dict) and value.get("object") == "list":
        return rendered_list(value, expandable.target, rest, data)
    return rendered(value, expandable.target, rest, data)


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
