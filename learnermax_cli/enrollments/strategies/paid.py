"""Paid courses: a checkout, and an enrollment that is pending until it is paid."""

from typing import TYPE_CHECKING

from learnermax_cli.checkout.create import run_create
from learnermax_cli.enrollments.strategies import COMMAND, EnrollRequest

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report


class PaidStrategy:
    """As `lmx checkout create`."""

    pricing_model = "paid"

    def enroll(self, app: "App", request: EnrollRequest) -> "Report":
        """Begin a checkout, or return the session that is open already."""
        return run_create(app, request.checkout, COMMAND)


STRATEGY = PaidStrategy()
