"""Too many products made inactive at once is refused with the numbers and the way out."""

import pytest

from learnermax_cli.core.errors import Exit, GuardError
from learnermax_cli.products.limits import require_few_archived


@pytest.mark.parametrize(
    ("archived", "managed", "allowed"),
    [(0, 0, None), (9, 9, None), (3, 10, None), (30, 100, None), (4, 10, 4), (10, 10, 25)],
)
def test_few_archived_pass(archived: int, managed: int, allowed: int | None) -> None:
    """Up to 30 %, or fewer than ten products, or what --allow-archive names."""
    require_few_archived(archived, managed, allowed)


@pytest.mark.parametrize(
    ("archived", "managed", "allowed"), [(4, 10, None), (31, 100, None), (10, 10, None), (4, 10, 3), (4, 10, 0)]
)
def test_many_archived_are_refused(archived: int, managed: int, allowed: int | None) -> None:
    """More than 30 % of at least ten, and more than was allowed."""
    with pytest.raises(GuardError) as refused:
        require_few_archived(archived, managed, allowed)
    assert (
        f"the plan makes {archived} of {managed} managed products inactive, more than 30%",
        f"Check --table and -e; if intended, pass --allow-archive {archived}.",
        "guard.archive",
        Exit.GUARD,
    ) == (refused.value.message, refused.value.hint, refused.value.code, refused.value.exit_code)
