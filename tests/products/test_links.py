"""Which payment links still sell an old price, decided from values alone."""

from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import marker
from learnermax_cli.courses.model import Course, DesiredProduct
from learnermax_cli.planning.change import Finding
from learnermax_cli.products.model import ListedLink, SyncOptions
from learnermax_cli.products.plan_course import CoursePlan
from learnermax_cli.products.plan_sync import SyncPlan, find_stale_links

OPTIONS = SyncOptions("preview")
COURSE = Course("A", {"pricingModel": "paid", "stripeProductId": "prod_a", "stripePriceId": "price_1"})
UNCHANGED = SyncPlan((), unchanged=("A",))


def _link(price_id: str, environment: str = "preview", course_id: str = "A") -> ListedLink:
    return ListedLink("plink_1", "https://buy.example/1", (price_id,), True, marker(environment, course_id))


def _stale(link: ListedLink, course: Course | None = COURSE, plan: SyncPlan = UNCHANGED) -> list[Finding]:
    return list(find_stale_links([link], [course] if course else [], plan, OPTIONS))


def test_link_with_the_present_price_is_fine() -> None:
    """The price that the course names is the one it sells."""
    assert [] == _stale(_link("price_1"))


def test_link_with_another_price_is_stale() -> None:
    """The finding names link, price and remedy."""
    detail = "plink_1 still sells price_0, no longer the price of its course"
    assert [Finding("stale link", "A", detail, "lmx checkout link A")] == _stale(_link("price_0"))


def test_price_that_is_about_to_change_makes_it_stale() -> None:
    """What counts is the price after the plan."""
    desired = DesiredProduct("A", "A", None, (), Money(14999, "usd"))
    plan = SyncPlan((CoursePlan("A", "prod_a", (), COURSE, desired, None, "price_1"),))
    assert ["stale link"] == [finding.kind for finding in _stale(_link("price_1"), plan=plan)]


def test_link_of_a_course_not_sold_is_stale() -> None:
    """Its course is gone, or free by now."""
    for course in (None, Course("A", {"pricingModel": "free"})):
        assert ["stale link"] == [finding.kind for finding in _stale(_link("price_1"), course)]


def test_links_of_others_are_not_looked_at() -> None:
    """Another environment's link, an unmarked one, and with --course those of other courses are not looked at."""
    assert [] == _stale(_link("price_0", "prod"))
    unmarked = ListedLink("plink_1", "https://buy.example/1", ("price_0",), True, {})
    assert [] == _stale(unmarked)
    only = SyncOptions("preview", only=frozenset(["B"]))
    assert [] == list(find_stale_links([_link("price_0")], [COURSE], UNCHANGED, only))
