"""The report of a run, as one value: text, JSON, Markdown and the exit code are all read from it."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace

from learnermax_cli.core.errors import Exit, LmxError, weightiest
from learnermax_cli.core.meter import MeterReading
from learnermax_cli.planning.change import Finding, Mask, MaskedResults, Result, Skipped, digest, masked

SCHEMA = "lmx/1"


@dataclass(frozen=True, slots=True)
class StripeIdentity:
    """Whose Stripe data a run works on: test or live mode, and the account, None when it could not be learned."""

    mode: str
    account: str | None

    def as_json(self) -> dict[str, object]:
        """Return the `stripe` object of a report."""
        return {"mode": self.mode, "account": self.account}

    def __str__(self) -> str:
        return f"Stripe {'LIVE' if self.mode == 'live' else self.mode} mode, account {self.account or 'unknown'}"


@dataclass(frozen=True, slots=True)
class Changes:
    """The body of a planning command."""

    results: Collection[Result] = ()
    skipped: tuple[Skipped, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """The body of a list command: rows of JSON values, and the columns a table shows of them."""

    rows: tuple[Mapping[str, object], ...]
    columns: tuple[str, ...]
    empty: str = "Nothing to list."
    more: tuple[str, ...] = ()
    """Further fields of the rows, for which a table has no room."""
    money: str | None = None
    """The field that holds an amount of money."""

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields of the rows."""
        return (*self.columns, *(name for name in self.more if name not in self.columns))


@dataclass(frozen=True, slots=True)
class Data:
    """The body of a command with a single result: its JSON value, and the lines that people or pipes read."""

    value: Mapping[str, object]
    lines: tuple[str, ...]
    private: bool = False
    """Whether the lines are for stdout alone, and not for a summary that others read."""
    message: bool = False
    """Whether the lines only say what was done, and are not what the command is run for."""


