"""Products: create, update, delete, list."""

from collections.abc import Mapping
from typing import Any

from learnermax_cli.sandbox.stripe_api.errors import exclusive, invalid, refused
from learnermax_cli.sandbox.stripe_api.ids import new_id
from learnermax_cli.sandbox.stripe_api.lists import list_page
from learnermax_cli.sandbox.stripe_api.metadata import merge_metadata
from learnermax_cli.sandbox.stripe_api.resources.price_building import built_price
from learnermax_cli.sandbox.stripe_api.resources.stored import change, named, stored
from learnermax_cli.sandbox.stripe_api.resources.urls import require_url
from learnermax_cli.sandbox.stripe_api.routing import Call
from learnermax_cli.sandbox.stripe_api.store import Object, replaced

MAX_IMAGES = 8
MAX_MARKETING_FEATURES = 15
_PLAIN_FIELDS = (
    "active", "description", "images", "marketing_features", "name", "package_dimensions", "shippable",
    "statement_descriptor", "tax_code", "tax_details", "unit_label", "url",
)  # fmt: skip


def create(call: Call) -> Object:
    """Make a product, and with `default_price_data` its price and default in the same step."""
    params = call.params
    product = built_product(call, params)
    if "default_price_data" in params:
        price = built_price(call, params["default_price_data"], product["id"], "default_price_data")
        product = replaced(product, {"default_price": price["id"]})
        call.data["price"].put(price)
    call.data["product"].put(product)
    return product


def built_product(call: Call, params: Mapping[str, Any]) -> Object:
    """Return a new product, not stored yet; raises 400 when its id is taken."""
    _check(params)
    product_id = params.get("id") or new_id("prod")
    metadata = merge_metadata({}, params.get("metadata"))
    if call.data["product"].get(product_id) is not None:
        raise refused(f"Product already exists: {product_id}", "id", "resource_already_exists")
    defaults: Object = {
        "id": product_id,
        "object": "product",
        "active": True,
        "created": call.now,
        "default_price": None,
        "description": None,
        "images": [],
        "livemode": call.livemode,
        "marketing_features": [],
        "metadata": metadata,
        "name": None,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": None,
        "tax_code": None,
        "tax_details": None,
        "type": params.get("type", "service"),
        "unit_label": None,
        "updated": call.now,
        "url": None,
    }
    return {**defaults, **_changes(params)}


def update(call: Call) -> Object:
    """Change a product; a default price must be an active one of its own."""
    product = stored(call, "product")
    _check(call.params)
    changes = _changes(call.params)
    if "default_price" in call.params:
        changes["default_price"] = _own_active_price(call, product["id"], call.params["default_price"])
    return change(call, product, {**changes, "updated": call.now})


def delete(call: Call) -> Object:
    """Delete a product that has no prices."""
    product = stored(call, "product")
    if any(price["product"] == product["id"] for price in call.data["price"].values()):
        raise refused("This product cannot be deleted because it has one or more user-created prices.")
    call.data["product"].remove(product["id"])
    return {"id": product["id"], "object": "product", "deleted": True}


def list_products(call: Call) -> Object:
    """Return a page of products."""
    params = call.params
    ids = params.get("ids")
    if ids is not None and (cursors := [name for name in ("starting_after", "ending_before") if name in params]):
        raise exclusive(["ids", *cursors])
    equal = {name: params[name] for name in ("active", "shippable", "type", "url") if name in params}

    def matches(product: Object) -> bool:
        if ids is not None and product["id"] not in ids:
            return False
        return all((product[name] or False) == value for name, value in equal.items())

    return list_page(call.data["product"], "product", params, call.path, matches)


def _own_active_price(call: Call, product_id: str, price_id: str) -> str:
    price = named(call.data, "price", price_id, "default_price")
    if price["product"] != product_id:
        message = f"The price `{price_id}` does not belong to the product `{product_id}`."
        raise refused(message, "default_price")
    if not price["active"]:
        raise refused("The price specified is inactive. This field only accepts active prices.", "default_price")
    return price_id


def _changes(params: Mapping[str, Any]) -> Object:
    changes = {name: params[name] for name in _PLAIN_FIELDS if name in params}
    for name in ("images", "marketing_features"):
        if changes.get(name) == "":
            changes[name] = []
    if isinstance(changes.get("tax_details"), dict):
        changes["tax_details"] = {"performance_location": None, "tax_code": None, **changes["tax_details"]}
    return {name: None if value == "" else value for name, value in changes.items()}


def _check(params: Mapping[str, Any]) -> None:
    images = params.get("images") or []
    if len(images) > MAX_IMAGES:
        raise invalid(f"You can specify at most {MAX_IMAGES} images.", "images")
    if len(params.get("marketing_features") or []) > MAX_MARKETING_FEATURES:
        raise invalid(f"You can specify at most {MAX_MARKETING_FEATURES} marketing features.", "marketing_features")
    for position, url in enumerate(images):
        require_url(url, f"images[{position}]")
    if params.get("url"):
        require_url(params["url"], "url")
    if not params.get("name", "unchanged").strip():
        raise invalid("The product name cannot be blank.", "name", "parameter_invalid_string_blank")
