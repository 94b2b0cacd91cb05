"""Requests to Stripe that read one object or none; implements `doctor.model.StripeProber`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

import stripe

from learnermax_cli.adapters.stripe.client import named_permission, stripe_errors
from learnermax_cli.core.times import read_http_date
from learnermax_cli.doctor.model import Denial, Permission


class StripeProbes:
    """Lists one object of a kind: Stripe does not list a key's permissions, it only rejects what they lack."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def probe(self, permission: Permission) -> Denial | None:
        """List one object; None when the key may. Raises LmxError for any other failure."""
        with stripe_errors(f"listing {permission.title}"):
            try:
                self._get(permission.path, limit=1)
            except stripe.PermissionError as refusal:
                return Denial(permission, named_permission(refusal))
        return None

    def read_clock(self) -> datetime:
        """Read Stripe's time from an answer's Date, of a refusal too; raises LmxError when nothing is answered."""
        with stripe_errors("reading Stripe's time"):
            try:
                headers = self._get("/v1/account")
            except stripe.StripeError as refusal:
                if not refusal.headers:
                    raise
                headers = refusal.headers
        return read_http_date(headers.get("Date"), "Stripe")

    def _get(self, path: str, **params: Any) -> Mapping[str, str]:
        # The SDK's own headers are a dictionary that knows no case [requests.structures].
        return cast("Mapping[str, str]", cast("Any", self._client.raw_request("get", path, **params)).headers)
