"""`doctor` from end to end: all checks side by side, one report, and the exit code of the worst."""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

from learnermax_cli.config.keys import StripeKey
from learnermax_cli.core.errors import Exit, FailedError, LmxError, weightiest
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import finish_within
from learnermax_cli.doctor import check_aws as aws
from learnermax_cli.doctor import check_items as items
from learnermax_cli.doctor import check_machine as machine
from learnermax_cli.doctor import check_stripe as stripe
from learnermax_cli.doctor.model import (
    IdentityReader,
    StripeProber,
    TableDescriber,
    TopicReader,
    Verdict,
    failed_by,
    not_checked,
)
from learnermax_cli.enrollments.store_model import EnrollmentReader
from learnermax_cli.planning.change import Finding
from learnermax_cli.planning.confirm import StripeJob
from learnermax_cli.planning.report import Items, Report
from learnermax_cli.products.model import CatalogGateway
from learnermax_cli.webhooks.endpoints import EndpointsJob

_LONGEST = 75.0
"""Seconds after which no check asks anything more: all of them end within 90 s."""
Verdicts = Iterable[Verdict]


@dataclass(frozen=True, slots=True)
class Check:
    """One question; `needs` names earlier checks without whose success there is nothing to ask."""

    name: str
    run: Callable[[], Verdicts]
    needs: tuple[str, ...] = ()


class DoctorJob(EndpointsJob, StripeJob, Protocol):
    """What is checked; each part is built by the first check that asks for it, which reports why it can't be."""

    @property
    def aws_identity(self) -> IdentityReader: ...
    @property
    def table_probe(self) -> TableDescriber: ...
    @property
    def table_items(self) -> EnrollmentReader: ...
    @property
    def topic_probe(self) -> TopicReader | None: ...
    @property
    def stripe_key(self) -> StripeKey: ...
    @property
    def stripe_probes(self) -> StripeProber: ...
    @property
    def catalog(self) -> CatalogGateway: ...
    @property
    def meter(self) -> Meter: ...


def run_doctor(job: DoctorJob) -> Report:
    """Return the report of all checks; nothing is written anywhere."""
    environment = job.settings.environment
    with suppress(LmxError):  # which a check reports; who is asked for an MFA code can interrupt this thread alone
        _ = job.aws_identity
    verdicts = run_checks(plan_checks(job))
    key = next(verdict for verdict in verdicts if verdict.check == stripe.KEY)
    counts = Counter(verdict.status for verdict in verdicts)
    summary = {word: counts[word] for word in ("ok", "warning", "failed", "not checked")}
    return Report(
        "doctor",
        environment,
        # A remedy has a line of its own below the table: what is folded in a cell can't be copied.
        Items(
            tuple(verdict.as_json() for verdict in verdicts), ("status", "check", "found"), more=("remedy", "exit_code")
        ),
        stripe=job.stripe_identity if key.status == "ok" else None,
        extra={"summary": {word.replace(" ", "_"): number for word, number in summary.items()}},
        summary_line=", ".join(_counted(word, number) for word, number in summary.items() if number) + ".",
        annotated=tuple(Finding("doctor:", v.check, v.found, v.remedy) for v in verdicts if v.status == "warning"),
        notes=tuple(_remedies(verdicts)),
        error=worst_failure(verdicts),
    )


