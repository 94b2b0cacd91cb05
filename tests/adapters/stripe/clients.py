"""A Stripe client at the sandbox, as commands build it, and what the sandbox heard of it."""

import threading
import time

import stripe

from learnermax_cli.adapters.stripe.client import build_stripe
from learnermax_cli.adapters.stripe.http import PacedHttpClient
from learnermax_cli.config.keys import parse_stripe_key
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import BATCH, RateLimiter, RetryPolicy
from learnermax_cli.core.secret_text import SecretText
from tests.adapters import Nobody
from tests.running import Sandbox

HASTY = BATCH._replace(longest_pause=0.0)
"""The policy of commands without pauses: the number of requests is what tests are about."""


def build(
    sandbox: Sandbox, policy: RetryPolicy = HASTY, rate: float = 1000, stop: threading.Event | None = None
) -> stripe.StripeClient:
    """Return a client at the sandbox that goes by a policy."""
    http = PacedHttpClient(RateLimiter(rate), Meter(time.monotonic), Nobody(), policy, stop or threading.Event())
    return _build(sandbox.info.stripe_url, sandbox.info.secret_key, http)


def build_at(url: str, key: str = "sk_test_" + "a1" * 20) -> stripe.StripeClient:
    """Return a client at any address, without pauses."""
    http = PacedHttpClient(RateLimiter(1000), Meter(time.monotonic), Nobody(), HASTY, threading.Event())
    return _build(url, key, http)


def _build(url: str, key: str, http: PacedHttpClient) -> stripe.StripeClient:
    return build_stripe(parse_stripe_key("STRIPE_SECRET_KEY", SecretText(key)), url, http)


def requests(sandbox: Sandbox, since: int = 0) -> list[str]:
    """Return the operations that Stripe was asked for."""
    return [entry["operation"] for entry in sandbox.control.journal(since) if entry["service"] == "stripe"]
