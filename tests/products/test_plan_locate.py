"""Which product belongs to a course, and when a person must decide."""

from collections.abc import Sequence

import pytest

from learnermax_cli.courses.model import Course
from learnermax_cli.planning.change import Finding
from learnermax_cli.products.model import ListedProduct
from learnermax_cli.products.plan_locate import collect_claims, depends_on_others, locate
from tests.products.catalogs import ENVIRONMENT, catalog, course, ours, product


def found(
    courses: Sequence[Course], products: Sequence[ListedProduct], environment: str = ENVIRONMENT
) -> ListedProduct | Finding | None:
    """Return what is found for the first course."""
    listed = catalog(products)
    return locate(courses[0], listed, collect_claims(tuple(courses), listed, environment), environment)


def attention(detail: str) -> Finding:
    """Return the finding that a person must look at course a."""
    return Finding("needs attention", "a", detail)


def test_course_without_product_has_none() -> None:
    """Nothing is there yet."""
    assert found([course()], []) is None


def test_course_whose_product_is_gone_has_none() -> None:
    """A stripeProductId that Stripe does not know counts for nothing."""
    assert found([course(stripeProductId="prod_gone")], []) is None


def test_product_that_another_course_will_have_is_not_taken_for_gone() -> None:
    """A stripeProductId that is derived from another course's id is wrong, whether that is synced yet or not."""
    courses = [course(stripeProductId="lmx_sandbox_b"), course("b")]
    not_yet = attention("lmx_sandbox_b is the product of course b: fix stripeProductId")
    assert not_yet == found(courses, [])
    belongs = attention("lmx_sandbox_b belongs to course b by its metadata: fix stripeProductId")
    assert belongs == found(courses, [product("lmx_sandbox_b", ours("b"))])


def test_product_with_the_derived_id_is_found() -> None:
    """The derived id finds a product that an earlier run made and could not link."""
    derived = product()
    assert derived == found([course()], [derived])


def test_product_with_our_metadata_is_found() -> None:
    """Metadata finds a product of another id."""
    marked = product("prod_1")
    assert marked == found([course()], [marked])


def test_named_product_without_marker_is_found_for_adoption() -> None:
    """A product made by hand belongs to the course that names it."""
    handmade = product("prod_1", {})
    assert handmade == found([course(stripeProductId="prod_1")], [handmade])


def test_named_product_of_ours_is_found_though_archived() -> None:
    """What the course names is its product, active or not."""
    archived = product("prod_1", active=False)
    assert archived == found([course(stripeProductId="prod_1")], [archived])


def test_archived_product_that_the_course_names_does_not_yield() -> None:
    """Which of the two is meant is never guessed."""
    active, archived = product("prod_1"), product("prod_2", active=False)
    detail = "two products match this course (prod_1, prod_2): archive one in the Dashboard, or fix its metadata"
    assert attention(detail) == found([course(stripeProductId="prod_2")], [active, archived])


def test_archived_product_yields_to_the_active_one() -> None:
    """An archived product that nobody names does not match."""
    active, archived = product("prod_1"), product("prod_2", active=False)
    assert active == found([course()], [active, archived])


def test_archived_product_alone_is_found() -> None:
    """It is made active again; no other one is created."""
    archived = product(active=False)
    assert archived == found([course()], [archived])


def test_two_products_that_claim_a_course_need_attention() -> None:
    """Which one is right is never guessed."""
    detail = "two products match this course (prod_1, prod_2): archive one in the Dashboard, or fix its metadata"
    assert attention(detail) == found([course()], [product("prod_2"), product("prod_1")])


def test_named_and_derived_product_need_attention() -> None:
    """The named one does not win over another active one of ours."""
    detail = "two products match this course (lmx_sandbox_a, prod_1): archive one in the Dashboard, or fix its metadata"
    assert attention(detail) == found([course(stripeProductId="prod_1")], [product("prod_1", {}), product()])


@pytest.mark.parametrize("metadata", [ours("b"), {}], ids=["another course's", "nobody's"])
@pytest.mark.parametrize("active", [True, False])
def test_derived_product_of_others_claims_nothing_beside_a_named_one(metadata: dict[str, str], active: bool) -> None:
    """Otherwise a run that archives it, or adopts it for another course, would decide about this one."""
    named, derived = product("prod_1"), product("lmx_sandbox_a", metadata, active=active)
    assert named == found([course(stripeProductId="prod_1")], [named, derived])


def test_product_of_another_course_needs_attention() -> None:
    """Metadata that names another course is believed over stripeProductId."""
    detail = "prod_1 belongs to course b by its metadata: fix stripeProductId"
    assert attention(detail) == found([course(stripeProductId="prod_1")], [product("prod_1", ours("b"))])


def test_unmarked_product_of_another_course_needs_attention() -> None:
    """A course id in the metadata counts without our marker too."""
    detail = "prod_1 belongs to course b by its metadata: fix stripeProductId"
    assert attention(detail) == found([course(stripeProductId="prod_1")], [product("prod_1", {"courseId": "b"})])


def test_product_of_another_environment_needs_attention() -> None:
    """Another environment's product is never adopted."""
    detail = "prod_1 is managed by lmx for environment prod, not by lmx for sandbox"
    assert attention(detail) == found([course(stripeProductId="prod_1")], [product("prod_1", ours("a", "prod"))])


def test_product_of_another_tool_needs_attention() -> None:
    """Neither is another tool's."""
    detail = "prod_1 is managed by shop for environment unknown, not by lmx for sandbox"
    assert attention(detail) == found([course(stripeProductId="prod_1")], [product("prod_1", {"managedBy": "shop"})])


def test_derived_product_without_metadata_needs_attention() -> None:
    """A marker that was removed by hand comes back only when the course names the product."""
    detail = "lmx_sandbox_a has no metadata of lmx: to adopt it, set stripeProductId to it"
    assert attention(detail) == found([course()], [product(metadata={})])


def test_unmarked_product_that_two_courses_name_needs_attention() -> None:
    """Neither course gets it."""
    detail = "prod_1 is named by course b too: fix one of them"
    courses = [course(stripeProductId="prod_1"), course("b", stripeProductId="prod_1")]
    assert attention(detail) == found(courses, [product("prod_1", {})])


def test_marked_product_is_its_courses_though_another_names_it() -> None:
    """The marker settles whose it is."""
    marked = product("prod_1")
    courses = [course(stripeProductId="prod_1"), course("b", stripeProductId="prod_1")]
    assert marked == found(courses, [marked])


def test_product_of_the_same_course_elsewhere_is_not_seen() -> None:
    """Prod's product for the same course id is not preview's."""
    assert found([course()], [product("lmx_prod_a", ours("a", "prod"))]) is None


@pytest.mark.parametrize(
    ("listed", "products", "depends"),
    [
        (course(), [], False),
        (course(stripeProductId="lmx_sandbox_a"), [], False),
        (course(stripeProductId="lmx_sandbox_a"), [product()], False),
        (course(stripeProductId="lmx_sandbox_a"), [product(metadata={})], True),
        (course(stripeProductId="lmx_sandbox_b"), [], True),
        (course(stripeProductId="prod_1"), [product("prod_1")], True),
        (course(stripeProductId="prod_1", pricingModel="free"), [], False),
    ],
)
def test_others_matter_where_they_may_have_the_named_product(
    listed: Course, products: list[ListedProduct], depends: bool
) -> None:
    """A course alone decides only about the product of its own id that is marked, or that is not there."""
    assert depends == depends_on_others(listed, catalog(products), ENVIRONMENT)
