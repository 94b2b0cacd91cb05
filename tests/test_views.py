"""Every view in every manner: nothing cut, broken, coloured or animated where that is not wanted."""

import re
from collections import Counter
from collections.abc import Mapping

import pytest

from tests.commands import command_paths
from tests.running import Sandbox
from tests.sampling import sampled
from tests.terminal.test_terminal import VANISHING
from tests.views import VIEWS
from tests.views.model import MANNERS, NARROW, PIPE, PLAIN, WIDE, Capture, Manner, View
from tests.views.run import captures

_LISTS = ("courses list", "products list", "enrollments list", "webhooks list", "secrets status", "doctor")
# What follows a table is prose, one line each, which the terminal itself wraps and copies whole.
_PROSE = ("  ! ", "Fix ", "Secret ", "Also in the secret", "No ")
_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_STYLE = re.compile(r"\x1b\[([0-9;]+)m")
_PROGRESS = re.compile(r".*━.*|[A-Z][\w ()]+: \d+ of \d+")
# What differs from run to run.
_VARYING = (
    (r"\b(acct|ch|du|evt|pi|re|cus|we|price|plink|prod|req|sk_test|pk_test|test)_\w{14,}", r"\1_ID"),
    (r"\bcs_test_\w{50,}", "SESSION"),
    (r"127\.0\.0\.1:\d+", "HERE"),
    (r"stripe-keys-\w{6}\b", "stripe-keys-SUFFIX"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r"(process|request) \w+", "SOME"),
    (r"[\d.]+ m?s\b", "SECONDS"),
    (r"Cost: .*", "Cost"),
)


def plain(text: str) -> str:
    """Return what a person reads, without what differs from run to run."""
    text = _ESCAPE.sub("", text).replace("\r\n", "\n").replace("\r", "")
    for pattern, word in _VARYING:
        text = re.sub(pattern, word, text)
    return text


def lines(capture: Capture) -> list[str]:
    """Return all lines that stay on the terminal, or were written to either pipe."""
    told = (line.rstrip() for line in plain(capture.out + capture.err).splitlines())
    return [line for line in told if not _PROGRESS.fullmatch(line)]


def too_wide(view: View, capture: Capture, columns: int, piped: Capture) -> list[str]:
    """Return lines that are wider than the terminal, but for ids, prose and commands, which are to be copied whole, and
    texts of a plan, which are cut at a length of their own."""
    whole = piped.err if view.command.startswith(_LISTS) else piped.out + piped.err
    prose = {line.rstrip() for line in plain(whole).splitlines()}
    return [
        line
        for line in lines(capture)
        if len(line) > columns and line not in prose and not line.startswith(_PROSE) and " " in line.strip()
        if "[y/N]" not in line and not line.lstrip().startswith("lmx ") and "…" not in line
    ]


def ending(view: View, manner: Manner) -> int:
    """Return how a view is to end: nobody can answer in a pipe."""
    return 5 if view.answer is not None and manner.columns is None else view.ends


def _name(view: View) -> str:
    return view.name


def manners(view: View) -> tuple[Manner, ...]:
    """Return the manners that tell something: no width changes what is not a table."""
    return MANNERS if view.command.startswith(_LISTS) or view.answer == "y" else (NARROW, PLAIN, PIPE)


@pytest.mark.parametrize(
    "view", sampled((view for view in VIEWS if not view.slow), one_in=23), ids=lambda view: view.name
)
def test_view(sandbox: Sandbox, view: View) -> None:
    """It ends as expected, fits, says the same with and without colour, and pipes get no escape."""
    shown: Mapping[Manner, Capture] = dict(captures(sandbox, view, manners(view)))
    assert {manner.name: ending(view, manner) for manner in shown} == {m.name: c.exit_code for m, c in shown.items()}
    assert "\x1b" not in shown[PIPE].out + shown[PIPE].err
    whole = shown[WIDE] if view.answer == "y" else shown[PIPE]  # in a pipe nobody answers
    assert [] == [line for m in shown if m.columns for line in too_wide(view, shown[m], m.columns, whole)]
    assert {"0", "1", "2", "1;2"} >= set(_STYLE.findall(shown[PLAIN].out))
    assert set() == VANISHING & set(_STYLE.findall(shown[NARROW].out))
    assert Counter(" ".join(lines(shown[NARROW])).split()) == Counter(" ".join(lines(shown[PLAIN])).split())


# The steps of the demo are the other views, and it is run as a whole elsewhere.
@pytest.mark.slow
@pytest.mark.parametrize("view", [v for v in VIEWS if v.slow and v.command != "demo"], ids=lambda view: view.name)
def test_slow_view(sandbox: Sandbox, view: View) -> None:
    """It ends as expected, and no colour vanishes."""
    ((_, shown),) = captures(sandbox, view, [NARROW])
    assert (view.ends, set()) == (shown.exit_code, VANISHING & set(_STYLE.findall(shown.out)))


def test_every_command_has_a_view() -> None:
    """Who adds a command adds a view of it."""
    seen = [view.command for view in VIEWS]
    assert [] == [path for path in command_paths() if not any(f"{s} ".startswith(f"{' '.join(path)} ") for s in seen)]


def test_names_of_views_are_their_own() -> None:
    """Each is a file of its own."""
    assert len(VIEWS) == len({view.path for view in VIEWS})
