"""`plan_sync` holds for whatever the table and Stripe may contain, and wherever a run is cut short."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from random import Random

import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import foreign_metadata, is_ours, is_unmarked
from learnermax_cli.courses.model import Course
from learnermax_cli.planning.change import digest
from learnermax_cli.products.model import Catalog, ListedPrice, ListedProduct, SyncOptions
from learnermax_cli.products.plan_locate import depends_on_others
from learnermax_cli.products.plan_sync import SyncPlan, plan_sync
from tests.products.catalogs import ENVIRONMENT, course, ours
from tests.products.stripe_rules import World
from tests.sampling import examples

COURSES = ("a", "b", "c")
PRODUCTS = ("lmx_sandbox_a", "lmx_sandbox_b", "prod_1", "prod_2")
AMOUNTS = (2000, 4999, 9999)

pytestmark = pytest.mark.properties
many = examples(300, suppress_health_check=[HealthCheck.too_slow])

_metadata = st.sampled_from(
    [
        ours("a"),
        ours("b"),
        ours("gone"),
        {},
        {"courseId": "a"},
        {"courseId": "b"},
        ours("a", "prod"),
        {"managedBy": "another tool"},
        {"campaign": "spring"},
        {**ours("a"), "campaign": "autumn", "seats": "20"},
    ]
)
_options = st.builds(
    SyncOptions,
    environment=st.just(ENVIRONMENT),
    prune=st.booleans(),
    include_coming_soon=st.booleans(),
    only=st.sampled_from([frozenset[str](), frozenset({"a"}), frozenset({"gone", "b"})]),
)


@st.composite
def worlds(draw: st.DrawFn) -> World:
    """Draw up to three courses, four products and sixteen prices, right, wrong, foreign and contradictory."""
    products: dict[str, ListedProduct] = {}
    prices: dict[str, ListedPrice] = {}
    for product_id in draw(st.sets(st.sampled_from(PRODUCTS))):
        metadata = draw(_metadata)
        listed = draw(st.lists(_price(product_id, metadata), max_size=4))
        own = {f"price_{product_id}_{n}": p for n, p in enumerate(listed)}
        # A lookup key belongs to one price at a time.
        keys = {price_id: draw(st.sampled_from([None, f"key_{price_id}"])) for price_id in own}
        prices |= {price_id: replace(p, price_id=price_id, lookup_key=keys[price_id]) for price_id, p in own.items()}
        default = draw(st.sampled_from([None, *own]))
        name = draw(st.sampled_from(["Course A", "Old name"]))
        products[product_id] = ListedProduct(product_id, name, None, (), draw(st.booleans()), default, metadata)
    named = draw(st.sets(st.sampled_from(COURSES), min_size=1))
    return World({course_id: draw(_course(course_id, sorted(prices))) for course_id in named}, products, prices)


def _price(product_id: str, of_product: Mapping[str, str]) -> st.SearchStrategy[ListedPrice]:
    return st.builds(
        ListedPrice,
        price_id=st.just(""),
        product_id=st.just(product_id),
        money=st.one_of(st.none(), st.builds(Money, st.sampled_from(AMOUNTS), st.sampled_from(["usd", "eur"]))),
        active=st.booleans(),
        metadata=st.one_of(st.just(of_product), _metadata),
        created=st.integers(1, 3),
        nickname=st.sampled_from([None, "Gold", "Silver"]),
        tax_behavior=st.sampled_from([None, "inclusive", "exclusive"]),
    )


def _course(course_id: str, price_ids: list[str]) -> st.SearchStrategy[Course]:
    return st.builds(
        course,
        st.just(course_id),
        pricingModel=st.sampled_from(["paid", "paid", "paid", "free"]),
        price=st.sampled_from([Decimal(20), Decimal("49.99"), Decimal("99.99"), Decimal(4999), Decimal(-1), None]),
        comingSoon=st.sampled_from([None, None, True]),
        imageUrl=st.sampled_from([None, "https://example.com/a.png", "/relative.png"]),
        stripeProductId=st.sampled_from([None, "prod_gone", *PRODUCTS]),
        stripePriceId=st.sampled_from([None, "price_gone", *price_ids]),
    )


@many
@given(worlds(), _options)
def test_applied_plan_leaves_nothing_to_do(world: World, options: SyncOptions) -> None:
    """After a whole run the next one has no change."""
    world.apply(world.plan(options))
    assert () == world.plan(options).changes


@many
@given(worlds(), _options, st.data())
def test_rest_after_a_crash_is_part_of_the_first_plan(world: World, options: SyncOptions, data: st.DataObject) -> None:
    """Wherever the courses' runs are cut, the new plan holds changes of the old one only, and ends the same."""
    plan = world.plan(options)
    whole, cut = world.copy(), world.copy()
    whole.apply(plan)
    for part in plan.courses:
        done = data.draw(st.integers(0, len(part.changes) + 1))
        for _ in zip(range(done), cut.writes(part), strict=False):
            pass
    rest = cut.plan(options)
    assert {c.canonical() for c in rest.changes} <= {c.canonical() for c in plan.changes}
    cut.apply(rest)
    assert whole == cut


