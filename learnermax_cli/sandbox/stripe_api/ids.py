"""Random ids in Stripe's shapes."""

import random
import string

_ALPHABET = string.ascii_letters + string.digits
_random = random.Random()


def random_text(length: int) -> str:
    """Return so many random letters and digits."""
    return "".join(_random.choices(_ALPHABET, k=length))


def new_id(prefix: str) -> str:
    """Return a new id: products and request ids have 14 characters behind the prefix, everything else 24."""
    return f"{prefix}_{random_text(14 if prefix in ('prod', 'req', 'cus') else 24)}"
