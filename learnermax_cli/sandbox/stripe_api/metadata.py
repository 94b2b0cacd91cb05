"""Metadata: its limits, and how an update merges into it [doc Metadata]."""

from collections.abc import Mapping

from learnermax_cli.sandbox.stripe_api.errors import invalid, refused

MAX_KEYS = 50
MAX_KEY_LENGTH = 40
MAX_VALUE_LENGTH = 500


def check_metadata(values: Mapping[str, object], param: str) -> dict[str, str]:
    """Return metadata of strings within Stripe's limits; an empty value is one to remove."""
    checked: dict[str, str] = {}
    for key, value in values.items():
        if not isinstance(value, str):
            raise invalid("Invalid string", f"{param}[{key}]")
        if len(key) > MAX_KEY_LENGTH:
            message = f"Metadata keys can have up to {MAX_KEY_LENGTH} characters, but you passed in a key that is"
            raise invalid(f"{message} {len(key)} characters. Invalid key: {key}", param)
        if len(value) > MAX_VALUE_LENGTH:
            message = f"Metadata values can have up to {MAX_VALUE_LENGTH} characters, but you passed in a value that is"
            raise invalid(f"{message} {len(value)} characters. Invalid value: {value}", param)
        checked[key] = value
    return checked


def merge_metadata(before: Mapping[str, str], change: object) -> dict[str, str]:
    """Return metadata after an update: `""` as a whole clears it, an empty value removes its key."""
    if change is None:
        return dict(before)
    if not isinstance(change, dict):
        return {}
    merged = {key: value for key, value in {**before, **change}.items() if value != ""}
    if len(merged) > MAX_KEYS:
        raise refused(f"Metadata can have up to {MAX_KEYS} keys, but you passed in {len(merged)} keys.", "metadata")
    return merged
