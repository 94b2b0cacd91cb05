"""Fixtures of the enrollments' tests."""

from collections.abc import Iterator

import pytest

from tests.products.preloaded import Preloaded, preloaded


@pytest.fixture(scope="session")
def lmx() -> Iterator[Preloaded]:
    """The command, loaded once per worker."""
    with preloaded() as process:
        yield process
