"""Whether a course can be sold to a student, and if not, why not. Pure, apart from the reads that it is given."""

from shlex import quote

from learnermax_cli.checkout.model import Offer, ProductWithPrice
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.ownership import MAX_REFERENCE, is_ours
from learnermax_cli.courses.model import Course, CourseStore, PriceRules
from learnermax_cli.courses.plan_courses import unknown_course
from learnermax_cli.courses.price import read_currency, read_money
from learnermax_cli.enrollments.model import EnrollmentKey, EnrollmentReader, Student


def require_course(courses: CourseStore, course_id: str) -> Course:
    """Read a course that students can enroll in now; raises FailedError when there is none."""
    course = courses.read_course(course_id)
    if course is None:
        raise unknown_course(course_id)
    if course.coming_soon:
        hint = "Wait until it is on sale, or take comingSoon off the course."
        raise refused(f"course {course_id} is coming soon, not on sale yet", hint, "coming_soon")
    return course


def require_paid(course: Course, user_id: str | None = None) -> str:
    """Return the product that a paid course names; raises FailedError when the course is free or not synced."""
    if not course.paid:
        user = "USER_ID" if user_id is None else quote(user_id)
        hint = f"Enroll the student without payment: lmx enrollments create {quote(course.course_id)} --user {user}"
        raise refused(f"course {course.course_id} is free", hint, "free_course")
    if course.product_id is None or course.price_id is None:
        raise _not_synced(course.course_id, "it names no product and price at Stripe")
    return course.product_id


def require_offer(course: Course, found: ProductWithPrice | None, environment: str, rules: PriceRules) -> Offer:
    """Return what Stripe sells as this course; raises FailedError when that is not what the course wants."""
    course_id = course.course_id
    if found is None:
        raise _not_synced(course_id, f"product {course.product_id} is gone at Stripe")
    product, price = found.product, found.default_price
    if not is_ours(product.metadata, environment) or product.metadata.get("courseId") != course_id:
        raise _not_synced(course_id, f"product {product.product_id} does not carry the marker of this course")
    if not product.active or price is None or not price.active:
        raise _not_synced(course_id, f"product {product.product_id} is not on sale at Stripe")
    wanted = read_money(course, rules)
    if isinstance(wanted, str):
        hint = f"Mend it: lmx courses set-price {quote(course_id)} PRICE, then {_sync(course_id)}"
        if read_currency(course, rules.currency) is None:
            hint = f"Mend the currency of the course's item, then {_sync(course_id)}"
        raise refused(f"course {course_id} cannot be sold: {wanted}", hint, "price")
    if price.money != wanted or price.price_id != course.price_id:
        asked = price.money or "no plain amount"
        hint = f"Make them agree first: {_sync(course_id)}"
        raise refused(
            f"the price of course {course_id} has drifted: Stripe charges {asked} ({price.price_id}), "
            f"the course wants {wanted} ({course.price_id})",
            hint,
            "price_drift",
        )
    return Offer(course_id, course.text("name") or course_id, price.price_id, wanted)


def require_student(reader: EnrollmentReader, user_id: str) -> Student:
    """Read a student; raises FailedError when there is none."""
    student = reader.read_students([user_id]).get(user_id)
    if student is None:
        raise refused(f"there is no student {user_id}", "Name an existing student's userId with --user.", "no_student")
    return student


def require_buyer(student: Student) -> Student:
    """Return a student whom Stripe can know; raises FailedError without email and customer, or with too long an id."""
    if student.customer_id is None and student.email is None:
        hint = "Give the student's item an email, or a stripeCustomerId."
        raise refused(f"student {student.user_id} has neither email nor Stripe customer", hint, "no_email")
    if len(student.user_id) > MAX_REFERENCE:
        hint = "There is no way around it: the payment could not be told to be this student's."
        raise refused(f"the id of student {student.user_id} is longer than Stripe takes", hint, "user_id")
    return student


def already_enrolled(key: EnrollmentKey, status: str) -> FailedError:
    """Return the refusal for a student who is in already."""
    hint = "Nothing is left to do: lmx enrollments list shows it."
    return refused(f"{key.user_id} is already enrolled in {key.course_id} ({status})", hint, "enrolled")


def refused(message: str, hint: str, code: str) -> FailedError:
    """Return a refusal with its reason."""
    return FailedError(message, hint=hint, code=f"invalid.{code}")


def _not_synced(course_id: str, reason: str) -> FailedError:
    hint = f"Put it into Stripe first: {_sync(course_id)}"
    return refused(f"course {course_id} is not synced: {reason}", hint, "not_synced")


def _sync(course_id: str) -> str:
    return f"lmx products sync --course {quote(course_id)}"
