"""How long a request to a service may take, and how often it is sent: one policy for each run."""

from typing import NamedTuple


class RetryPolicy(NamedTuple):
    """The limits of one operation; times are in seconds."""

    tries: int
    """How often it is sent when it fails; being throttled is no failure, and ends with the time alone."""
    longest_pause: float
    """Between two tries."""
    connect: float
    read: float
    in_all: float
    """No try begins that could not end within this time."""
    interactive: bool
    """Somebody waits for each answer: waiting for the own rate limit counts, and no outage ends the process."""


BATCH = RetryPolicy(tries=6, longest_pause=8.0, connect=5.0, read=30.0, in_all=90.0, interactive=False)
INTERACTIVE = RetryPolicy(tries=3, longest_pause=1.0, connect=2.0, read=5.0, in_all=12.0, interactive=True)
"""Checkout waits ten seconds for the answer of its webhook [doc "Webhooks"], which is met while Stripe answers. Where
it does not, the delivery fails in bounded time, and comes again."""
