"""`make test` runs a sample of the cases of a test and a twentieth of the examples of a property, `make test-slow` all.

Of the greatest matrices CI runs a share of those, since all take an hour.
"""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any
from zlib import crc32

import pytest
from hypothesis import settings

ALL_EXAMPLES = "all"
"""The Hypothesis profile of `make test-slow`."""


def sampled(cases: Iterable[Any], one_in: int, in_ci: int = 1) -> list[Any]:
    """Return the cases as parameters; all but one in so many are slow, and of those CI runs one in `in_ci`.

    A step without a factor in common with the sizes of the inner dimensions meets each of their values.
    """
    return [pytest.param(case, marks=_marks(number, one_in, in_ci)) for number, case in enumerate(cases)]


def _marks(number: int, one_in: int, in_ci: int) -> tuple[pytest.MarkDecorator, ...]:
    if number % one_in == 0:
        return ()
    return (pytest.mark.slow,) if number % in_ci == 0 else (pytest.mark.slow, pytest.mark.whole)


def thin_out(items: Iterable[pytest.Item]) -> None:
    """Make half of the cases slow of each test that asks a sandbox in three cases or more.

    Which half is the same in every run, and does not depend on the order: of two inner values both are met.
    """
    families = defaultdict[str, list[pytest.Item]](list)
    for item in items:
        asks = "sandbox" in getattr(item, "fixturenames", ()) and hasattr(item, "callspec")
        if asks and item.get_closest_marker("slow") is None:
            families[item.nodeid.partition("[")[0]].append(item)
    for family in families.values():
        mixed = sorted(family, key=lambda item: crc32(item.nodeid.encode()))
        for item in mixed[: len(family) // 2] if len(family) > 2 else ():
            item.add_marker(pytest.mark.slow)


def examples(count: int, *, one_in: int = 20, **options: Any) -> settings:
    """Return the settings of a property with so many examples; `make test` runs one in so many of them."""
    if settings.get_current_profile_name() != ALL_EXAMPLES:
        count = max(1, count // one_in)
    return settings(max_examples=count, deadline=None, **options)
