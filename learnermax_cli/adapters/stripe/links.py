"""Payment Links at Stripe; implements `checkout.model.LinkGateway`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.writes import MAX_ATTEMPTS, idempotency_keys, is_replayed, is_server_failure
from learnermax_cli.checkout.model import NewLink
from learnermax_cli.core.errors import FailedError
from learnermax_cli.products.model import ListedLink

if TYPE_CHECKING:
    from stripe.params import PaymentLinkCreateParams

_PAGE = 100  # the most that a list call returns


class StripeLinks:
    """Links can be made and made inactive, not deleted, and what they sell cannot be changed."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def list_active_links(self) -> list[ListedLink]:
        """Read all active links with what they sell."""
        found: list[ListedLink] = []
        after: dict[str, Any] = {}
        with stripe_errors("listing payment links"):
            while True:
                answer = self._client.raw_request(
                    "get", "/v1/payment_links", limit=_PAGE, active="true", expand=["data.line_items"], **after
                )
                page = cast("Any", answer).data
                found += [_link(raw) for raw in page["data"]]
                if not page["has_more"] or not page["data"]:
                    return found
                after = {"starting_after": page["data"][-1]["id"]}

    def create_link(self, new: NewLink, replaces: Sequence[str]) -> ListedLink:
        """Make a link once, whatever answer was lost; `replaces` are the links that it takes the place of."""
        params = _create_params(new)
        for key in idempotency_keys("link", {**params, "replaces": sorted(replaces)}):
            with stripe_errors(f"creating a payment link for {new.metadata['courseId']}"):
                try:
                    created = self._client.v1.payment_links.create(params, {"idempotency_key": key})
                    if not is_replayed(created):
                        assert created.last_response is not None
                        return _link(cast("dict[str, Any]", created.last_response.data))
                except stripe.APIError as error:
                    if not is_server_failure(error):
                        raise
            # A replayed answer is not the present: the link may have been made inactive since.
            link = self._find_made(new)
            if link is not None:
                return link
        raise _will_not(f"create a payment link for {new.metadata['courseId']}")

    def deactivate_link(self, link_id: str) -> None:
        """Make a link inactive."""
        for _ in range(MAX_ATTEMPTS):
            with stripe_errors(f"making {link_id} inactive"):
                try:
                    self._client.v1.payment_links.update(link_id, {"active": False})
                except stripe.APIError as error:
                    if not is_server_failure(error):
                        raise
                else:
                    return
        raise _will_not(f"make {link_id} inactive")

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


def _link(raw: Mapping[str, Any]) -> ListedLink:
    prices = tuple(_price_of(line) for line in raw["line_items"]["data"])
    return ListedLink(raw["id"], raw["url"], prices, raw["active"], raw["metadata"] or {})


def _price_of(line: Mapping[str, Any]) -> str:
    price = line["price"]
    price_id = price["id"] if isinstance(price, dict) else str(price)
    return price_id if line["quantity"] == 1 else f"{line['quantity']} x {price_id}"


def _will_not(doing: str) -> FailedError:
    return FailedError(
        f"Stripe failed {MAX_ATTEMPTS} times to {doing}", hint="Running again is safe.", code="failed.stripe"
    )