@dataclass(frozen=True, slots=True)
class Report:
    """A finished run, successful or not."""

    command: str
    environment: str
    body: Changes | Items | Data
    dry_run: bool | None = None
    stripe: StripeIdentity | None = None
    findings: tuple[Finding, ...] = ()
    annotated: tuple[Finding, ...] = ()
    """What GitHub shows beside the findings, and people and programs read in the body."""
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    """Lines that belong to the data, such as references to what was stored; printed after the plan."""
    block: tuple[str, ...] = ()
    """Lines to paste as they stand, below the notes."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """Further fields of the JSON document."""
    summary: Mapping[str, int] = field(default_factory=dict)
    summary_line: str | None = None
    error: LmxError | None = None
    pending_exit: bool = False
    """Whether --exit-code was given: pending changes or findings end in 8."""
    unit: str = "change"
    """What a plan is counted in, as in "3 changes not applied"."""
    left: int | None = None
    """How many of these units were not applied; None counts the planned changes."""
    ends_by_signal: bool = False
    """Whether a signal is how such a run ends, and no failure."""
    table: str | None = None
    """The table that the run works on, where it has one."""
    meter: MeterReading = field(default_factory=MeterReading)

    @property
    def exit_code(self) -> Exit:
        """How the run ends."""
        codes = [Exit.OK] if self.error is None else [self.error.exit_code]
        if any(r.outcome == "failed" for r in self._changes.results) or any(r.blocking for r in self._changes.skipped):
            codes.append(Exit.FAILED)
        pending = any(r.outcome == "planned" for r in self._changes.results)
        if self.pending_exit and (pending or self.findings):
            codes.append(Exit.PENDING)
        return weightiest(codes)

    @property
    def _changes(self) -> Changes:
        return self.body if isinstance(self.body, Changes) else Changes()

    def as_json(self) -> dict[str, object]:
        """Return the whole document of schema lmx/1."""
        return {name: list(value) if isinstance(value, Iterator) else value for name, value in self.fields()}

    def fields(self) -> Iterator[tuple[str, object]]:
        """Yield the fields of the document; a long list comes as an iterator, so that it need not be held whole."""
        yield from (("schema", SCHEMA), ("command", self.command), ("environment", self.environment))
        if self.dry_run is not None:
            yield "dry_run", self.dry_run
        if self.stripe is not None:
            yield "stripe", self.stripe.as_json()
        yield from self._body_json().items()
        yield from self.extra.items()
        if self.warnings:
            yield "warnings", list(self.warnings)
        yield "meter", self.meter.as_json()
        if (failure := self.failure) is not None:
            yield "error", error_json(failure, self.exit_code)

    @property
    def live(self) -> bool:
        """Whether it is about real money."""
        return self.stripe is not None and self.stripe.mode == "live"

    @property
    def changed(self) -> bool:
        """Whether the run has written anything, or tried to."""
        return self.meter.wrote or any(result.outcome != "planned" for result in self._changes.results)

    @property
    def needs_place(self) -> bool:
        """Whether the environment is to be named beside it; a plan has it in its header, some results have no use."""
        return isinstance(self.body, Items) or (isinstance(self.body, Data) and self.stripe is not None)

    @property
    def by_key(self) -> bool:
        """Whether what belongs to one course or enrollment is shown together."""
        return self.unit in ("course", "enrollment")

    @property
    def attention(self) -> str:
        """How much needs attention, as in "2 need attention, 1 failed"; empty where all went well."""
        failed = self.summary.get("failed")
        if failed is None:
            failed = sum(result.outcome == "failed" for result in self._changes.results)
        found, refused = len(self.findings), sum(row.blocking for row in self._changes.skipped)
        counts = ((found, f"need{'s' * (found == 1)} attention"), (failed, "failed"), (refused, "refused"))
        return ", ".join(f"{count} {words}" for count, words in counts if count)

    @property
    def closing(self) -> str:
        """The line that sums a run up, empty without one: first what needs attention; and that money is real."""
        if not self.summary_line:
            return ""
        parts = (self.attention and f"{self.attention}.", self.summary_line, "LIVE mode." if self.live else "")
        return " ".join(filter(None, parts))

    @property
    def failure(self) -> LmxError | None:
        """What ended the run early, or that some rows failed; None when it went well."""
        well = self.exit_code in (Exit.OK, Exit.PENDING)
        return None if well else self.error or _some_rows_failed(self._changes)

    def _body_json(self) -> dict[str, object]:
        findings = [finding.as_json() for finding in self.findings]
        match self.body:
            case Items(rows=rows):
                return {"items": [dict(row) for row in rows], **({"findings": findings} if findings else {})}
            case Data(value=value):
                return {"data": dict(value), **({"findings": findings} if findings else {})}
            case Changes(results=results, skipped=skipped):
                return {
                    "changes": (result.as_json() for result in results),
                    "skipped": (row.as_json() for row in skipped),
                    "findings": findings,
                    "summary": dict(self.summary),
                    "digest": digest(result.change for result in results),
                }


def masked_report(report: Report, mask: Mask) -> Report:
    """Return a report with its texts as they are printed: `mask` comes before anything escapes or cuts them."""
    if report.error is not None:
        mask_error(report.error, mask)
    match body := report.body:
        case Items():
            body = replace(body, rows=tuple(masked(row, mask) for row in body.rows), empty=mask(body.empty))
        case Changes():
            skipped = tuple(row._replace(key=mask(row.key), reason=mask(row.reason)) for row in body.skipped)
            body = replace(body, results=MaskedResults(body.results, mask), skipped=skipped)
        case Data():
            body = replace(body, value=masked(body.value, mask), lines=tuple(map(mask, body.lines)))
    return replace(
        report,
        body=body,
        findings=tuple(Finding(*masked(finding, mask)) for finding in report.findings),
        annotated=tuple(Finding(*masked(finding, mask)) for finding in report.annotated),
        warnings=tuple(map(mask, report.warnings)),
        notes=tuple(map(mask, report.notes)),
        block=tuple(map(mask, report.block)),
        extra=masked(report.extra, mask),
        summary_line=None if report.summary_line is None else mask(report.summary_line),
    )


def mask_error(error: LmxError, mask: Mask) -> None:
    """Mask an error's message and hint."""
    error.message, error.hint = mask(error.message), mask(error.hint)


def without_private_lines(report: Report) -> Report:
    """Return a report as others than its reader may see it."""
    if isinstance(report.body, Data) and report.body.private:
        return replace(report, body=replace(report.body, lines=()))
    return report


def error_json(error: LmxError, exit_code: Exit) -> dict[str, object]:
    """Return the `error` object of a report."""
    return {"code": error.code, "message": error.message, "hint": error.hint, "exit_code": int(exit_code)}


def failure_json(command: str, error: LmxError, meter: MeterReading | None = None) -> dict[str, object]:
    """Return the document of a run that did not reach a report, with its cost where it had one."""
    cost = {"meter": meter.as_json()} if meter is not None and meter.counted else {}
    return {"schema": SCHEMA, "command": command, **cost, "error": error_json(error, error.exit_code)}


def _some_rows_failed(body: Changes) -> LmxError:
    failed = sum(result.outcome == "failed" for result in body.results)
    refused = sum(row.blocking for row in body.skipped)
    parts = [f"{failed} change{'s' * (failed > 1)} failed"] if failed else []
    if refused:
        parts.append(f"{refused} row{'s were' if refused > 1 else ' was'} refused")
    named = "it and the reason; fix it" if failed + refused == 1 else "them and the reasons; fix them"
    return LmxError(" and ".join(parts), hint=f"The report names {named} and run again.", code="failed.rows")
