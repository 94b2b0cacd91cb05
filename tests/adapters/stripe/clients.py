"""A Stripe client at the sandbox, as commands build it, and what the sandbox heard of it."""

import time

import stripe

from learnermax_cli.adapters.stripe.client import build_stripe
from learnermax_cli.config.keys import parse_stripe_key
from learnermax_cli.config.settings import Flags, load_settings
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retry_policy import BATCH, RetryPolicy
from learnermax_cli.core.secret_text import SecretText
from tests.running import Sandbox

HASTY = BATCH._replace(longest_pause=0.0)
"""The policy of commands without pauses: the number of requests is what tests are about."""


def build(sandbox: Sandbox, policy: RetryPolicy = HASTY, rate: float = 1000) -> stripe.StripeClient:
    """Return a client at the sandbox that goes by a policy."""
    return build_at(sandbox.info.stripe_url, sandbox.info.secret_key, policy, rate)


def build_at(url: str, key: str, policy: RetryPolicy = HASTY, rate: float = 1000) -> stripe.StripeClient:
    """Return a client at any address."""
    settings = load_settings(Flags(), {"STRIPE_API_BASE": url, "LMX_MAX_RATE": str(rate)})
    parsed = parse_stripe_key("STRIPE_SECRET_KEY", SecretText(key))
    return build_stripe(parsed, settings, Meter(time.monotonic), lambda line: None, policy)


def requests(sandbox: Sandbox, since: int = 0) -> list[str]:
    """Return the operations that Stripe was asked for."""
    return [entry["operation"] for entry in sandbox.control.journal(since) if entry["service"] == "stripe"]
