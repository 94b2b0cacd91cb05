"""A report of everything that a plan can hold, with names that would act where text is not made harmless."""

from dataclasses import replace
from decimal import Decimal

from learnermax_cli.core.meter import MeterReading
from learnermax_cli.planning.change import Result, planned
from learnermax_cli.planning.report import Changes, Report, StripeIdentity
from learnermax_cli.products.plan_sync import plan_sync
from learnermax_cli.products.sync import summarize
from tests.products.catalogs import OPTIONS, catalog, course, ours, price, product

HOSTILE = (
    "[red]",
    "[/x]",
    "::error::x",
    "::add-mask::x",
    "##[error]x",
    "a|b",
    "<b>bold</b><img src=x>",
    "\x1b[31mred\x1b[0m",
    "`code`",
    "@someone",
    "two\nlines\r\n::warning::x",
    "right\u202eto\u2066left",
    "![x](https://evil.test)",
    "https://evil.test www.evil.test",
    "&lt;b&gt;",
    "**b** _i_ ~~s~~ #1",
    "\x9b31m\x07\x08\x7f",
    "\u2028separator\u2029",
    ":smile: $x$",
)


def hostile_report(*, applied: bool = False) -> Report:
    """Return the report of a sync whose courses, findings and reasons carry every hostile text."""
    courses = [course(f"c{number:02}", name=text) for number, text in enumerate(HOSTILE)]
    courses += [course(f"bad {text}", price=text) for text in HOSTILE]
    courses += [
        course("old", name="New name", stripeProductId="prod_old", stripePriceId="price_old"),
        course("soon", comingSoon=True, price=Decimal(4999)),
        course("contested"),
    ]
    products = [
        product("prod_old", ours("old"), default="price_old", name=HOSTILE[0]),
        product("prod_x", ours("contested")),
        product("prod_y", ours("contested")),
        *(product(f"prod_{number:02}", ours(f"gone {text}")) for number, text in enumerate(HOSTILE)),
    ]
    prices = [
        price("price_old", 2000, ours("old"), product_id="prod_old"),
        price("price_f", 1, {}, product_id="prod_old"),
    ]
    plan = plan_sync(courses, catalog(products, prices), replace(OPTIONS, environment="sandbox"))
    results = planned(plan.changes)
    if applied:
        failed = [
            Result(result.change, "failed", f"Stripe said {text}")
            for result, text in zip(results, HOSTILE, strict=False)
        ]
        results = (*failed, *(Result(result.change, "applied") for result in results[len(failed) :]))
    return Report(
        command="products sync",
        unit="course",
        environment="sandbox",
        body=Changes(results, plan.skipped),
        dry_run=not applied,
        stripe=StripeIdentity("test", "acct_1"),
        findings=plan.findings,
        warnings=tuple(f"image of {text}" for text in HOSTILE[:3]),
        notes=tuple(HOSTILE),
        summary=summarize(plan, results),
        summary_line="Plan: 1 to add.",
        meter=MeterReading(2, 0, 0, 1.5, 0.0, 0.8),
    )


def calm_report() -> Report:
    """Return the report of a sync in which each kind of change occurs once, in plain words."""
    courses = [
        course("new", name="New course", description="Words " * 20, imageUrl="https://example.com/a.png"),
        course("repriced", stripeProductId="prod_repriced", stripePriceId="price_old"),
        course("renamed", name="New name", stripeProductId="prod_renamed", stripePriceId="price_r"),
        course("handmade", stripeProductId="prod_hand", stripePriceId="price_hand"),
        course("soon", comingSoon=True),
        course("unit", price=Decimal(4999)),
        course("done", stripeProductId="prod_done", stripePriceId="price_done"),
    ]
    products = [
        product("prod_repriced", ours("repriced"), default="price_old"),
        product("prod_renamed", ours("renamed"), default="price_r", name="Old name"),
        product("prod_hand", {}, default="price_hand"),
        product("prod_done", ours("done"), default="price_done"),
        product("prod_orphan", ours("orphan"), default=None),
    ]
    prices = [
        price("price_old", 2000, ours("repriced"), product_id="prod_repriced"),
        price("price_r", 4999, ours("renamed"), product_id="prod_renamed"),
        price("price_foreign", 700, {}, product_id="prod_renamed"),
        price("price_hand", 4999, {}, product_id="prod_hand"),
        price("price_done", 4999, ours("done"), product_id="prod_done"),
    ]
    plan = plan_sync(courses, catalog(products, prices), OPTIONS)
    return Report(
        command="products sync",
        unit="course",
        environment="sandbox",
        body=Changes(planned(plan.changes), plan.skipped),
        dry_run=True,
        stripe=StripeIdentity("test", "acct_1"),
        findings=plan.findings,
        summary=summarize(plan, planned(plan.changes)),
        summary_line="Plan: 1 to add, 3 to change, 0 to archive, 1 unchanged, 2 skipped.",
        meter=MeterReading(2, 0, 0, 1.5, 0.0, 0.8),
    )
