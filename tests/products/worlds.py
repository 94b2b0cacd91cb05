"""Worlds for `products sync`: courses and products put in place, and what is there afterwards in comparable form."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from learnermax_cli.core.ownership import foreign_metadata
from tests import ran
from tests.items import IMAGE, course_item
from tests.running import Sandbox

if TYPE_CHECKING:
    from stripe.params import ProductCreateParams

COURSE = "TEST-COURSE-003"
PRODUCT = f"lmx_sandbox_{COURSE}"
LINKS = ("stripeProductId", "stripePriceId")


@dataclass(frozen=True, slots=True)
class Ran(ran.Ran):
    """How one sync ended."""

    @property
    def changes(self) -> list[dict[str, Any]]:
        """The changes without what became of them."""
        return [
            {name: value for name, value in change.items() if name not in ("outcome", "error")}
            for change in self.report["changes"]
        ]

    @property
    def outcomes(self) -> list[tuple[str, str, str, str]]:
        """Key, action, kind and outcome of each change."""
        return [(c["key"], c["action"], c["kind"], c["outcome"]) for c in self.report["changes"]]

    @property
    def findings(self) -> list[tuple[str, str]]:
        """Kind and key of each finding."""
        return [(finding["kind"], finding["key"]) for finding in self.report["findings"]]


def sync(sandbox: Sandbox, *args: str, env: Mapping[str, str | None] | None = None) -> Ran:
    """Run `products sync --yes -o json` to its end."""
    done = sandbox.run("products", "sync", "--yes", "-o", "json", *args, env=env)
    return Ran.read(done.returncode, done.stdout, done.stderr)


def put_course(sandbox: Sandbox, course_id: str, price: str | None, **attributes: object) -> None:
    """Put a course item into the table."""
    sandbox.dynamodb().put_item(Item=course_item(course_id, price, **attributes))


def put_courses(sandbox: Sandbox, course_ids: Iterable[str]) -> None:
    """Put courses into the table in batches, each for 19.99."""
    with sandbox.dynamodb().batch_writer() as batch:
        for course_id in course_ids:
            batch.put_item(Item=course_item(course_id, "19.99"))


def edit_course(sandbox: Sandbox, course_id: str, **attributes: object) -> None:
    """Set attributes of a course item, as the site's own pages do."""
    names = {f"#{index}": name for index, name in enumerate(attributes)}
    sandbox.dynamodb().update_item(
        Key={"PK": f"COURSE#{course_id}", "SK": "METADATA"},
        UpdateExpression="SET " + ", ".join(f"{place} = :{place[1:]}" for place in names),
        ExpressionAttributeNames=names,
        ExpressionAttributeValues={f":{place[1:]}": cast("Any", attributes[name]) for place, name in names.items()},
    )


def read_course(sandbox: Sandbox, course_id: str) -> dict[str, Any]:
    """Return a course item."""
    answer = sandbox.dynamodb().get_item(Key={"PK": f"COURSE#{course_id}", "SK": "METADATA"}, ConsistentRead=True)
    return dict(answer["Item"])


def marker(course_id: str, environment: str = "sandbox") -> dict[str, str]:
    """Return the metadata that makes an object at Stripe lmx's."""
    return {"managedBy": "lmx", "environment": environment, "courseId": course_id}


def make_product(
    sandbox: Sandbox, product_id: str, course_id: str, amount: int, metadata: Mapping[str, str] | None
) -> str:
    """Make a product with a default price at Stripe, as lmx does or, without metadata, by hand; return the price id."""
    params: ProductCreateParams = {
        "id": product_id,
        "name": f"Course {course_id}",
        "description": "All about it.",
        "images": [IMAGE],
        "default_price_data": {"currency": "usd", "unit_amount": amount},
    }
    if metadata is not None:
        params["metadata"] = dict(metadata)
        params["default_price_data"]["metadata"] = dict(metadata)
    return str(sandbox.stripe().v1.products.create(params).default_price)


def synced_course(sandbox: Sandbox, course_id: str = COURSE, price: str = "99.99", **attributes: object) -> str:
    """Put a course in place as a sync leaves it, product and price included; return the price id."""
    product_id = f"lmx_sandbox_{course_id}"
    price_id = make_product(sandbox, product_id, course_id, int(Decimal(price) * 100), marker(course_id))
    put_course(sandbox, course_id, price, stripeProductId=product_id, stripePriceId=price_id, **attributes)
    return price_id


