"""Payment links that still sell what their course no longer costs. Pure."""

from collections.abc import Iterable, Iterator
from shlex import quote

from learnermax_cli.core.ownership import is_ours
from learnermax_cli.courses.model import Course
from learnermax_cli.planning.change import Finding
from learnermax_cli.products.model import ListedLink, SyncOptions
from learnermax_cli.products.plan_sync import SyncPlan


def find_stale_links(
    links: Iterable[ListedLink], courses: Iterable[Course], plan: SyncPlan, options: SyncOptions
) -> Iterator[Finding]:
    """Yield a finding for each active link of ours whose price is not the one its course has once the plan is done."""
    by_id = {course.course_id: course for course in courses}
    planned = {course.course_id: course.price_id for course in plan.courses if course.desired is not None}
    for link in sorted(links, key=lambda link: link.link_id):
        course_id = link.metadata.get("courseId", "")
        if not is_ours(link.metadata, options.environment) or (options.only and course_id not in options.only):
            continue
        course = by_id.get(course_id)
        reason = _reason(link, course, planned.get(course_id, course.price_id if course else None))
        if reason is not None:
            yield Finding("stale link", course_id, f"{link.link_id} {reason}")


def _reason(link: ListedLink, course: Course | None, price_id: str | None) -> str | None:
    off = "make it inactive in the dashboard"
    if course is None:
        return f"is still active, but its course is gone: {off}"
    if not course.paid:
        return f"is still active, but its course is no longer paid: {off}"
    if link.price_ids == (price_id,):
        return None
    renew = f"lmx checkout link {quote(course.course_id)} replaces it"
    return f"still sells {', '.join(link.price_ids) or 'nothing'}, no longer the price of its course: {renew}"
