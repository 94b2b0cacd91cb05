"""`make test` runs a sample of each matrix and a twentieth of the examples of a property, `make test-slow` all others.

Of the greatest matrices CI runs a share of those, since all take an hour.
"""

from collections.abc import Iterable
from typing import Any

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


def examples(count: int, *, one_in: int = 20, **options: Any) -> settings:
    """Return the settings of a property with so many examples; `make test` runs one in so many of them."""
    if settings.get_current_profile_name() != ALL_EXAMPLES:
        count = max(1, count // one_in)
    return settings(max_examples=count, deadline=None, **options)
