"""Reads what Stripe sells as a course, and to whom; what is read is judged in `plan_offer`."""

from typing import Protocol

from learnermax_cli.checkout.model import Offer, SessionGateway
from learnermax_cli.checkout.plan_offer import refused, require_offer, require_paid
from learnermax_cli.courses.model import Course, CoursesJob, CourseStore
from learnermax_cli.courses.plan_courses import unknown_course
from learnermax_cli.courses.price import price_rules
from learnermax_cli.enrollments.model import Student
from learnermax_cli.enrollments.store_model import EnrollmentReader
from learnermax_cli.planning.confirm import StripeJob


class OfferJob(CoursesJob, StripeJob, Protocol):
    """What selling a course works with."""

    @property
    def checkout_sessions(self) -> SessionGateway: ...
    @property
    def enrollments(self) -> EnrollmentReader: ...


def read_offer(job: OfferJob, course_id: str, user_id: str | None = None) -> Offer:
    """Read what Stripe sells as a course; raises FailedError when it cannot be sold as it is."""
    course = require_course(job.courses, course_id)
    found = job.checkout_sessions.read_product(require_paid(course, user_id or "USER_ID"))
    return require_offer(course, found, job.settings.environment, price_rules(job.settings))


def require_course(courses: CourseStore, course_id: str) -> Course:
    """Read a course that students can enroll in now; raises FailedError when there is none."""
    course = courses.read_course(course_id)
    if course is None:
        raise unknown_course(course_id)
    if course.coming_soon:
        hint = "Wait until it is on sale, or remove comingSoon from the course's item."
        raise refused(f"course {course_id} is coming soon, not on sale yet", hint, "coming_soon")
    return course


def require_student(reader: EnrollmentReader, user_id: str) -> Student:
    """Read a student; raises FailedError when there is none."""
    student = reader.read_students([user_id]).get(user_id)
    if student is None:
        hint = "Name an existing student with --user: a user id or an e-mail address."
        raise refused(f"student {user_id} not found", hint, "no_student")
    return student
