"""Payment Links at Stripe; implements `checkout.model.LinkGateway`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.reads import Raw, list_raw, sold_prices
from learnermax_cli.adapters.stripe.writes import create_once, idempotency_keys, write_until_answered
from learnermax_cli.checkout.model import NewLink
from learnermax_cli.products.model import ListedLink

if TYPE_CHECKING:
    from stripe.params import PaymentLinkCreateParams


class StripeLinks:
    """Links can be created and made inactive, but neither deleted nor pointed at another price."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def list_active_links(self) -> list[ListedLink]:
        """Read all active links with what they sell."""
        pages = list_raw(self._client, "/v1/payment_links", active="true", expand=["data.line_items"])
        return [_link(raw) for page in pages for raw in page]

    def create_link(self, new: NewLink, replaces: Sequence[str]) -> ListedLink:
        """Create a link once, whatever answer was lost; `replaces` are the links that it replaces."""
        params = _create_params(new)
        return create_once(
            f"creating a payment link for {new.metadata['courseId']}",
            idempotency_keys("link", {**params, "replaces": sorted(replaces)}),
            lambda key: self._client.v1.payment_links.create(params, {"idempotency_key": key}),
            _link,
            # The link of a replayed answer may have been made inactive since.
            lambda _: self._find_made(new),
        )

    def deactivate_link(self, link_id: str) -> None:
        """Make a link inactive."""
        with stripe_errors(f"making {link_id} inactive"):
            write_until_answered(lambda: self._client.v1.payment_links.update(link_id, {"active": False}))

    def _find_made(self, new: NewLink) -> ListedLink | None:
        fitting = [
            link
            for link in self.list_active_links()
            if link.price_ids == (new.price_id,) and link.metadata == new.metadata
        ]
        return min(fitting, key=lambda link: link.link_id, default=None)


def _create_params(new: NewLink) -> "PaymentLinkCreateParams":
    params: PaymentLinkCreateParams = {
        "line_items": [{"price": new.price_id, "quantity": 1}],
        "metadata": dict(new.metadata),
        "payment_intent_data": {"metadata": dict(new.metadata)},
        "expand": ["line_items"],
    }
    if new.return_url is not None:
        params["after_completion"] = {"type": "redirect", "redirect": {"url": new.return_url}}
    return params


def _link(raw: Raw) -> ListedLink:
    return ListedLink(raw["id"], raw["url"], sold_prices(raw["line_items"]), raw["active"], raw["metadata"] or {})
