"""What a reconcile has seen beside its changes, and its summary, counted in enrollments."""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field

from learnermax_cli.enrollments.decide import Case, Decision
from learnermax_cli.planning.change import Finding, Result, Skipped


@dataclass
class Tally:
    """Counts the enrollments that were decided on, and keeps what a person should look at."""

    examined: int = 0
    unchanged: int = 0
    ignored: int = 0
    findings: list[Finding] = field(default_factory=list)
    still_pending: list[Skipped] = field(default_factory=list)
    states: Counter[str] = field(default_factory=Counter)

    def note(self, case: Case, decision: Decision) -> None:
        """Note a decision."""
        self.examined += 1
        self.states[decision.state] += 1
        self.findings += decision.findings
        if decision.verdict != "unchanged":
            return
        self.unchanged += 1
        if case.enrollment is not None and case.enrollment.pending:
            reason = "; ".join((decision.state, *decision.notes))
            self.still_pending.append(Skipped("enrollment", str(case.key), reason, code="pending"))

    def summarize(self, results: Collection[Result], *, dry_run: bool) -> dict[str, int]:
        """Return the summary of a reconcile that made these changes."""
        wanted = "planned" if dry_run else "applied"
        counted = Counter(
            result.change.action if result.outcome == wanted else result.outcome
            for result in results
            if result.change.kind == "enrollment"
        )
        return {
            "examined": self.examined,
            "complete": counted["complete"],
            "create": counted["create"],
            "release": counted["release"],
            "unchanged": self.unchanged,
            "superseded": counted["superseded"],
            "needs_attention": len(self.findings),
            "failed": sum(result.outcome == "failed" for result in results),
        }


def summary_line(summary: dict[str, int], *, dry_run: bool) -> str:
    """Return the last line of the report."""
    rest = f"{summary['unchanged']} unchanged, {summary['needs_attention']} need attention"
    if dry_run:
        wanted = f"{summary['complete']} to complete, {summary['create']} to create, {summary['release']} to release"
        return f"Plan: {wanted}, {rest}."
    done = f"{summary['complete']} completed, {summary['create']} created, {summary['release']} released"
    return f"Applied: {done}, {rest}, {summary['failed']} failed."
