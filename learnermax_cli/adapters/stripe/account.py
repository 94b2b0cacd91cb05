"""The account behind a Stripe key, as far as it can be learned."""

import re

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.config.keys import StripeKey

_ACCOUNT = re.compile(r"\bacct_[A-Za-z0-9]+\b")


def read_account(client: stripe.StripeClient, key: StripeKey) -> str | None:
    """Read the account of a key; a restricted key may not ask (403), then the refusal or the key names it."""
    with stripe_errors("reading the Stripe account"):
        try:
            return client.v1.accounts.retrieve_current().id
        except stripe.PermissionError as refusal:
            named = _ACCOUNT.search(refusal.user_message or "")
            return named.group() if named else key.account
