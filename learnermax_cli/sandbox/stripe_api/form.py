"""Decodes Stripe's form encoding: `a[b][0]=c` into nested values, every leaf a string."""

import re
from urllib.parse import parse_qsl

from learnermax_cli.sandbox.stripe_api.errors import invalid

Nested = dict[str, "Value"]
Value = str | list[str] | Nested

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")


def decode_form(*bodies: bytes) -> Nested:
    """Decode form bodies and query strings; `a[0]=x` becomes `{"a": {"0": "x"}}` since only a schema knows lists."""
    values: Nested = {}
    for body in bodies:
        for name, text in parse_qsl(body.decode(), keep_blank_values=True):
            _put(values, name, text)
    return values


def _put(values: Nested, name: str, text: str) -> None:
    matched = _NAME.fullmatch(name)
    if matched is None:
        raise invalid(f"Invalid parameter name: {name}. Names and metadata keys cannot contain square brackets.", name)
    segments = [matched[1], *_SEGMENT.findall(matched[2])]
    target = values
    for position, segment in enumerate(segments[:-1]):
        if segments[position + 1 :] == [""]:
            _append(target, segment, text)
            return
        inner = target.setdefault(segment, {})
        if not isinstance(inner, dict):
            raise invalid("Invalid object", name)
        target = inner
    target[segments[-1]] = text


def _append(target: Nested, segment: str, text: str) -> None:
    listed = target.setdefault(segment, [])
    if not isinstance(listed, list):
        raise invalid("Invalid array", segment)
    listed.append(text)
