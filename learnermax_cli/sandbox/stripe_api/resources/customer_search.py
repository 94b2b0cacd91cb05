"""The search of customers: its query language, as far as customers have the fields, and its pages [doc Search]."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from itertools import islice
from typing import Any

from learnermax_cli.sandbox.stripe_api.errors import StripeApiError, invalid
from learnermax_cli.sandbox.stripe_api.lists import limit_of
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Object

MAX_CLAUSES = 10
_MIN_SUBSTRING = 3
_TEXTS = ("email", "name", "phone")
_CLAUSE = re.compile(
    r"""(?P<no>-)?(?P<field>\w+)(?:\[(?P<quote>["'])(?P<key>[^"']+)(?P=quote)\])?\s*(?P<how>:|~|>=|<=|>|<)\s*"""
    r"""(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'|(?P<bare>null|\d+))(?=\s|$)"""
)
_JOINT = re.compile(r"\s+(?:(AND|OR)\s+)?", re.IGNORECASE)
_COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    ":": lambda value, wanted: value == wanted,
    ">": lambda value, wanted: value > wanted,
    ">=": lambda value, wanted: value >= wanted,
    "<": lambda value, wanted: value < wanted,
    "<=": lambda value, wanted: value <= wanted,
}
_Matches = Callable[[Object], bool]


def search(call: Call) -> Object:
    """Return a page of the customers that a query matches, newest first; texts are compared regardless of case."""
    limit, first = limit_of(call.params), _first_of(call.params.get("page"))
    matches = _parsed(call.params["query"].strip())
    customers = call.data["customer"]
    known = customers.between(0, len(customers), newest_first=True)
    found = (customer for customer in known if "deleted" not in customer and matches(customer))
    page = list(islice(found, first, first + limit + 1))
    more = len(page) > limit
    next_page = urlsafe_b64encode(str(first + limit).encode()).decode() if more else None
    return {"object": "search_result", "data": page[:limit], "has_more": more, "next_page": next_page, "url": call.path}


def _first_of(page: str | None) -> int:
    try:
        return int(urlsafe_b64decode(page)) if page else 0
    except ValueError as error:
        raise invalid(f"Invalid page: {page}", "page") from error


def _parsed(query: str) -> _Matches:
    clauses: list[_Matches] = []
    joints: set[str] = set()
    place = 0
    while not clauses or place < len(query):
        if clauses:
            joint = _JOINT.match(query, place)
            if joint is None:
                raise _unreadable()
            joints.add((joint[1] or "AND").upper())
            place = joint.end()
        clause = _CLAUSE.match(query, place)
        if clause is None:
            raise _unreadable()
        clauses.append(_matching(clause))
        place = clause.end()
    if len(joints) > 1 or len(clauses) > MAX_CLAUSES:
        raise _unreadable()
    combine = any if "OR" in joints else all
    return lambda customer: combine(clause(customer) for clause in clauses)


def _matching(clause: re.Match[str]) -> _Matches:
    matches = _positive(clause)
    return (lambda customer: not matches(customer)) if clause["no"] else matches


def _positive(clause: re.Match[str]) -> _Matches:
    field, key, how = clause["field"], clause["key"], clause["how"]
    if (field == "metadata") != (key is not None) or field not in ("created", "metadata", *_TEXTS):
        message = f"Field `{field}` is an unsupported search field for resource `customers`."
        raise invalid(message, "query")
    if field == "created":
        if clause["bare"] in (None, "null") or how == "~":
            raise _unreadable()
        return lambda customer: _COMPARISONS[how](customer["created"], int(clause["bare"]))
    quoted = clause["double"] if clause["single"] is None else clause["single"]
    if how not in (":", "~") or (quoted is None and clause["bare"] != "null"):
        raise _unreadable()
    wanted = None if quoted is None else re.sub(r"\\(.)", r"\1", quoted).casefold()

    def value_of(customer: Object) -> Any:
        return customer["metadata"].get(key) if field == "metadata" else customer[field]

    if how == ":":
        return lambda customer: _folded(value_of(customer)) == wanted
    if wanted is None or field == "metadata" or len(wanted) < _MIN_SUBSTRING:
        raise _unreadable()
    return lambda customer: wanted in (_folded(value_of(customer)) or "")


def _folded(value: str | None) -> str | None:
    return None if value is None else value.casefold()


def _unreadable() -> StripeApiError:
    message = (
        'We were unable to parse your search query. Try using the format `metadata["key"]:"value"` to query for '
        'metadata or key:"value" to query for other fields.'
    )
    return invalid(message, "query")
