"""The user id as `client_reference_id`: encoded, reversibly, where Stripe would silently drop it."""

import base64
import binascii
import re

# A payment link's URL parameter: letters, digits, dashes, underscores, 200 characters [doc "Track a payment link"].
MAX_LENGTH = 200
_SAFE = re.compile(r"(?!b64-)[A-Za-z0-9_-]{1,200}")
_ENCODED = "b64-"


def encode_reference(user_id: str) -> str | None:
    """Return a user id as a payment link can carry it; None when even its encoding is too long."""
    if _SAFE.fullmatch(user_id):
        return user_id
    encoded = _ENCODED + base64.urlsafe_b64encode(user_id.encode()).decode().rstrip("=")
    return encoded if len(encoded) <= MAX_LENGTH else None


def decode_reference(reference: str) -> str:
    """Return the user id that a reference stands for; one that nobody encoded stands for itself."""
    if not reference.startswith(_ENCODED):
        return reference
    body = reference.removeprefix(_ENCODED)
    try:
        return base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return reference
