"""`checkout link`: one active Payment Link per course, found again by its metadata, replaced when the price changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from learnermax_cli.checkout.create import read_offer
from learnermax_cli.checkout.model import NAME_LIMIT, LinkGateway, NewLink, Offer
from learnermax_cli.checkout.options import link_return_url
from learnermax_cli.checkout.plan_offer import already_enrolled, refused, require_student
from learnermax_cli.core.ownership import encode_reference, is_ours, marker
from learnermax_cli.core.text_safety import printable
from learnermax_cli.enrollments.model import EnrollmentKey, Student
from learnermax_cli.planning.report import Data, Report
from learnermax_cli.products.model import ListedLink

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """The link to hand out, None where one has to be made, and those that are to become inactive."""

    keep: ListedLink | None
    old: tuple[ListedLink, ...] = ()


def run_link(app: "App", course_id: str, user_id: str | None, *, dry_run: bool) -> Report:
    """Return the report of a course's payment link."""
    return_url = link_return_url(app.settings)
    identity = app.stripe_identity
    offer = read_offer(app, course_id, user_id)
    query = "" if user_id is None else _query(_student(app, user_id, course_id))
    plan = plan_link(app.links.list_active_links(), offer, app.settings.environment)
    link = plan.keep
    if not dry_run:
        new = NewLink(offer.price_id, marker(app.settings.environment, course_id), return_url)
        with app.interrupt.finishing():
            link = _carry_out(app.links, plan, new)
    url = None if link is None else link.url + query
    value: dict[str, object] = {
        "link_id": None if link is None else link.link_id,
        "url": url,
        "reused": plan.keep is not None,
        "replaced": [old.link_id for old in plan.old],
        "course_id": course_id,
        "user_id": user_id,
        "amount": offer.money.as_json(),
    }
    body = Data(value, _would(plan, offer) if dry_run else (url or "",))
    report = Report("checkout link", app.settings.environment, body, dry_run, identity)
    if link is not None and not dry_run:
        app.console.begin(report)
        _tell(app, plan, offer, link)
    return report


def _tell(app: "App", plan: LinkPlan, offer: Offer, link: ListedLink) -> None:
    for old in plan.old:
        app.console.note(f"Made {old.link_id} inactive: it sold another price, or the same one a second time.")
    again = "the same link again, " if plan.keep else ""
    app.console.note(f"{offer.course_id}: {again}{offer.money}, {link.link_id}")


def plan_link(links: Sequence[ListedLink], offer: Offer, environment: str) -> LinkPlan:
    """Return which link of a course stays: the first of ours that sells its present price, and that alone. Pure."""
    ours = [
        link
        for link in sorted(links, key=lambda link: link.link_id)
        if is_ours(link.metadata, environment) and link.metadata.get("courseId") == offer.course_id
    ]
    keep = next((link for link in ours if link.price_ids == (offer.price_id,)), None)
    return LinkPlan(keep, tuple(link for link in ours if link is not keep))


def _carry_out(gateway: LinkGateway, plan: LinkPlan, new: NewLink) -> ListedLink:
    # The new one first: after a crash in between both are there, and the next run makes the old one inactive.
    link = plan.keep or gateway.create_link(new, [old.link_id for old in plan.old])
    for old in plan.old:
        gateway.deactivate_link(old.link_id)
    return link


def _student(app: "App", user_id: str, course_id: str) -> Student:
    student = require_student(app.enrollments, user_id)
    key = EnrollmentKey(user_id, course_id)
    enrollment = app.enrollments.read_enrollments([key]).get(key)
    if enrollment is not None and not enrollment.pending:
        raise already_enrolled(key, enrollment.status)
    if enrollment is not None and enrollment.session_id is not None:
        app.console.warn(f"{key} is pending with {enrollment.session_id}: the student could pay twice")
    return student


def _query(student: Student) -> str:
    reference = encode_reference(student.user_id)
    if reference is None:
        hint = "Use lmx checkout create: a session takes longer ids."
        raise refused(f"the id of student {student.user_id} is too long for a link", hint, "user_id")
    email = {} if student.email is None else {"prefilled_email": student.email}
    return "?" + urlencode({"client_reference_id": reference, **email})


def _would(plan: LinkPlan, offer: Offer) -> tuple[str, ...]:
    first = (
        f"Would create a payment link for {printable(offer.name, NAME_LIMIT)}, {offer.money}."
        if plan.keep is None
        else f"Would return link {plan.keep.link_id} again."
    )
    return (first, *(f"Would make link {old.link_id} inactive." for old in plan.old))
