"""Whose an object at Stripe is: our marker in its metadata, the environment, the student that it names; and what can
be an id at all."""

import base64
import binascii
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, Literal, NamedTuple

MANAGED_BY: Final = "lmx"
# A payment link's URL parameter: letters, digits, dashes, underscores, 200 characters [doc "Track a payment link"].
MAX_REFERENCE = 200
_SAFE = re.compile(r"(?!b64-)[A-Za-z0-9_-]{1,200}")
_ENCODED = "b64-"
_OWN_NAMES = ("managedBy", "environment", "courseId", "userId")
# A path of Stripe's API is made of ids: what leads elsewhere in it can't be one.
_STRIPE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,254}")
# An enrollment's item has both ids in a sort key, each behind a prefix [doc "Quotas": partition and sort keys].
_MAX_SORT_KEY = 1_024
MAX_ID_BYTES = {"course": _MAX_SORT_KEY - len("COURSE#"), "user": _MAX_SORT_KEY - len("USER#")}


class Marker(NamedTuple):
    """Who made an object, and for which environment, by its metadata."""

    managed: bool
    environment: str | None

    def is_ours(self, environment: str) -> bool:
        """Return whether lmx made it, for this environment."""
        return self.managed and self.environment == environment


def read_marker(metadata: Mapping[str, str]) -> Marker:
    """Return the marker of an object."""
    return _marker(metadata.get("managedBy") == MANAGED_BY, metadata.get("environment"))


def is_ours(metadata: Mapping[str, str], environment: str) -> bool:
    """Return whether an object carries our marker and this environment."""
    return read_marker(metadata).is_ours(environment)


def is_unmarked(metadata: Mapping[str, str]) -> bool:
    """Return whether an object carries no marker at all, so that it may be adopted."""
    return "managedBy" not in metadata and "environment" not in metadata


def foreign_metadata(metadata: Mapping[str, str]) -> dict[str, str]:
    """Return the metadata that are not lmx's own."""
    return {name: value for name, value in metadata.items() if name not in _OWN_NAMES}


def marker(environment: str, course_id: str | None = None, user_id: str | None = None) -> dict[str, str]:
    """Return the metadata that make an object at Stripe ours."""
    named = {"courseId": course_id, "userId": user_id}
    return {
        "managedBy": MANAGED_BY,
        "environment": environment,
        **{name: value for name, value in named.items() if value is not None},
    }


def encode_reference(user_id: str) -> str | None:
    """Return a user id as a payment link can carry it, None when even its encoding is too long.

    Stripe silently drops a client_reference_id with other characters.
    """
    if _SAFE.fullmatch(user_id):
        return user_id
    encoded = _ENCODED + base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")
    return encoded if len(encoded) <= MAX_REFERENCE else None


def decode_reference(reference: str) -> str:
    """Return the user id in a client_reference_id, decoded where it was encoded."""
    if not reference.startswith(_ENCODED):
        return reference
    body = reference.removeprefix(_ENCODED)
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return reference


def id_flaw(kind: Literal["course", "user"], text: object) -> str | None:
    """Return why a text cannot be an id in a key of the table, None where it can."""
    if not isinstance(text, str) or not text:
        return "is empty"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return "is not valid UTF-8"
    if "#" in text:
        return "has a #, which separates the parts of a key"
    if size > MAX_ID_BYTES[kind]:
        return f"has {size:,} bytes; the limit for a key of the table is {MAX_ID_BYTES[kind]:,}"
    return None


def is_stripe_id(text: str) -> bool:
    """Return whether a text can be the id of an object at Stripe."""
    return _STRIPE_ID.fullmatch(text) is not None


@lru_cache(maxsize=256)
def _marker(managed: bool, environment: str | None) -> Marker:
    return Marker(managed, environment)  # a hundred thousand payments share a few
