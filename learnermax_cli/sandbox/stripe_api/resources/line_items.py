"""Line items of checkout sessions and payment links: what may be sold, and its total."""

from collections.abc import Mapping, Sequence
from typing import Any

from learnermax_cli.core.money import MAX_UNIT_AMOUNT, minimum_charge
from learnermax_cli.sandbox.stripe_api.errors import exclusive, invalid, refused
from learnermax_cli.sandbox.stripe_api.ids import new_id
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.resources.price_building import built_price
from learnermax_cli.sandbox.stripe_api.resources.products import built_product
from learnermax_cli.sandbox.stripe_api.resources.stored import named
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Collection, Data, Object, replaced

MAX_QUANTITY = 999_999


def built_line_items(call: Call, items: Sequence[Mapping[str, Any]]) -> list[Object]:
    """Return the line items of one-time prices; raises Stripe's error for what cannot be sold."""
    built = [_built_item(call, item, f"line_items[{place}]") for place, item in enumerate(items)]
    currencies = {item["currency"] for item in built}
    if len(currencies) > 1:
        raise refused("All prices on a checkout session must have the same currency.", "line_items")
    return built


def require_sellable(data: Data, price_id: str, param: str) -> Object:
    """Return an active price of an active product; raises Stripe's error for any other."""
    price = named(data, "price", price_id, param)
    if not price["active"]:
        raise refused("The price specified is inactive. This field only accepts active prices.", param)
    product = data["product"].get(price["product"])
    if product is None or not product["active"]:
        message = f"The price `{price_id}` is not available to be purchased because its product is not active."
        raise refused(message, param)
    return price


def require_chargeable(total: int, currency: str) -> None:
    """Raise Stripe's error for a total below the currency's smallest charge; a total of zero is allowed."""
    minimum = minimum_charge(currency)
    if total and minimum is not None and total < minimum.amount:
        message = f"The Checkout Session's total amount due must add up to at least {minimum}"
        raise refused(message, code="amount_too_small")
    if total > MAX_UNIT_AMOUNT:
        message = f"The Checkout Session's total amount due must be no more than {MAX_UNIT_AMOUNT}"
        raise refused(message, code="amount_too_large")


def as_list(items: Sequence[Object], url: str) -> Object:
    """Return line items as the list in their owner."""
    return {"object": "list", "data": list(items), "has_more": False, "url": url}


def page_of(call: Call, items: Sequence[Object]) -> Object:
    """Return a page of an owner's line items, in the order in which they are sold."""
    collection = Collection()
    for place, item in enumerate(reversed(items)):
        collection.put(item, place)
    return list_page(collection, "item", call.params, call.path, lambda _: True)


def discounted(items: Sequence[Object], discount: int) -> list[Object]:
    """Return the line items with a discount taken off, from the first on."""
    left, changed = discount, []
    for item in items:
        amount = min(left, item["amount_subtotal"])
        left -= amount
        total = item["amount_subtotal"] - amount
        changed.append(replaced(item, {"amount_discount": amount, "amount_total": total}))
    return changed


def _built_item(call: Call, item: Mapping[str, Any], param: str) -> Object:
    if "price" in item and "price_data" in item:
        raise exclusive([f"{param}[price]", f"{param}[price_data]"])
    if "price" not in item and "price_data" not in item:
        raise invalid("You must specify either `price` or `price_data` when creating a line item.", param)
    if "quantity" not in item:
        raise invalid(f"Quantity is required. Add `quantity` to `{param}`", f"{param}[quantity]")
    quantity = item["quantity"]
    if not 1 <= quantity <= MAX_QUANTITY:
        raise invalid(f"This value must be between 1 and {MAX_QUANTITY}.", f"{param}[quantity]")
    if "price" in item:
        price = require_sellable(call.data, item["price"], f"{param}[price]")
    else:
        price = _inline_price(call, item["price_data"], f"{param}[price_data]")
    if price["type"] != "one_time":
        message = (
            "You specified `payment` mode but passed a recurring price. Either switch to `subscription` mode or use "
            "only one-time prices."
        )
        raise refused(message, "mode")
    return line_item(call.data, price, quantity, item)


def line_item(data: Data, price: Object, quantity: int, params: Mapping[str, Any] | None = None) -> Object:
    """Return a line item of a price."""
    product = data["product"].get(price["product"]) or {}
    amount = (price["unit_amount"] or 0) * quantity
    adjustable = (params or {}).get("adjustable_quantity")
    if adjustable is not None:
        adjustable = {"enabled": adjustable["enabled"], **{n: adjustable.get(n) for n in ("maximum", "minimum")}}
    return {
        "id": new_id("li"),
        "object": "item",
        "adjustable_quantity": adjustable,
        "amount_discount": 0,
        "amount_subtotal": amount,
        "amount_tax": 0,
        "amount_total": amount,
        "currency": price["currency"],
        "description": product.get("name"),
        "metadata": (params or {}).get("metadata", {}),
        "price": price,
        "quantity": quantity,
    }


def _inline_price(call: Call, params: Mapping[str, Any], param: str) -> Object:
    """Return the inactive price, and product, that Stripe makes of `price_data`."""
    if ("product" in params) == ("product_data" in params):
        raise invalid("You must specify either `product` or `product_data` when creating a price.", param)
    if "product" in params:
        product = named(call.data, "product", params["product"], f"{param}[product]")
    else:
        product = replaced(built_product(call, params["product_data"]), {"active": False})
        call.data["product"].put(product)
    price = replaced(built_price(call, params, product["id"], param), {"active": False})
    call.data["price"].put(price)
    return price
