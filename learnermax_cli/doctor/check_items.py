"""Checks of what is in the table, all from one scan: catalog drift, old pending enrollments, events that are owed."""

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from learnermax_cli.config.settings import Settings
from learnermax_cli.core.errors import CredentialsError
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import parse_time
from learnermax_cli.courses.price import price_rules
from learnermax_cli.doctor.model import Verdict, not_checked, ok, warning
from learnermax_cli.enrollments.model import NOBODY
from learnermax_cli.enrollments.plan_event import EVENT_GRACE, OWED_WITHIN, span_over
from learnermax_cli.enrollments.store_model import EnrollmentReader, TableRead
from learnermax_cli.products.model import CatalogGateway, SyncOptions
from learnermax_cli.products.plan_sync import SyncPlan, plan_sync

CATALOG, PENDING, EVENTS = "Catalog", "Pending enrollments", "Events owed"
OLD = timedelta(days=1)


class TableItems:
    """The checks that share one scan: the first of them reads, the others take what it has read."""

    def __init__(self, reader: Callable[[], EnrollmentReader], meter: Meter) -> None:
        self._reader = reader
        self._meter = meter
        self._lock = threading.Lock()
        self._read: TableRead | None = None
        self._units = 0.0

    def check_catalog(self, gateway: CatalogGateway, settings: Settings) -> Iterator[Verdict]:
        """Report in one line what a sync would do; raises LmxError when courses or catalog can't be read."""
        courses = self._scan().courses
        try:
            catalog = gateway.read_catalog()
        except CredentialsError as error:
            yield not_checked(CATALOG, error.message)
            return
        yield _catalog_verdict(plan_sync(courses, catalog, SyncOptions(settings.environment, price_rules(settings))))

    def check_pending(self, now: datetime) -> Iterator[Verdict]:
        """Report how many enrollments have been pending for more than a day; who lost access is not waiting."""
        pending = [each for each in self._scan().enrollments if each.pending and each.revoked is None]
        if old := sum(_is_before(now - OLD, enrollment.enrolled_at) for enrollment in pending):
            remedy = lmx("enrollments reconcile") + " (--release-expired: those who never paid can buy again)"
            yield warning(PENDING, f"{old} of {len(pending)} are older than a day", remedy)
        else:
            yield ok(PENDING, f"{len(pending)}, none older than a day (one scan: {self._units:.1f} read units)")

    def check_events(self, now: datetime, settings: Settings) -> Iterator[Verdict]:
        """Report how many students wait for a mail whose event is owed: by nobody, or by a run that was killed."""
        owed = [e.intent for e in self._scan().enrollments if e.owes_event and e.intent is not None]
        minutes, reconcile = EVENT_GRACE.seconds // 60, lmx("enrollments reconcile")
        late = sum(intent.run == NOBODY or _is_before(now - EVENT_GRACE, intent.at) for intent in owed)
        if not settings.events:
            found = f"{len(owed)}, LMX_EVENTS is off"
            yield warning(EVENTS, found, reconcile + " (it removes their marks)") if owed else ok(EVENTS, found)
        elif not late:
            yield ok(EVENTS, f"{len(owed)}, none older than {minutes} minutes")
        elif settings.topic_arn is None:
            remedy = "Set TRANSACTIONAL_EMAIL_TOPIC_ARN, then run " + reconcile
            yield warning(EVENTS, f"{len(owed)}, and no topic is configured", remedy)
        else:
            found = f"{late} of {len(owed)} wait for a run that publishes them"
            ages = [now - time for intent in owed if (time := parse_time(intent.at)) is not None]
            if old := sum(age > OWED_WITHIN for age in ages):
                found += f", {old} for more than {OWED_WITHIN.days} days"
                reconcile = lmx("enrollments reconcile", "--owed-within", span_over(max(ages)))
            yield warning(EVENTS, found, reconcile)

    def _scan(self) -> TableRead:
        with self._lock:
            if self._read is None:
                before = self._meter.reading().dynamodb_read_units
                self._read = self._reader().scan(completed=False)
                self._units = self._meter.reading().dynamodb_read_units - before
            return self._read


def _is_before(moment: datetime, text: str) -> bool:
    """Return whether a time is before a moment; one that can't be read counts."""
    time = parse_time(text)
    return time is None or time < moment


def _catalog_verdict(plan: SyncPlan) -> Verdict:
    if not (wanted := _would(plan)):
        return ok(CATALOG, f"Stripe matches the courses ({len(plan.unchanged)} sold)")
    # A sync shows its plan and asks; where it would write nothing, its dry run shows all there is.
    remedy = lmx("products sync") if plan.changes else lmx("products sync", "--dry-run")
    return warning(CATALOG, f"products sync would {wanted}", remedy)


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
