"""`make test` runs a sample of each matrix and a fifth of the examples of a property, `make test-slow` all others."""

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import settings

ALL_EXAMPLES = "all"
"""The Hypothesis profile of `make test-slow`."""


def sampled(cases: Iterable[Any], one_in: int) -> list[Any]:
    """Return the cases as parameters; all but one in so many are slow.

    A step without a factor in common with the sizes of the inner dimensions meets each of their values.
    """
    return [
        pytest.param(case, marks=() if number % one_in == 0 else pytest.mark.slow) for number, case in enumerate(cases)
    ]


def examples(count: int, **options: Any) -> settings:
    """Return the settings of a property with so many examples."""
    if settings.get_current_profile_name() != ALL_EXAMPLES:
        count //= 5
    return settings(max_examples=count, deadline=None, **options)
