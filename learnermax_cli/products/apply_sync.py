"""Carries out a `CoursePlan`, change by change, in an order that is safe wherever a crash ends it."""

from collections.abc import Iterator

from learnermax_cli.core.ownership import marker
from learnermax_cli.courses.model import PRODUCT_FIELDS, CourseStore
from learnermax_cli.planning.change import Change
from learnermax_cli.products.model import CatalogGateway
from learnermax_cli.products.plan_course import CoursePlan


class CourseSync:
    """Carries out the plan of one course."""

    def __init__(self, plan: CoursePlan, gateway: CatalogGateway, store: CourseStore, environment: str) -> None:
        self._plan = plan
        self._gateway = gateway
        self._store = store
        self._marker = marker(environment, plan.course_id)
        self._price_id = plan.price_id

    def carry_out(self) -> Iterator[None]:
        """Carry out each change in turn and yield after it; raises LmxError at the one that fails."""
        for change in self._plan.changes:
            self._carry_out(change)
            yield

    def _carry_out(self, change: Change) -> None:
        match change.kind, change.action:
            case "product", "create":
                assert self._plan.desired is not None
                self._price_id = self._gateway.create_product(self._plan.product_id, self._plan.desired, self._marker)
            case "product", "link":
                assert self._plan.course is not None
                assert self._price_id is not None
                self._store.put_stripe_ids(self._plan.course, self._plan.product_id, self._price_id)
            case "product", "archive":
                self._gateway.update_product(self._plan.product_id, {"active": False})
            case "product", _:
                self._gateway.update_product(self._plan.product_id, self._product_fields(change))
            case "price", "adopt":
                self._gateway.update_price(_price_id(change), {"metadata": self._marker})
            case "price", "archive":
                self._gateway.update_price(_price_id(change), {"active": False})
            case _:
                self._make_default()

    def _product_fields(self, change: Change) -> dict[str, object]:
        after = change.after or {}
        # Stripe takes the empty text for "none" [stripe.params.ProductUpdateParams].
        fields = {name: after[name] or "" for name in PRODUCT_FIELDS if name in after}
        active = {"active": after["active"]} if "active" in after else {}
        return {**fields, **active, "metadata": self._marker}

    def _make_default(self) -> None:
        assert self._plan.desired is not None
        if self._price_id is None:
            money, replaces = self._plan.desired.money, self._plan.replaces
            self._price_id = self._gateway.create_price(self._plan.product_id, money, self._marker, replaces)
        self._gateway.update_product(self._plan.product_id, {"default_price": self._price_id})


def _price_id(change: Change) -> str:
    return str((change.before or {})["stripePriceId"])
