"""Prices: create, retrieve, update, list. What an update may change is what the SDK's update parameters hold."""

from learnermax_cli.sandbox.stripe_api.errors import exclusive, invalid, refused
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.metadata import merge_metadata
from learnermax_cli.sandbox.stripe_api.resources.currencies import require_currency
from learnermax_cli.sandbox.stripe_api.resources.price_building import built_price, currency_options
from learnermax_cli.sandbox.stripe_api.resources.products import built_product
from learnermax_cli.sandbox.stripe_api.resources.stored import named, stored
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Object, replaced

MAX_LOOKUP_KEYS = 10


def create(call: Call) -> Object:
    """Make a price for a product, or for a new product of `product_data`."""
    params = call.params
    if "product" in params and "product_data" in params:
        raise exclusive(["product", "product_data"])
    if "product" not in params and "product_data" not in params:
        raise invalid("You must specify either `product` or `product_data` when creating a price.")
    if "product" in params:
        product = named(call.data, "product", params["product"], "product")
        price = built_price(call, params, product["id"])
    else:
        product = built_product(call, params["product_data"])
        price = built_price(call, params, product["id"])
        call.data["product"].put(product)
    _take_lookup_key(call, price["id"])
    call.data["price"].put(price)
    return price


def update(call: Call) -> Object:
    """Change a price; the default price of a product cannot be archived."""
    price, params = stored(call, "price"), call.params
    changes: Object = {name: params[name] for name in ("active", "nickname", "lookup_key") if name in params}
    changes["metadata"] = merge_metadata(price["metadata"], params.get("metadata"))
    if "tax_behavior" in params:
        changes["tax_behavior"] = _tax_behavior(price, params["tax_behavior"])
    if "currency_options" in params:
        options = currency_options(params["currency_options"] or None, price["currency"])
        own = {price["currency"]: price["currency_options"][price["currency"]]}
        kept = price["currency_options"] if options else own
        changes["currency_options"] = {**kept, **options}
    if params.get("active") is False and _is_default(call, price):
        raise refused("This price cannot be archived because it is the default price of its product.")
    _take_lookup_key(call, price["id"])
    changed = replaced(price, changes)
    call.data["price"].put(changed)
    return changed


def list_prices(call: Call) -> Object:
    """Return a page of prices."""
    params = call.params
    lookup_keys = params.get("lookup_keys")
    if lookup_keys is not None and len(lookup_keys) > MAX_LOOKUP_KEYS:
        raise invalid(f"You can specify at most {MAX_LOOKUP_KEYS} lookup keys.", "lookup_keys")
    if "product" in params:
        named(call.data, "product", params["product"], "product")
    if "currency" in params:
        require_currency(params["currency"], "currency")
    equal = {name: params[name] for name in ("active", "currency", "product", "type") if name in params}
    recurring = params.get("recurring", {})

    def matches(price: Object) -> bool:
        if lookup_keys is not None and price["lookup_key"] not in lookup_keys:
            return False
        if any((price["recurring"] or {}).get(name) != value for name, value in recurring.items()):
            return False
        return all(price[name] == value for name, value in equal.items())

    return list_page(call.data["price"], "price", params, call.path, matches)


def _is_default(call: Call, price: Object) -> bool:
    product = call.data["product"].get(price["product"])
    return product is not None and product["default_price"] == price["id"]


def _take_lookup_key(call: Call, price_id: str) -> None:
    """Free the wanted lookup key from its holder, archived or not, if the request says so; else refuse."""
    wanted = call.params.get("lookup_key")
    if wanted is None:
        return
    for holder in list(call.data["price"].values()):
        if holder["lookup_key"] != wanted or holder["id"] == price_id:
            continue
        if not call.params.get("transfer_lookup_key"):
            raise refused(f"A price (`{holder['id']}`) already uses that lookup key.", "lookup_key")
        call.data["price"].put(replaced(holder, {"lookup_key": None}))


def _tax_behavior(price: Object, wanted: str) -> str:
    if price["tax_behavior"] not in ("unspecified", wanted):
        raise refused(f"You cannot change `tax_behavior` once it is set to `{price['tax_behavior']}`.", "tax_behavior")
    return wanted
