"""What gets onto a stream: Rich's lines, uncut in a pipe and scrubbed, JSON piece by piece, and progress."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.secret_text import KnownSecrets, scrub
from learnermax_cli.core.text_safety import without_workflow_commands
from learnermax_cli.terminal.folding import folded

if TYPE_CHECKING:
    from rich.console import Console as RichConsole
    from rich.console import RenderableType

_INDENT = "  "
_PIPE_WIDTH = 100_000  # Rich falls back to 80 columns in a pipe and cuts cells
_WORTH_LINES = 20
_LINES = 4

Advance = Callable[[int], None]
"""Takes how much is done."""


class Printer:
    """Prints to the streams of a process."""

    def __init__(self, known: KnownSecrets, *, no_color: bool, in_actions: bool) -> None:
        self._known = known
        self._no_color = no_color
        self._in_actions = in_actions
        self._refusal: OSError | None = None

    def print(self, stream: TextIO, line: "RenderableType", end: str = "\n") -> None:
        """Print Rich text, or a table, and flush."""
        text = self._rendered(stream, line, end)
        if not stream.isatty():
            text = "\n".join(line.rstrip(" ") for line in text.split("\n"))  # Rich pads the last column
        self.write(stream, self.harmless(text))
        self.flush(stream)

    def write(self, stream: TextIO, text: str) -> None:
        """Write text as it stands; of a stream that takes no more the rest is thrown away, and the run goes on."""
        try:
            stream.write(text)
        except OSError as error:
            self._give_up(stream, error)

    def flush(self, stream: TextIO) -> None:
        """Hand over what is buffered."""
        try:
            stream.flush()
        except OSError as error:
            self._give_up(stream, error)

    def _give_up(self, stream: TextIO, error: OSError) -> None:
        discard(stream)
        if stream is sys.stdout:
            self._refusal = error

    def stdout_refusal(self) -> OSError | None:
        """Return why stdout has not taken all that was written to it, None when it has."""
        self.flush(sys.stdout)
        return self._refusal

    def lay_out(self, stream: TextIO, lines: "Iterable[RenderableType]") -> int:
        """Print Rich text, and tables as the stream has room for them; return how many of both."""
        from learnermax_cli.terminal.tables import laid_out

        count = 0
        for line in lines:
            count += 1
            for part in laid_out(line, self.width(stream)):
                self.print(stream, part)
        return count

    def say(self, line: "RenderableType") -> None:
        """Print to stderr if possible: a closed stderr must not stop a sync or a payment."""
        with suppress(ValueError):  # a closed file
            self.print(sys.stderr, line)

    def harmless(self, text: str) -> str:
        """Return text without secrets, and in GitHub Actions without workflow commands."""
        return self._without_commands(self._known.mask(text))

    def print_json(self, stream: TextIO, document: Iterable[tuple[str, object]]) -> None:
        """Print JSON, whose values are masked already: masking it again could break what stands outside of texts."""
        for text in json_pieces(document):
            # As an escape the same value is read back, while GitHub's runner finds no command in it.
            self.write(stream, self._without_commands(scrub(text.replace("##[", "#\\u0023["))))
        self.write(stream, "\n")

    def _without_commands(self, text: str) -> str:
        return without_workflow_commands(text) if self._in_actions else text

    def rich(self, stream: TextIO) -> "RichConsole":
        """Return Rich's console for a stream; markup, emoji and highlighting are off, since texts are data."""
        from rich.console import Console as RichConsole

        return RichConsole(
            file=stream,
            markup=False,
            highlight=False,
            emoji=False,
            no_color=True if self._no_color else None,
            width=None if stream.isatty() else _PIPE_WIDTH,
        )

    def width(self, stream: TextIO) -> int | None:
        """Return how wide a terminal is; None for a pipe."""
        return self.rich(stream).width if stream.isatty() else None

    def _rendered(self, stream: TextIO, line: "RenderableType", end: str) -> str:
        from rich.text import Text

        # A receiver logs hundreds of lines a second, and a line without a style is its own rendering.
        rich = self.rich(stream)
        if isinstance(line, Text):
            if not rich.is_terminal:
                return line.plain + end
            line = folded(line, rich.width)
        with rich.capture() as capture:
            rich.print(line, end=end, soft_wrap=type(line).__name__ != "Table")
        return capture.get()


def unwritten(error: OSError) -> FailedError:
    """Return the failure of a run whose stdout takes no more, as on a full disk: the output is incomplete."""
    hint = "Free space there, and run the command again. Completed changes are kept."
    return FailedError(f"the output cannot be written: {error.strerror}", hint=hint)


def discard(stream: TextIO) -> None:
    """Drop what is written to a stream from now on, and what is buffered: Python would fail on it when it ends."""
    with Path(os.devnull).open("wb") as nowhere:
        os.dup2(nowhere.fileno(), stream.fileno())


def json_pieces(fields: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Yield the text of an object, as `json.dumps(..., indent=2)` writes it; an iterator is written as a list."""
    import json

    before = "{\n"
    for name, value in fields:
        yield f"{before}{_INDENT}{json.dumps(name)}: "
        if isinstance(value, Iterator):
            yield from _list_pieces(value)
        else:
            yield _dumps(value, _INDENT)
        before = ",\n"
    yield "\n}"


def _list_pieces(values: Iterator[object]) -> Iterator[str]:
    empty = True
    for value in values:
        yield f"{'[' if empty else ','}\n{2 * _INDENT}{_dumps(value, 2 * _INDENT)}"
        empty = False
    yield "[]" if empty else f"\n{_INDENT}]"


def _dumps(value: object, indent: str) -> str:
    import json

    # No line break in JSON text is part of a value.
    return json.dumps(value, indent=2, ensure_ascii=True).replace("\n", "\n" + indent)


@contextmanager
def bar(rich: "RichConsole", label: str, total: int) -> Iterator[Advance]:
    """Show a bar that is gone when the work is done."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=rich, transient=True) as shown:
        # The total may be unknown, or too low.
        task = shown.add_task(label, total=total or None)
        yield lambda done: shown.update(task, completed=done, total=max(total, done) if total else None)


@contextmanager
def lines(say: Callable[[str], None], label: str, total: int) -> Iterator[Advance]:
    """Say a line at each quarter of long work, and nothing of short work."""
    told = 0

    def advance(done: int) -> None:
        nonlocal told
        quarter = min(_LINES, done * _LINES // total)
        if quarter > told:
            told = quarter
            say(f"{label}: {done} of {max(total, done)}")

    yield advance if total >= _WORTH_LINES else lambda _: None
