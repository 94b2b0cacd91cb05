"""Too many products made inactive at once is refused with the numbers and the way out."""

import pytest

from learnermax_cli.core.errors import Exit, GuardError
from learnermax_cli.planning.change import Change
from learnermax_cli.products.plan_course import CoursePlan
from learnermax_cli.products.plan_sync import SyncPlan


def plan(archived: int, managed: int) -> SyncPlan:
    """Return a plan that archives so many of the managed products."""
    part = CoursePlan("a", "prod_a", (Change("product", "a", "archive"),))
    return SyncPlan((part,) * archived, managed=managed)


@pytest.mark.parametrize(
    ("archived", "managed", "allowed"),
    [(0, 0, None), (9, 9, None), (3, 10, None), (30, 100, None), (4, 10, 4), (10, 10, 25)],
)
def test_few_archived_pass(archived: int, managed: int, allowed: int | None) -> None:
    """Up to 30 %, or fewer than ten products, or what --allow-archive names."""
    plan(archived, managed).require_few_archived(allowed)


@pytest.mark.parametrize(
    ("archived", "managed", "allowed"), [(4, 10, None), (31, 100, None), (10, 10, None), (4, 10, 3), (4, 10, 0)]
)
def test_many_archived_are_refused(archived: int, managed: int, allowed: int | None) -> None:
    """More than 30 % of at least ten, and more than was allowed."""
    with pytest.raises(GuardError) as refused:
        plan(archived, managed).require_few_archived(allowed)
    assert (
        f"the plan makes {archived} of {managed} managed products inactive, more than 30%",
        f"Check --table and -e; if intended, pass --allow-archive {archived}.",
        "guard.archive",
        Exit.GUARD,
    ) == (refused.value.message, refused.value.hint, refused.value.code, refused.value.exit_code)
