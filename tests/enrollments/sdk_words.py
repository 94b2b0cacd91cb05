"""The words that the pinned Stripe SDK declares for a field, read from its annotations."""

import re
from pathlib import Path

import stripe

_LITERAL = re.compile(r'"([a-z0-9_]+)"')


def words_of(kind: type[stripe.StripeObject], field: str) -> set[str]:
    """Return the literals of a field of one of the SDK's classes; they are in the source alone, not at run time."""
    module = Path(str(__import__(kind.__module__, fromlist=["_"]).__file__))
    annotation = re.search(
        rf"^    {field}: (.*?)^    \"\"\"", module.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert annotation is not None, f"{kind.__name__}.{field}"
    return set(_LITERAL.findall(annotation[1]))
