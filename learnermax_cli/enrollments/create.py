"""`enrollments create`: the strategy of the course's pricing model decides."""

from typing import TYPE_CHECKING

from learnermax_cli.checkout.plan_offer import refused, require_course
from learnermax_cli.enrollments.strategies import EnrollRequest, find_strategies

if TYPE_CHECKING:
    from learnermax_cli.checkout.options import CheckoutRequest
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report


def run_enroll(app: "App", request: "CheckoutRequest") -> "Report":
    """Return the report of enrolling a student; raises FailedError for a pricing model that has no strategy."""
    course = require_course(app.courses, request.course_id)
    model = course.text("pricingModel") or ""
    strategies = find_strategies()
    if model not in strategies:
        known = ", ".join(sorted(strategies))
        hint = f"Known pricing models: {known}. Mend pricingModel of the course."
        has = f"has the pricing model {model}" if model else "has no pricing model"
        raise refused(f"course {course.course_id} {has}", hint, "pricing_model")
    return strategies[model].enroll(app, EnrollRequest(course, request))
