"""Reads the SDK's generated parameter types into specs that a request can be checked against."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from types import SimpleNamespace, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

import typing_extensions
from stripe import RequestOptions

Kind = Literal["string", "integer", "float", "decimal", "boolean", "array", "map", "object"]
_SCALARS: dict[object, Kind] = {str: "string", int: "integer", float: "float", Decimal: "decimal", bool: "boolean"}


@dataclass(frozen=True, slots=True)
class Spec:
    """What a parameter may be.

    `unsettable`: an empty string clears it. `literals`: the values of an enum, which Stripe enforces although the SDK's
    types admit any string. `scalar`: for the few that may be an object or a plain value, the plain one.
    """

    kind: Kind
    unsettable: bool = False
    literals: tuple[str, ...] = ()
    item: "Spec | None" = None
    fields: Mapping[str, "Spec"] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    scalar: "Spec | None" = None


@cache
def spec_of(params: type) -> Spec:
    """Return the spec of one of the SDK's parameter types, without the SDK's own request options."""
    # Only the parameters' own annotations can be resolved: those of the request options name types that the SDK imports
    # for type checkers alone.
    options = frozenset(RequestOptions.__annotations__)
    own = {name: hint for name, hint in params.__annotations__.items() if name not in options}
    hints = get_type_hints(SimpleNamespace(__annotations__=own), globalns=vars(sys.modules[params.__module__]))
    fields = {name: _spec(hint) for name, hint in hints.items()}
    required: frozenset[str] = vars(params)["__required_keys__"] - options
    return Spec("object", fields=fields, required=required)


def _spec(hint: Any) -> Spec:
    origin = get_origin(hint)
    if origin in (typing_extensions.NotRequired, typing_extensions.Required):
        return _spec(get_args(hint)[0])
    if origin in (Union, UnionType):
        return _union(get_args(hint))
    if origin is Literal:
        return _literal(get_args(hint))
    if origin is list:
        return Spec("array", item=_spec(get_args(hint)[0]))
    if origin is dict:
        return Spec("map", item=_spec(get_args(hint)[1]))
    if hint in _SCALARS:
        return Spec(_SCALARS[hint])
    return spec_of(hint)


def _literal(values: tuple[str, ...]) -> Spec:
    return Spec("string", unsettable="" in values, literals=tuple(value for value in values if value))


def _union(members: tuple[Any, ...]) -> Spec:
    specs = [_spec(member) for member in members if member is not type(None) and not _is_untyped(member)]
    unsettable = any(spec.unsettable for spec in specs)
    literals = tuple(literal for spec in specs for literal in spec.literals)
    rest = [spec for spec in specs if not (spec.kind == "string" and (spec.unsettable or spec.literals))]
    composite = next((spec for spec in rest if spec.kind in ("array", "map", "object")), None)
    scalar = next((spec for spec in rest if spec.kind not in ("array", "map", "object")), None)
    if composite is None:
        return Spec(scalar.kind if scalar else "string", unsettable=unsettable, literals=literals)
    return Spec(
        composite.kind,
        unsettable,
        item=composite.item,
        fields=composite.fields,
        required=composite.required,
        scalar=scalar,
    )


def _is_untyped(member: object) -> bool:
    # The SDK lets a caller pass back a StripeObject wherever it takes a dict.
    return getattr(get_origin(member), "__name__", "") == "UntypedStripeObject"
