"""The options of a sync from flags and settings; a flag wins."""

from collections.abc import Sequence

from learnermax_cli.config.settings import Settings, currency_code, positive_decimal
from learnermax_cli.core.money import PriceUnit
from learnermax_cli.products.model import SyncOptions


def sync_options(
    settings: Settings,
    courses: Sequence[str] | None,
    currency: str | None,
    price_unit: PriceUnit | None,
    max_price: str | None,
) -> SyncOptions:
    """Return how a sync reads prices; raises UsageError for a flag that makes no sense."""
    return SyncOptions(
        environment=settings.environment,
        currency=currency_code(currency, "--currency") if currency else settings.currency or "usd",
        price_unit=price_unit or settings.price_unit,
        max_price=positive_decimal(max_price, "--max-price") or settings.max_price,
        only=frozenset(courses or ()),
    )
