"""Safety belongs to the plan: thresholds beyond which a plan is refused, with the numbers and the way out."""

from learnermax_cli.core.errors import GuardError

MINIMUM_POPULATION = 10
MAX_ARCHIVED_SHARE = 0.30


def require_few_archived(archived: int, managed: int, allowed: int | None) -> None:
    """Raise GuardError when too large a share of at least ten managed products would become inactive."""
    if managed < MINIMUM_POPULATION or archived <= managed * MAX_ARCHIVED_SHARE:
        return
    if allowed is not None and allowed >= archived:
        return
    raise GuardError(
        f"the plan makes {archived} of {managed} managed products inactive, more than {MAX_ARCHIVED_SHARE:.0%}",
        hint=f"Check --table and -e; if intended, pass --allow-archive {archived}.",
        code="guard.archive",
    )
