"""Which price a course is sold for, which one it keeps, and what that one takes over from its predecessor. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import foreign_metadata, is_ours, is_unmarked
from learnermax_cli.courses.model import Course
from learnermax_cli.products.model import ListedPrice, ListedProduct


@dataclass(frozen=True, slots=True)
class PriceChoice:
    """What becomes of the active prices of a product."""

    sold: ListedPrice | None
    """What the product is sold for now; of one that is adopted, what it is adopted with."""
    adopts: bool
    """Whether that price is not ours yet, and becomes so with its product."""
    kept: ListedPrice | None
    """The price of ours that is right already."""
    leaving: tuple[ListedPrice, ...]
    """Our other prices."""
    replaced: ListedPrice | None
    """The one of those whose place is taken."""

    @property
    def takes_over(self) -> Mapping[str, object]:
        """What the price that stays has, beside its amount, once all is done: its own, else its predecessor's.

        That is the same before and after each single write, so that a plan after a crash says what the first one said.
        """
        if self.replaced is None:
            return {}
        pair = [price for price in (self.kept, self.replaced) if price is not None]
        # A lookup key belongs to one price alone: another run may have moved it to any of ours.
        holders = (*pair, *self.leaving)
        foreign = {name: value for price in reversed(pair) for name, value in foreign_metadata(price.metadata).items()}
        values = {
            "tax_behavior": _first(price.tax_behavior for price in pair),
            "nickname": _first(price.nickname for price in pair),
            "lookup_key": _first(price.lookup_key for price in holders),
            "metadata": foreign,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def lacks(self) -> Mapping[str, object]:
        """The part of what is taken over that the price that stays does not have yet."""
        if self.kept is None:
            return self.takes_over
        if self.kept is self.sold:  # nothing is replaced, but a lookup key must not end on a price that sells nothing
            key = None if self.kept.lookup_key else _first(price.lookup_key for price in self.leaving)
            return {"lookup_key": key} if key else {}
        has = {name: getattr(self.kept, name) for name in ("tax_behavior", "nickname", "lookup_key")}
        has["metadata"] = foreign_metadata(self.kept.metadata)
        return {name: value for name, value in self.takes_over.items() if has[name] != value}


def find_sold_price(
    course: Course, product: ListedProduct, prices: Sequence[ListedPrice], environment: str
) -> ListedPrice | None:
    """Return what a product is sold for: its default price; while it is not ours yet, first the one the course names.

    Products and prices made by API or CLI have no default price.
    """
    by_id = {price.price_id: price for price in prices}
    named = by_id.get(course.price_id or "")
    if named is None or is_ours(product.metadata, environment):
        return by_id.get(product.default_price_id or "")
    # After a crash the price is ours already, and its product is not.
    adoptable = is_unmarked(named.metadata) or is_ours(named.metadata, environment)
    return named if adoptable else by_id.get(product.default_price_id or "")


def choose_price(
    course: Course, money: Money, product: ListedProduct, prices: Sequence[ListedPrice], environment: str
) -> PriceChoice:
    """Return what becomes of the active prices of a course's product."""
    sold = find_sold_price(course, product, prices, environment)
    adopts = sold is not None and not is_ours(product.metadata, environment) and is_unmarked(sold.metadata)
    ours = [p for p in prices if is_ours(p.metadata, environment) or (adopts and p is sold)]
    # Of the prices with the right amount the one sold now is kept, else the one that the course names, else the oldest.
    fitting = [price for price in ours if price.money == money]
    oldest = min(fitting, key=_age, default=None)
    kept = _sold_or_named(fitting, sold, course) or oldest
    leaving = tuple(price for price in ours if price is not kept)
    replaced = _sold_or_named(leaving, sold, course) or max(leaving, key=_age, default=None)
    return PriceChoice(sold, adopts, kept, leaving, replaced)


def _sold_or_named(prices: Sequence[ListedPrice], sold: ListedPrice | None, course: Course) -> ListedPrice | None:
    by_id = {price.price_id: price for price in prices}
    return by_id.get(sold.price_id if sold else "") or by_id.get(course.price_id or "")


def _age(price: ListedPrice) -> tuple[int, str]:
    return price.created, price.price_id


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value), None)
