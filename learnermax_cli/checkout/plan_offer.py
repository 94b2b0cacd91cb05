"""Whether a course can be sold to a student, and if not, why not; reads through the ports that it is given."""

from typing import Protocol

from learnermax_cli.checkout.model import Offer, ProductWithPrice, SessionGateway
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.ownership import MAX_REFERENCE, is_ours
from learnermax_cli.core.remedy import lmx, sync_one
from learnermax_cli.courses.model import Course, CoursesApp, CourseStore, PriceRules
from learnermax_cli.courses.plan_courses import unknown_course
from learnermax_cli.courses.price import price_rules, read_currency, read_money
from learnermax_cli.enrollments.model import EnrollmentKey, EnrollmentReader, Student
from learnermax_cli.planning.confirm import StripeJob


class OfferApp(CoursesApp, StripeJob, Protocol):
    """What selling a course works with."""

    @property
    def checkout_sessions(self) -> SessionGateway: ...
    @property
    def enrollments(self) -> EnrollmentReader: ...


def read_offer(app: OfferApp, course_id: str, user_id: str | None = None) -> Offer:
    """Read what Stripe sells as a course; raises FailedError when it cannot be sold as it is."""
    course = require_course(app.courses, course_id)
    found = app.checkout_sessions.read_product(_require_paid(course, user_id or "USER_ID"))
    return _require_offer(course, found, app.settings.environment, price_rules(app.settings))


def require_course(courses: CourseStore, course_id: str) -> Course:
    """Read a course that students can enroll in now; raises FailedError when there is none."""
    course = courses.read_course(course_id)
    if course is None:
        raise unknown_course(course_id)
    if course.coming_soon:
        hint = "Wait until it is on sale, or remove comingSoon from the course's item."
        raise refused(f"course {course_id} is coming soon, not on sale yet", hint, "coming_soon")
    return course


def _require_paid(course: Course, user_id: str) -> str:
    """Return the product that a paid course names; raises FailedError when the course is free or not synced."""
    if not course.paid:
        hint = "Enroll the student without payment: " + lmx("enrollments create", course.course_id, "--user", user_id)
        raise refused(f"course {course.course_id} is free", hint, "free_course")
    if course.product_id is None or course.price_id is None:
        raise _not_synced(course.course_id, "it names no product and price at Stripe")
    return course.product_id


def _require_offer(course: Course, found: ProductWithPrice | None, environment: str, rules: PriceRules) -> Offer:
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
        raise refused(
            f"the price of course {course_id} has drifted: Stripe charges {charged} ({price.price_id}), "
            f"the course states {money} ({course.price_id})",
            "Sync it first: " + sync_one(course_id),
            "price_drift",
        )
    return Offer(course_id, course.text("name") or course_id, price.price_id, money)


def require_student(reader: EnrollmentReader, user_id: str) -> Student:
    """Read a student; raises FailedError when there is none."""
    student = reader.read_students([user_id]).get(user_id)
    if student is None:
        raise refused(f"student {user_id} not found", "Name an existing student's userId with --user.", "no_student")
    return student


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