@many
@given(worlds(), _options, st.data())
def test_second_crash_is_as_harmless_as_the_first(world: World, options: SyncOptions, data: st.DataObject) -> None:
    """A run that is cut short twice still ends where one clean run ends."""
    whole = world.copy()
    whole.apply(world.plan(options))
    for _ in range(2):
        for part in world.plan(options).courses:
            done = data.draw(st.integers(0, len(part.changes) + 1))
            for _ in zip(range(done), world.writes(part), strict=False):
                pass
    world.apply(world.plan(options))
    assert whole == world


@many
@given(worlds(), _options)
def test_sold_course_has_one_active_price_of_ours(world: World, options: SyncOptions) -> None:
    """Each course that is in order has one product whose only active price of ours is its default and is linked."""
    plan = world.plan(options)
    world.apply(plan)
    for course_id in [*plan.unchanged, *(part.course_id for part in plan.courses if part.desired)]:
        sold = world.courses[course_id]
        active = [
            price.price_id
            for price in world.prices.values()
            if price.active and price.product_id == sold.product_id and is_ours(price.metadata, ENVIRONMENT)
        ]
        assert [sold.price_id] == active
        linked = world.products[str(sold.product_id)]
        assert (True, sold.price_id, ours(course_id)) == (
            linked.active,
            linked.default_price_id,
            {name: linked.metadata.get(name) for name in ours()},
        )


@many
@given(worlds(), _options)
def test_foreign_objects_are_never_touched(world: World, options: SyncOptions) -> None:
    """Products and prices with another marker or environment stay as they are, like unmarked ones that nobody names."""
    before = world.copy()
    world.apply(world.plan(options))
    named = {course.product_id for course in before.courses.values() if course.paid}
    named_prices = {course.price_id for course in before.courses.values() if course.paid}
    for product_id, listed in before.products.items():
        adoptable = is_unmarked(listed.metadata) and product_id in named
        if not is_ours(listed.metadata, ENVIRONMENT) and not adoptable:
            assert listed == world.products[product_id]
    for price_id, price in before.prices.items():
        product = before.products[price.product_id]
        chosen = price_id in (product.default_price_id, *named_prices) and product.product_id in named
        adoptable = is_unmarked(price.metadata) and is_unmarked(product.metadata) and chosen
        if not is_ours(price.metadata, ENVIRONMENT) and not adoptable:
            assert price == world.prices[price_id]


@many
@given(worlds(), _options)
def test_only_courses_that_were_asked_for_change(world: World, options: SyncOptions) -> None:
    """With --course nothing about another course is planned."""
    plan = world.plan(options)
    keys = {change.key for change in plan.changes} | {row.key for row in plan.skipped} | {f.key for f in plan.findings}
    assert not options.only or keys <= options.only


