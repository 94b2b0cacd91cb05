"""Checks of what is in the table, all from one scan: catalog drift, old pending enrollments, events that are owed."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from learnermax_cli.core.errors import CredentialsError
from learnermax_cli.core.times import parse_time
from learnermax_cli.courses.price import price_rules
from learnermax_cli.doctor.model import Verdict, lmx, not_checked, ok, warning
from learnermax_cli.enrollments.model import TableRead
from learnermax_cli.enrollments.plan_enrollment import EVENT_GRACE
from learnermax_cli.products.model import SyncOptions
from learnermax_cli.products.plan_sync import SyncPlan, plan_sync

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

CATALOG, PENDING, EVENTS = "Catalog", "Pending enrollments", "Events owed"
OLD = timedelta(days=1)


class TableItems:
    """The checks that share one scan; whichever comes first reads, the others take what it has read."""

    def __init__(self, app: "App") -> None:
        self._app = app
        self._lock = threading.Lock()
        self._read: TableRead | None = None
        self._units = 0.0

    def check_catalog(self) -> Iterator[Verdict]:
        """Say in one line how far Stripe is from the paid courses; raises LmxError when either can't be read."""
        courses = self._scan().courses
        settings = self._app.settings
        options = SyncOptions(settings.environment, price_rules(settings))
        try:
            catalog = self._app.catalog.read_catalog()
        except CredentialsError as error:
            yield not_checked(CATALOG, error.message)
            return
        yield _catalog_verdict(plan_sync(courses, catalog, options), self._app)

    def check_pending(self) -> Iterator[Verdict]:
        """Say how many pending enrollments nobody has decided on for a day."""
        pending = [enrollment for enrollment in self._scan().enrollments if enrollment.pending]
        before = self._app.now() - OLD
        times = [parse_time(enrollment.enrolled_at) for enrollment in pending]
        old = sum(time is None or time < before for time in times)
        if old:
            remedy = lmx("enrollments reconcile", self._app)
            remedy += "; with --release-expired those who never paid can buy again"
            yield warning(PENDING, f"{old} of {len(pending)} are older than a day", remedy)
        else:
            yield ok(PENDING, f"{len(pending)}, none older than a day (one scan: {self._units:.1f} read units)")

    def check_events(self) -> Iterator[Verdict]:
        """Say how many students wait for a mail that a crash left owed."""
        since = [intent.at for e in self._scan().enrollments if (intent := e.intent) is not None]
        before = self._app.now() - EVENT_GRACE
        times = [parse_time(at) for at in since]
        late = sum(time is None or time < before for time in times)
        if late:
            found = f"{late} of {len(since)} are older than {EVENT_GRACE.seconds // 60} minutes"
            yield warning(EVENTS, found, lmx("enrollments reconcile", self._app))
        else:
            yield ok(EVENTS, f"{len(since)}, none older than {EVENT_GRACE.seconds // 60} minutes")

    def _scan(self) -> TableRead:
        with self._lock:
            if self._read is None:
                before = self._app.meter.reading().dynamodb_read_units
                self._read = self._app.table_items.scan(completed=False)
                self._units = self._app.meter.reading().dynamodb_read_units - before
            return self._read


def _catalog_verdict(plan: SyncPlan, app: "App") -> Verdict:
    if not (told := _would(plan)):
        return ok(CATALOG, f"Stripe has what the courses want ({len(plan.unchanged)} sold)")
    # A sync shows its plan and asks; where it would write nothing, what it says is all that there is to see.
    remedy = lmx("products sync" if plan.changes else "products sync --dry-run", app)
    return warning(CATALOG, f"products sync would {told}", remedy)


def _would(plan: SyncPlan) -> str:
    """Return what a sync would do in words, such as `make 2 changes and refuse 1 course`; empty for nothing."""
    refused = sum(row.blocking for row in plan.skipped)
    counted = (
        (len(plan.changes), "make", "change"),
        (refused, "refuse", "course"),
        (len(plan.findings), "report", "finding"),
    )
    parts = [f"{verb} {number} {noun}{'s' * (number > 1)}" for number, verb, noun in counted if number]
    return " and ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)
