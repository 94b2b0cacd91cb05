"""Makes the pictures of the README: real commands on real terminals and a throw-away sandbox, drawn by Rich.

python -m docs.make_pictures [FOLDER], by default docs/pictures.
"""

import io
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from learnermax_cli.sandbox import process
from learnermax_cli.sandbox.student import put_student
from tests.terminals import show

FOLDER = Path(__file__).parent / "pictures"
WIDTH = 120
STUDENT = "test-student"
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")

# What differs from run to run is replaced by what stays, so that a picture changes only when lmx does.
STABLE: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"acct_\w+", "acct_1LearnerMaxTest0"),
    (r"cs_test_\w+", "cs_test_a1B2c3D4"),
    (r"_…\w{6}\b", "_…B2c3D4"),  # shortened, as tables show ids that do not fit
    (r"pi_\w+", "pi_a1B2c3D4"),
    (r"price_\w{14,}", "price_a1B2c3D4"),
    (r"cus_\w+", "cus_a1B2c3D4"),
    (r"we_\w+", "we_a1B2c3D4"),
    (r"evt_\w+", "evt_a1B2c3D4"),
    (r"\bre_\w+", "re_a1B2c3D4"),
    (r"127\.0\.0\.1:\d+", "127.0.0.1:12111"),
    (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?=(\.\d+)?Z)", "2026-11-23T09:30:00"),
    (r"(?<=:00)\.\d{3}Z", ".000Z"),
    (r"version [0-9a-f]{64}", "version 5d1f0c"),
    (r"\d+\.\d s\b", "0.4 s"),
    (r"Python 3\.\d+\.\d+, stripe [\d.]+ *", lambda found: "Python 3.11, stripe 16.1".ljust(len(found[0]))),
    # A progress bar, which is gone at the end.
    (r"\x1b\[\?25[hl]|\r", ""),
    (r"[^\n]*\n?(\x1b\[1A)?\x1b\[2K", ""),
)
# Fonts are the reader's own: a picture in a README loads nothing from elsewhere.
_FORMAT = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "font-family: Fira Code, monospace", "font-family: ui-monospace, Menlo, Consolas, monospace"
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture: the commands that it shows, after those that it does not."""

    name: str
    title: str
    commands: tuple[str, ...]
    before: tuple[str, ...] = ()
    ends: int = 0
    """The exit code of its last command."""


# In this order, on one sandbox. LINK is what the last `checkout create` printed.
PICTURES = (
    Picture("products-sync-plan", "A plan to read first", ("products sync --dry-run",), ("courses seed",)),
    Picture(
        "products-sync",
        "A new price at Stripe, the old one inactive",
        ("courses set-price TEST-COURSE-003 119.00", "products sync --yes"),
        ("products sync --yes",),
    ),
    Picture(
        "price-guard",
        "49.99 or 4,999.00 dollars? lmx does not guess",
        ("products sync --dry-run --include-coming-soon --course spec-driven-dev-premium",),
        ends=1,
    ),
    Picture(
        "checkout-reconcile",
        "A paid enrollment is completed",
        (f"checkout create TEST-COURSE-005 --user {STUDENT}", "sandbox pay LINK", "enrollments reconcile"),
    ),
    Picture(
        "webhooks-replay",
        "A webhook was lost: the replay handles it",
        ("webhooks replay --since 1h", "enrollments list"),
        (f"checkout create TEST-COURSE-003 --user {STUDENT}", "sandbox pay LINK"),
    ),
    Picture(
        "refund",
        "The money went back: the finding, and its remedy",
        ("sandbox refund LINK", "enrollments reconcile --since 3d", "enrollments reconcile --since 3d --revoke"),
    ),
    Picture(
        "doctor",
        "Every precondition checked, each with its remedy",
        ("doctor",),
        (
            "secrets push --yes",
            "webhooks create --url https://api.learnermax.example/api/webhooks/stripe",
            "courses set-price TEST-COURSE-005 129.00",
        ),
    ),
)


def main(folder: Path = FOLDER) -> None:
    """Make all pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="lmx-pictures-") as name:
        home = Path(name)
        info = process.start(home / "state", parent_pid=os.getpid())
        try:
            put_student(info)
            inherited = {variable: os.environ[variable] for variable in _KEPT if variable in os.environ}
            own = {"HOME": name, "LMX_SANDBOX_HOME": str(home / "state")}
            for picture in PICTURES:
                lines = list(_lines(picture, {**inherited, **own, **info.environment()}, home))
                (folder / f"{picture.name}.svg").write_text(_draw(picture, lines), encoding="utf-8")
        finally:
            process.stop(home / "state")


def _lines(picture: Picture, env: Mapping[str, str], home: Path) -> Iterator[Text]:
    """Yield what the terminal shows of a picture's commands."""
    for command in picture.before:
        _run(command, env, home)
    for number, command in enumerate(picture.commands):
        typed, said = _run(command, env, home, picture.ends if command == picture.commands[-1] else 0)
        if number:
            yield Text()
        yield Text.from_ansi(_stable(f"\x1b[1m$ lmx {typed}\x1b[0m"))
        yield from (Text.from_ansi(line) for line in _stable(said).rstrip().split("\n"))


def _run(command: str, env: Mapping[str, str], home: Path, ends: int = 0) -> tuple[str, str]:
    """Run a command to the end that is expected; return what was typed, and what it said."""
    link = home / "link"
    words = [link.read_text(encoding="utf-8") if word == "LINK" else word for word in command.split()]
    words += [] if words[0] == "sandbox" else ["-e", "sandbox"]  # whoever types it after us reaches no account
    shown = show(*words, env=env, cwd=home, columns=WIDTH)
    if shown.exit_code != ends:
        raise RuntimeError(f"lmx {command} ended in {shown.exit_code}:\n{shown.text}")
    if command.startswith("checkout create"):
        link.write_text(next(line for line in shown.lines if line.startswith("http")), encoding="utf-8")
    return " ".join(words), shown.raw.replace("\r\n", "\n")


def _stable(text: str) -> str:
    for pattern, replacement in STABLE:
        text = re.sub(pattern, replacement, text)
    return text


def _draw(picture: Picture, lines: list[Text]) -> str:
    width = min(WIDTH, max(line.cell_len for line in lines))
    console = Console(record=True, file=io.StringIO(), width=width, force_terminal=True, color_system="standard")
    for line in lines:
        console.print(line)
    svg = console.export_svg(title=picture.title, code_format=_FORMAT, unique_id=picture.name)
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:2]))