@many
@given(worlds(), _options, st.data())
def test_course_option_never_decides(world: World, options: SyncOptions, data: st.DataObject) -> None:
    """What is planned for a course that is read alone, where that is enough, is what is planned for it among all."""
    course_id = data.draw(st.sampled_from(sorted(world.courses)))
    courses, listed = [world.courses[course_id]], world.catalog()
    if depends_on_others(courses[0], listed, ENVIRONMENT):
        courses = list(world.courses.values())
    whole = world.plan(replace(options, only=frozenset()))
    narrow = plan_sync(courses, listed, replace(options, only=frozenset({course_id})))
    assert tuple(change for change in whole.changes if change.key == course_id) == narrow.changes
    assert tuple(row for row in whole.skipped if row.key == course_id) == narrow.skipped
    assert tuple(finding for finding in whole.findings if finding.key == course_id) == narrow.findings


@many
@given(worlds(), _options, st.randoms(use_true_random=False))
def test_order_of_the_input_does_not_matter(world: World, options: SyncOptions, random: Random) -> None:
    """The plan and its digest are the same in whatever order table and Stripe list things."""
    listed = world.catalog()
    courses, products = list(world.courses.values()), list(listed.products.items())
    random.shuffle(courses)
    random.shuffle(products)
    shuffled = plan_sync(courses, Catalog(dict(products), listed.prices), options)
    assert _parts(world.plan(options)) == _parts(shuffled)
    assert digest(world.plan(options).changes) == digest(reversed(shuffled.changes))


@many
@given(worlds(), _options)
def test_every_course_has_its_place_in_the_plan(world: World, options: SyncOptions) -> None:
    """Each paid course asked for is changed, unchanged, skipped, or needs attention: never lost, never twice."""
    plan = world.plan(options)
    asked = {c for c, value in world.courses.items() if value.paid and (not options.only or c in options.only)}
    attention = [finding.key for finding in plan.findings if finding.kind == "needs attention"]
    sold = [part.course_id for part in plan.courses if part.desired]
    skipped = [row.key for row in plan.skipped if row.key in world.courses]
    assert sorted(asked) == sorted([*attention, *sold, *skipped, *plan.unchanged])


@many
@given(worlds(), _options)
def test_replacement_takes_over_all_that_is_not_ours(world: World, options: SyncOptions) -> None:
    """A price of ours that is no longer sold leaves nothing behind: the one in its place has it, or its own."""
    before = world.copy()
    world.apply(world.plan(options))
    for product in before.products.values():
        former = before.prices.get(product.default_price_id or "")
        now = world.prices.get(world.products[product.product_id].default_price_id or "")
        if former is None or now is None or former.price_id == now.price_id:
            continue
        after = world.prices[former.price_id]
        if not former.active or after.active or not is_ours(after.metadata, ENVIRONMENT):
            continue
        was = before.prices.get(now.price_id, replace(now, nickname=None, lookup_key=None, tax_behavior=None))
        own = foreign_metadata(before.prices[now.price_id].metadata) if now.price_id in before.prices else {}
        assert (was.nickname or former.nickname) == now.nickname
        assert (was.tax_behavior or former.tax_behavior) == now.tax_behavior
        assert {**foreign_metadata(former.metadata), **own} == foreign_metadata(now.metadata)
        assert former.lookup_key is None or now.lookup_key in (former.lookup_key, was.lookup_key)


@many
@given(worlds(), _options)
def test_no_two_prices_share_a_lookup_key(world: World, options: SyncOptions) -> None:
    """A lookup key is moved, never lost, and never taken from a price that is not ours."""
    before = world.copy()
    world.apply(world.plan(options))
    keys = sorted(price.lookup_key for price in world.prices.values() if price.lookup_key)
    assert sorted(price.lookup_key for price in before.prices.values() if price.lookup_key) == keys
    for price_id, price in before.prices.items():
        if world.prices[price_id].lookup_key != price.lookup_key and price.lookup_key:
            assert is_ours(world.prices[price_id].metadata, ENVIRONMENT)


def _parts(plan: SyncPlan) -> tuple[object, ...]:
    return plan.courses, plan.skipped, plan.findings, plan.warnings, plan.unchanged, plan.managed
