"""`checkout link`: one active Payment Link per course, found again by its metadata, replaced when the price changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urlencode

from learnermax_cli.checkout.model import NAME_LIMIT, LinkGateway, NewLink, Offer
from learnermax_cli.checkout.offer import OfferJob, read_offer, require_student
from learnermax_cli.checkout.plan_offer import already_enrolled, link_return_url, refused
from learnermax_cli.core.ownership import encode_reference, is_ours, marker
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.text_safety import printable
from learnermax_cli.enrollments.model import EnrollmentKey
from learnermax_cli.planning.report import Data, Report
from learnermax_cli.products.model import ListedLink


class LinkJob(OfferJob, Protocol):
    """What a payment link works with."""

    @property
    def links(self) -> LinkGateway: ...


@dataclass(frozen=True, slots=True)
class LinkPlan:
    """The link to print, None where one has to be created, and those that are to become inactive."""

    keep: ListedLink | None
    old: tuple[ListedLink, ...] = ()


def run_link(job: LinkJob, course_id: str, user_id: str | None, *, dry_run: bool) -> Report:
    """Return the report of a course's payment link."""
    return_url = link_return_url(job.settings)
    environment, identity = job.settings.environment, job.stripe_identity
    offer = read_offer(job, course_id, user_id)
    query, warnings = ("", ()) if user_id is None else _query(job, EnrollmentKey(user_id, course_id))
    plan = plan_link(job.links.list_active_links(), offer, environment)
    link, replaced = plan.keep, plan.old
    if not dry_run:
        new = NewLink(offer.price_id, marker(environment, course_id), return_url)
        link, replaced = _carry_out(job, plan, new)
    url = None if link is None else link.url + query
    value: dict[str, object] = {
        "link_id": None if link is None else link.link_id,
        "url": url,
        "reused": plan.keep is not None,
        "replaced": [old.link_id for old in replaced],
        "course_id": course_id,
        "user_id": user_id,
        "amount": offer.money.as_json(),
    }
    body = Data(value, _would(plan, offer) if dry_run else (url or "",))
    left = len(plan.old) - len(replaced)
    report = Report("checkout link", environment, body, dry_run, identity, warnings=warnings, left=left)
    if link is not None and not dry_run:
        job.talk.begin(report)
        for old in replaced:
            job.talk.note(f"Made {old.link_id} inactive: it sold another price, or the same one a second time.")
        again = "the same link again, " if plan.keep else ""
        job.talk.note(f"{course_id}: {again}{offer.money}, {link.link_id}")
    return report


def plan_link(links: Sequence[ListedLink], offer: Offer, environment: str) -> LinkPlan:
    """Return which link of a course stays: the first of ours that sells its present price, and that alone. Pure."""
    ours = [
        link
        for link in sorted(links, key=lambda link: link.link_id)
        if is_ours(link.metadata, environment) and link.metadata.get("courseId") == offer.course_id
    ]
    keep = next((link for link in ours if link.price_ids == (offer.price_id,)), None)
    return LinkPlan(keep, tuple(link for link in ours if link is not keep))


def _carry_out(job: LinkJob, plan: LinkPlan, new: NewLink) -> tuple[ListedLink, tuple[ListedLink, ...]]:
    """Return the link, and those that were made inactive."""
    # The new one first: after a crash in between both are there, and the next run makes the old one inactive.
    stop = job.interrupt.begin_writes()
    link = plan.keep or job.links.create_link(new, [old.link_id for old in plan.old])
    replaced: list[ListedLink] = []
    for old in plan.old:
        if stop.is_set():
            break
        job.links.deactivate_link(old.link_id)
        replaced.append(old)
    return link, tuple(replaced)


def _query(job: LinkJob, key: EnrollmentKey) -> tuple[str, tuple[str, ...]]:
    """Return the part of a link's URL that names a student who may buy the course, and a warning where one began to."""
    student = require_student(job.enrollments, key.user_id)
    enrollment = job.enrollments.read_enrollment(key)
    if enrollment is not None and not enrollment.pending:
        raise already_enrolled(key, enrollment.status)
    warnings: tuple[str, ...] = ()
    if enrollment is not None and enrollment.session_id is not None:
        warnings = (f"{key} is pending with {enrollment.session_id}: the student could pay twice",)
    reference = encode_reference(key.user_id)
    if reference is None:
        hint = "Use " + lmx("checkout create", key.course_id, "--user", key.user_id) + ": a session accepts longer ids."
        raise refused(f"the id of student {key.user_id} is too long for a link", hint, "user_id")
    email = {} if student.email is None else {"prefilled_email": student.email}
    return "?" + urlencode({"client_reference_id": reference, **email}), warnings


def _would(plan: LinkPlan, offer: Offer) -> tuple[str, ...]:
    first = (
        f"Would create a payment link for {printable(offer.name, NAME_LIMIT)}, {offer.money}."
        if plan.keep is None
        else f"Would return link {plan.keep.link_id} again."
    )
    return (first, *(f"Would make link {old.link_id} inactive." for old in plan.old))
