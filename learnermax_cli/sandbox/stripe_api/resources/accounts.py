"""GET /v1/account and /v1/accounts/{id}: the account that the key belongs to."""

from learnermax_cli.sandbox.stripe_api.auth import require_account
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Object

_CREATED = 1_600_000_000


def retrieve_current(call: Call) -> Object:
    """Return the key's own account."""
    return _account(call.key.account)


def retrieve(call: Call) -> Object:
    """Return the account of the path; any but the key's own is refused."""
    require_account(call.key, call.path_params["id"])
    return _account(call.key.account)


def _account(account_id: str) -> Object:
    return {
        "id": account_id,
        "object": "account",
        "business_type": "company",
        "capabilities": {"card_payments": "active", "transfers": "active"},
        "charges_enabled": True,
        "controller": {"type": "account"},
        "country": "US",
        "created": _CREATED,
        "default_currency": "usd",
        "details_submitted": True,
        "email": "sandbox@example.com",
        "metadata": {},
        "payouts_enabled": True,
        "type": "standard",
    }
