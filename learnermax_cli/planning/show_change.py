"""Changes as people read them: Terraform's signs, old → new per field; what belongs to one course in one block."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, groupby, islice, zip_longest
from typing import NamedTuple

from learnermax_cli.core.money import Money
from learnermax_cli.core.text_safety import printable
from learnermax_cli.planning.change import Change, Finding, Result, Skipped
from learnermax_cli.planning.report import Changes, Items, Report

_SIGNS = {
    "create": "+",
    "complete": "+",
    "publish": "+",
    "replace": "-/+",
    "archive": "-",
    "delete": "-",
    "release": "-",
    "expire": "-",
}
# What identifies the object of a change is shown although it stays the same.
_TELLING = frozenset(("product", "stripeProductId", "stripePriceId", "course", "user", "endpoint"))
# What a line has no room for, and whose place in it comes first.
_LONG = ("description", "images")
_FIRST = ("price", "name")
MAX_BLOCKS = 40
"""A plan of more courses or enrollments shows one line for each."""
FAILED_STEP = "failed: "
FLAWS = ("problem", "drift", "error")
"""The columns of lists that say what is wrong with a row."""


def sign(change: Change) -> str:
    """Return Terraform's sign for a change."""
    return _SIGNS.get(change.action, "~")


def action_words(change: Change) -> str:
    """Return what a change does, without its key, as people read it."""
    return f"{change.action} {change.noun or change.kind}"


def show_value(value: object, limit: int | None = None) -> str:
    """Return a JSON value of a change or row as people write it, on one line; texts are cut at `limit`."""
    match value:
        case None | "":
            return "-"
        case bool():
            return "yes" if value else "no"
        case {"amount": int(amount), "currency": str(currency)}:
            return str(Money(amount, currency))
        case str():
            return printable(value, limit)
        case list() | tuple():
            parts = [show_value(part, limit) for part in value]
            return ("; " if any("," in part for part in parts) else ", ").join(parts) or "-"
        case dict():
            return ", ".join(f"{printable(str(name))} {show_value(part, limit)}" for name, part in value.items()) or "-"
    return printable(str(value))


class ShownField(NamedTuple):
    """A field of a change, and its value or old → new."""

    name: str
    text: str

    def __str__(self) -> str:
        return f"{self.name}: {self.text}"


class Block(NamedTuple):
    """One change, or all of one course or enrollment, as they are shown together."""

    sign: str
    steps: tuple[str, ...]
    """What is done, the first one with its key."""
    flaws: tuple[bool, ...]
    """Which of them failed."""
    reason: str
    fields: tuple[ShownField, ...]
    outcome: str

    @property
    def title(self) -> str:
        """All that is done, and what of it failed."""
        steps = zip(self.steps, self.flaws, strict=True)
        return ", ".join(f"{FAILED_STEP}{step}" if failed else step for step, failed in steps)

    @property
    def line(self) -> str:
        """The block in one line: its first change, what failed, and the fields, the price first."""
        shown = [field for field in self.fields if field.name not in (*_LONG, *_TELLING)]
        shown.sort(key=lambda field: _FIRST.index(field.name) if field.name in _FIRST else len(_FIRST))
        fields = ", ".join(f"{field.name} {field.text}" for field in shown)
        failed = any(self.flaws[1:])
        title = self.title if failed else self._replace(steps=self.steps[:1], flaws=self.flaws[:1]).title
        return title + (f": {fields}" if fields else "") + (f"  ({self.reason})" if self.reason else "")


def blocks(results: Iterable[Result], limit: int | None = None, *, by_key: bool = False) -> Iterator[Block]:
    """Yield a block for each change, or with `by_key` for each key; texts are cut at `limit`."""
    return (_block(group, limit) for group in _groups(results, by_key=by_key))


def count_blocks(results: Iterable[Result], most: int | None = None) -> int:
    """Return how many blocks there are with `by_key`; no more than `most` are counted."""
    return sum(1 for _ in islice(_groups(results, by_key=True), most))