def add_price(sandbox: Sandbox, product_id: str, amount: int, metadata: Mapping[str, str] | None = None) -> str:
    """Make a further active price of a product; return its id."""
    return (
        sandbox.stripe()
        .v1.prices.create(
            {"product": product_id, "currency": "usd", "unit_amount": amount, "metadata": dict(metadata or {})}
        )
        .id
    )


def make_bare_product(sandbox: Sandbox, product_id: str, course_id: str = COURSE) -> None:
    """Make a product by hand through the API, which sets no default price."""
    sandbox.stripe().v1.products.create(
        {"id": product_id, "name": f"Course {course_id}", "description": "All about it.", "images": [IMAGE]}
    )


def decorate_price(sandbox: Sandbox, price_id: str) -> None:
    """Give a price all that a price can have beside its amount."""
    sandbox.stripe().v1.prices.update(
        price_id,
        {
            "nickname": "Gold",
            "lookup_key": "gold",
            "tax_behavior": "exclusive",
            "metadata": {"campaign": "spring", "seats": "20"},
        },
    )


Extras = tuple[int | None, bool, str | None, str | None, str | None, dict[str, str]]


def read_extras(sandbox: Sandbox, product_id: str) -> list[Extras]:
    """Return of every price of a product: amount, active, nickname, lookup key, tax behavior, foreign metadata."""
    prices = sandbox.stripe().v1.prices.list({"limit": 100, "product": product_id}).auto_paging_iter()
    extras = [
        (p.unit_amount, p.active, p.nickname, p.lookup_key, p.tax_behavior, foreign_metadata(p.metadata.to_dict()))
        for p in prices
    ]
    return sorted(extras, key=str)


def read_products(sandbox: Sandbox) -> dict[str, dict[str, Any]]:
    """Return every product by id, its active prices without their ids, and whether one of them is the default."""
    client = sandbox.stripe()
    prices: dict[str, list[tuple[int | None, str, bool, dict[str, str]]]] = {}
    defaults: dict[str, str] = {}
    for product in client.v1.products.list({"limit": 100}).auto_paging_iter():
        prices[product.id] = []
        defaults[product.id] = str(product.default_price)
    for price in client.v1.prices.list({"limit": 100, "active": True}).auto_paging_iter():
        owner = str(price.product)
        is_default = defaults[owner] == price.id
        prices[owner].append((price.unit_amount, price.currency, is_default, price.metadata.to_dict()))
    return {
        product.id: {
            "name": product.name,
            "description": product.description,
            "images": list(product.images),
            "active": product.active,
            "metadata": product.metadata.to_dict(),
            "prices": sorted(prices[product.id], key=str),
        }
        for product in client.v1.products.list({"limit": 100}).auto_paging_iter()
    }


def read_state(sandbox: Sandbox) -> dict[str, Any]:
    """Return all that a sync may touch, without what each run makes up: price ids and times."""
    defaults = {
        product.id: str(product.default_price)
        for product in sandbox.stripe().v1.products.list({"limit": 100}).auto_paging_iter()
    }
    courses: dict[str, Any] = {}
    for item in sandbox.dynamodb().scan(ConsistentRead=True)["Items"]:
        product_id = str(item.get("stripeProductId"))
        courses[str(item["courseId"])] = {
            **{name: value for name, value in item.items() if name not in LINKS},
            "product": product_id,
            "linked": item.get("stripePriceId") == defaults.get(product_id),
        }
    return {
        "courses": courses,
        "products": read_products(sandbox),
        "extras": {product_id: read_extras(sandbox, product_id) for product_id in defaults},
    }


def only_price(
    amount: int, course_id: str = COURSE, environment: str = "sandbox"
) -> list[tuple[int, str, bool, dict[str, str]]]:
    """Return the `prices` of a product with one active price of ours, its default."""
    return [(amount, "usd", True, marker(course_id, environment))]


def require_sold_for(
    sandbox: Sandbox, amount: int, course_id: str = COURSE, product_id: str = PRODUCT, environment: str = "sandbox"
) -> None:
    """Assert that a course has one product with one active price, which is its default and linked."""
    state = read_state(sandbox)
    assert only_price(amount, course_id, environment) == state["products"][product_id]["prices"]
    assert state["products"][product_id]["active"] is True
    course = state["courses"][course_id]
    assert (product_id, True) == (course["product"], course["linked"])
    named = [p for p, product in state["products"].items() if product["metadata"].get("courseId") == course_id]
    assert [product_id] == named
