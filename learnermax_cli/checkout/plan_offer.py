"""What a course is sold as: whether it can be sold to a student, and the form of the session. Pure."""

from datetime import timedelta
from urllib.parse import quote

from learnermax_cli.checkout.model import LONGEST, SHORTEST, Form, Offer, ProductWithPrice
from learnermax_cli.config.settings import Settings
from learnermax_cli.config.values import site_url
from learnermax_cli.core.errors import ConfigError, FailedError, UsageError
from learnermax_cli.core.ownership import MAX_REFERENCE, is_ours, is_stripe_id
from learnermax_cli.core.remedy import lmx, sync_one
from learnermax_cli.core.times import read_duration
from learnermax_cli.core.urls import is_absolute, page_of
from learnermax_cli.courses.model import Course, PriceRules
from learnermax_cli.courses.price import find_model_flaw, read_currency, read_money
from learnermax_cli.enrollments.model import EnrollmentKey, Student

MODEL_HINT = "Known pricing models: free, paid. Fix pricingModel of the course."


def require_paid(course: Course, user_id: str) -> str:
    """Return the product that a paid course names; raises FailedError when the course is free or not synced."""
    if (flaw := find_model_flaw(course)) is not None:
        raise refused(f"course {course.course_id} cannot be sold: {flaw}", MODEL_HINT, "pricing_model")
    if not course.paid:
        hint = "Enroll the student without payment: " + lmx("enrollments create", course.course_id, "--user", user_id)
        raise refused(f"course {course.course_id} is free", hint, "free_course")
    if course.product_id is not None and not is_stripe_id(course.product_id):
        flaw = f"its stripeProductId {course.product_id!r} can't be an id of Stripe"
        message = f"course {course.course_id} cannot be sold: {flaw}"
        raise refused(message, "Fix or remove stripeProductId of the course.", "product_id")
    if course.product_id is None or course.price_id is None:
        raise _not_synced(course.course_id, "it names no product and price at Stripe")
    return course.product_id


def require_offer(course: Course, found: ProductWithPrice | None, environment: str, rules: PriceRules) -> Offer:
    """Return what Stripe sells as this course; raises FailedError when that is not what the course states."""
    course_id = course.course_id
    if found is None:
        raise _not_synced(course_id, f"product {course.product_id} is gone at Stripe")
    product, price = found.product, found.default_price
    if not is_ours(product.metadata, environment) or product.metadata.get("courseId") != course_id:
        raise _not_synced(course_id, f"product {product.product_id} does not carry the metadata of this course")
    if not product.active or price is None or not price.active:
        raise _not_synced(course_id, f"product {product.product_id} is not on sale at Stripe")
    money = read_money(course, rules)
    if isinstance(money, str):
        malformed = read_currency(course, rules.currency) is None
        fix = "the currency of its item" if malformed else "it: " + lmx("courses set-price", course_id, "PRICE")
        hint = "Fix " + fix + ", then " + sync_one(course_id)
        raise refused(f"course {course_id} cannot be sold: {money}", hint, "price")
    if price.money != money or price.price_id != course.price_id:
        charged = price.money or "not a plain amount"
        own = "" if course.price_id == price.price_id else f" ({course.price_id})"
        raise refused(
            f"the price of course {course_id} has drifted: Stripe charges {charged} ({price.price_id}), "
            f"the course states {money}{own}",
            "Sync it first: " + sync_one(course_id),
            "price_drift",
        )
    return Offer(course_id, course.text("name") or course_id, price.price_id, money)


def require_buyer(student: Student) -> Student:
    """Return a student who can pay at Stripe; raises FailedError without email and customer, or with too long an id."""
    if student.customer_id is None and student.email is None:
        hint = "Give the student's item an email, or a stripeCustomerId."
        raise refused(f"student {student.user_id} has neither email nor Stripe customer", hint, "no_email")
    if len(student.user_id) > MAX_REFERENCE:
        hint = f"Stripe's limit is {MAX_REFERENCE} characters; a payment could not be matched to this student."
        raise refused(f"the id of student {student.user_id} is too long for Stripe", hint, "user_id")
    return student


def already_enrolled(key: EnrollmentKey, status: str) -> FailedError:
    """Return the refusal for a student who is enrolled."""
    hint = "Nothing to do. The enrollment: " + lmx("enrollments list", "--user", key.user_id)
    return refused(f"{key.user_id} is already enrolled in {key.course_id} ({status})", hint, "enrolled")


def refused(message: str, hint: str, code: str) -> FailedError:
    """Return a refusal with its reason."""
    return FailedError(message, hint=hint, code=f"invalid.{code}")


def _not_synced(course_id: str, reason: str) -> FailedError:
    return refused(f"course {course_id} is not synced: {reason}", "Sync it first: " + sync_one(course_id), "not_synced")


_SESSION_ID = "{CHECKOUT_SESSION_ID}"  # Stripe puts the id in its place [doc "Custom success page"]


def read_form(given: Form, settings: Settings, course_id: str) -> Form:
    """Return the form to request; raises UsageError for URLs that do not fit, ConfigError without FRONTEND_URL."""
    if given.ui == "embedded":
        _require_none(given.ui, ("--success-url", given.success_url), ("--cancel-url", given.cancel_url))
        return_url = _url("--return-url", given.return_url) or _return_page(settings, "--return-url")
        return Form("embedded", None, None, return_url, given.allow_promotion_codes)
    _require_none(given.ui, ("--return-url", given.return_url))
    success_url = _url("--success-url", given.success_url) or _return_page(settings, "--success-url")
    site = _site(settings)
    cancel_url = _url("--cancel-url", given.cancel_url)
    if cancel_url is None and site is not None:
        cancel_url = page_of(site, f"/courses/{quote(course_id, safe='')}")
    return Form("hosted", success_url, cancel_url, None, given.allow_promotion_codes)


def link_return_url(settings: Settings) -> str | None:
    """Return the page that a link's buyers are sent to; without FRONTEND_URL they stay on Stripe's."""
    return None if _site(settings) is None else _return_page(settings, "FRONTEND_URL")


def read_expires_in(text: str) -> timedelta:
    """Return a duration such as 45m, 2h or 1h30m; raises UsageError beyond Stripe's 30 minutes to 24 hours."""
    return read_duration(text, "--expires-in", SHORTEST, LONGEST, example="30m, 2h or 1h30m")


def _return_page(settings: Settings, option: str) -> str:
    site = _site(settings)
    if site is None:
        raise ConfigError(
            "FRONTEND_URL is not set, so there is no page to return to",
            hint=f"Set FRONTEND_URL to the site's address, or pass {option}.",
            code="config.frontend_url",
        )
    return page_of(site, "/enrollment/return", f"session_id={_SESSION_ID}")


def _site(settings: Settings) -> str | None:
    return None if settings.frontend_url is None else site_url(settings.frontend_url, "FRONTEND_URL")


def _url(option: str, text: str | None) -> str | None:
    if text is not None and not is_absolute(text):
        raise UsageError(f"{option} is {text!r}, not an absolute URL", hint="Give a URL with https:// and a host.")
    return text


def _require_none(ui: str, *options: tuple[str, str | None]) -> None:
    for option, value in options:
        if value is not None:
            raise UsageError(f"{option} does not go with --ui {ui}", hint=_FITTING[ui])


_FITTING = {
    "embedded": "An embedded form takes only --return-url.",
    "hosted": "Stripe's own page takes --success-url and --cancel-url.",
}