def _remedies(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Yield each remedy once, with the checks that it fixes."""
    checks: dict[str, list[str]] = {}
    for verdict in verdicts:
        if verdict.remedy:
            checks.setdefault(verdict.remedy, []).append(verdict.check)
    for remedy, names in checks.items():
        yield f"Fix {', '.join(dict.fromkeys(names))}: " + remedy


def _counted(word: str, number: int) -> str:
    return f"{number} {word}{'s' * (word == 'warning' and number > 1)}"


def run_checks(checks: Sequence[Check]) -> tuple[Verdict, ...]:
    """Return the verdicts of all checks, in their order."""
    running: dict[str, Future[tuple[Verdict, ...]]] = {}
    ends_at = time.monotonic() + _LONGEST
    # A thread for each, so that one which waits for another never keeps that from running.
    with ThreadPoolExecutor(len(checks) or 1) as pool:
        for check in checks:
            before = {name: running[name] for name in check.needs}
            running[check.name] = pool.submit(_run, check, before, ends_at)
        return tuple(verdict for future in running.values() for verdict in future.result())


def _run(check: Check, needed: Mapping[str, "Future[tuple[Verdict, ...]]"], ends_at: float) -> tuple[Verdict, ...]:
    for name, future in needed.items():
        first = future.result()[0]
        # Trouble with one answer need not meet the next who asks; credentials, configuration and no connection do.
        if first.status == "failed" and (first.exit_code is not Exit.FAILED or first.unreachable):
            return (not_checked(check.name, f"“{name}” failed"),)
        if first.status == "not checked":
            return (not_checked(check.name, f"“{name}” was not checked"),)
    try:
        with finish_within(ends_at - time.monotonic()):
            return tuple(check.run())
    except LmxError as error:
        return (failed_by(check.name, error),)


def plan_checks(job: DoctorJob) -> tuple[Check, ...]:
    """Return all checks in the order of the report, with what each needs."""
    table = items.TableItems(lambda: job.table_items, job.meter)
    settings = job.settings
    needs_aws, needs_stripe, needs_table = (aws.IDENTITY,), (stripe.KEY,), (aws.TABLE,)
    return (
        Check(aws.NAMES, lambda: aws.check_names(settings)),
        Check(aws.IDENTITY, lambda: aws.check_identity(job.aws_identity, settings)),
        Check(aws.TABLE, lambda: aws.check_table(settings.table, job.table_probe), needs_aws),
        Check(aws.SECRET, lambda: aws.check_secret(job.secret_store, settings), needs_aws),
        Check(aws.TOPIC, lambda: aws.check_topic(settings, job.topic_probe), needs_aws),
        Check(stripe.KEY, lambda: stripe.check_key(job.stripe_key, job.stripe_identity, settings)),
        Check(stripe.RIGHTS, lambda: stripe.check_rights(job.stripe_key, job.stripe_probes), needs_stripe),
        Check(stripe.ENDPOINT, lambda: stripe.check_endpoint(job), needs_stripe),
        Check(items.CATALOG, lambda: table.check_catalog(job.catalog, settings), (*needs_table, *needs_stripe)),
        Check(items.PENDING, lambda: table.check_pending(job.now()), needs_table),
        Check(items.EVENTS, lambda: table.check_events(job.now(), settings), needs_table),
        Check(
            machine.AWS_CLOCK,
            # Within the check, since who asks may have no credentials to ask with.
            lambda: machine.check_clock(machine.AWS_CLOCK, job.now, lambda: job.aws_identity.read_clock()),  # noqa: PLW0108
        ),
        Check(
            machine.STRIPE_CLOCK,
            lambda: machine.check_clock(machine.STRIPE_CLOCK, job.now, job.stripe_probes.read_clock),
            needs_stripe,
        ),
        Check(machine.SITE, lambda: machine.check_site(settings)),
        Check(machine.VERSIONS, machine.check_versions),
    )


def worst_failure(verdicts: Sequence[Verdict]) -> LmxError | None:
    """Return the failure of a run: of the kind of its worst check, None when none failed."""
    bad = [verdict for verdict in verdicts if verdict.status == "failed"]
    if not bad:
        return None
    names = list(dict.fromkeys(verdict.check for verdict in bad))
    message = f"{len(names)} check{'s' * (len(names) > 1)} failed: {', '.join(names)}"
    hint = "The report names its remedy." if len(bad) == 1 else "The report names a remedy for each; begin at the top."
    error = FailedError(message, hint=hint, code="doctor.failed")
    error.exit_code = weightiest(verdict.exit_code for verdict in bad)
    return error
