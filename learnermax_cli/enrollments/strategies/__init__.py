"""One strategy per pricing model, each in a module of its own: a new model is a new file here and changes no other."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Protocol

from learnermax_cli.enrollments.model import EnrollmentKey

if TYPE_CHECKING:
    from learnermax_cli.checkout.options import CheckoutRequest
    from learnermax_cli.composition.app import App
    from learnermax_cli.courses.model import Course
    from learnermax_cli.planning.report import Report

COMMAND = "enrollments create"


@dataclass(frozen=True, slots=True)
class EnrollRequest:
    """Who is to be enrolled in what, and how it is to be paid for if it has to be."""

    course: "Course"
    checkout: "CheckoutRequest"

    @property
    def key(self) -> EnrollmentKey:
        """The enrollment to be."""
        return EnrollmentKey(self.checkout.user_id, self.checkout.course_id)

    @property
    def dry_run(self) -> bool:
        """Whether nothing may be written."""
        return self.checkout.dry_run


class Strategy(Protocol):
    """How students are enrolled in courses of one pricing model."""

    @property
    def pricing_model(self) -> str:
        """The course's `pricingModel` that it is for."""

    def enroll(self, app: "App", request: EnrollRequest) -> "Report":
        """Enroll the student, or begin to, and return the report."""


def find_strategies() -> Mapping[str, Strategy]:
    """Return the strategies by pricing model: the STRATEGY of each module of this package."""
    modules = (import_module(f"{__name__}.{module.name}") for module in iter_modules(__path__))
    strategies: list[Strategy] = [module.STRATEGY for module in modules]
    return {strategy.pricing_model: strategy for strategy in strategies}