def has_many_blocks(report: Report) -> bool:
    """Return whether a plan has one line for each course or enrollment."""
    results = report.body.results if isinstance(report.body, Changes) else ()
    return report.by_key and count_blocks(results, MAX_BLOCKS + 1) > MAX_BLOCKS


def _groups(results: Iterable[Result], *, by_key: bool) -> Iterator[list[Result]]:
    for _, group in groupby(enumerate(results), lambda item: item[1].change.key if by_key else item[0]):
        yield [result for _, result in group]


def _block(results: list[Result], limit: int | None) -> Block:
    changes = [result.change for result in results]
    first = changes[0]
    signs = [sign(change) for change in changes]
    steps = (f"{action_words(first)} {printable(first.key)}", *map(action_words, changes[1:]))
    given = (
        change.reason for change in changes if change.reason and change.reason not in (change.after or {}).values()
    )
    reasons = dict.fromkeys(map(printable, given))
    told = (reason for reason in reasons if not any(reason in more for more in reasons.keys() - {reason}))
    shown = list(_fields(first, limit))
    known = dict(first.after or {})
    for change in changes[1:]:
        shown += (field for field in _further_fields(change, known, limit) if field not in shown)
        known.update(change.after or {})
    flaws = tuple(result.outcome == "failed" for result in results)
    mark = "-/+" if "-/+" in signs else signs[0]
    return Block(mark, steps, flaws, "; ".join(told), tuple(shown), _outcome(results))


def _outcome(results: list[Result]) -> str:
    outcomes = [r.outcome if r.error is None else f"{r.outcome}: {r.error}" for r in results]
    if len(set(outcomes)) == 1:
        return outcomes[0]
    words = (action_words(result.change) for result in results)
    return "; ".join(f"{word} {outcome}" for word, outcome in zip(words, outcomes, strict=True))


def _fields(change: Change, limit: int | None) -> Iterator[ShownField]:
    before: Mapping[str, object] = change.before or {}
    after: Mapping[str, object] = change.after or {}
    if change.before is None or change.after is None:
        shown = ((name, show_value(value, limit)) for name, value in {**before, **after}.items())
        yield from (ShownField(name, text) for name, text in shown if text != "-")
        return
    for name, value in after.items():
        new = show_value(value, limit)
        if name not in before or (before[name] == value and name in _TELLING):
            yield ShownField(name, new)
        elif before[name] != value:
            yield ShownField(name, f"{show_value(before[name], limit)} → {new}")


def _further_fields(change: Change, known: Mapping[str, object], limit: int | None) -> Iterator[ShownField]:
    """Yield what a change adds to those above it in its block."""
    before, after = change.before, change.after
    if before is None or after is None:  # another object, whose fields are not those above
        yield ShownField(action_words(change), show_value(dict(before or after or {}), limit))
        return
    values = {name: value for name, value in after.items() if name not in known or known[name] != value}
    linked = values.get("stripeProductId")
    if linked == known.get("product") and before.get("stripeProductId") in (None, linked):
        values.pop("stripeProductId", None)
    yield from _fields(Change(change.kind, change.key, change.action, before, values), limit)


def unsaid(finding: Finding, report: Report) -> Finding:
    """Return a finding as it is shown beside a list, without a detail that is in a row of it."""
    rows = report.body.rows if isinstance(report.body, Items) else ()
    cells = (row[name] for row in rows for name in FLAWS if row.get(name))
    flaws = chain.from_iterable(cell if isinstance(cell, list) else [cell] for cell in cells)
    said = any(str(flaw) in finding.detail or finding.detail in str(flaw) for flaw in flaws)
    return finding._replace(detail="") if said else finding


def unsaid_rows(report: Report) -> tuple[Skipped, ...]:
    """Return the rows that were left alone, but for those that a finding of the same name explains."""
    found = {(finding.kind, finding.key) for finding in report.findings}
    skipped = report.body.skipped if isinstance(report.body, Changes) else ()
    return tuple(row for row in skipped if row.blocking or (row.reason, row.key) not in found)


def titled(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield lines of a result, and whether each is the title of indented ones below it."""
    for line, following in zip_longest(lines, lines[1:], fillvalue=""):
        yield line, bool(line) and not line.startswith(" ") and following.startswith(" ")
