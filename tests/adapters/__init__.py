"""Tests of adapters."""


class Nobody:
    """Hears of requests, and says nothing."""

    def debug(self, text: str) -> None:
        """Hear of each request."""

    def waiting(self, text: str) -> None:
        """Hear what a wait is for."""
