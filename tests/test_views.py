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
from tests.views.model import MANNERS, NARROW, PIPE, PLAIN, Capture, Manner, View
from tests.views.run import captures

_LISTS = ("courses list", "products list", "enrollments list", "webhooks list", "secrets status", "doctor")
_PASTED = ("lmx ", "(lmx ", "STRIPE_", "NEXT_PUBLIC_STRIPE_", "Default: arn:", "export ")
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


def words(capture: Capture) -> Counter[str]:
    """Return the words of all lines, wherever these were broken."""
    return Counter(plain(" ".join(" ".join(lines(capture)).split())).split())


def too_wide(capture: Capture, columns: int) -> list[str]:
    """Return lines that are wider than the terminal, but for ids and commands, which are copied whole."""
    wide = (line.strip() for line in lines(capture) if len(line) > columns)
    return [line for line in wide if " " in line and not line.startswith(_PASTED)]


def ending(view: View, manner: Manner) -> int:
    """Return how a view is to end: nobody can answer in a pipe."""
    return 5 if view.answer is not None and manner.columns is None else view.ends


def _name(view: View) -> str:
    return view.name


def manners(view: View) -> tuple[Manner, ...]:
    """Return the manners that tell something: no width changes what is not a table."""
    return MANNERS if view.command.startswith(_LISTS) or view.answer == "y" else (NARROW, PLAIN, PIPE)


@pytest.mark.parametrize(
    "view", sampled((view for view in VIEWS if not view.slow), one_in=23, in_ci=3), ids=lambda view: view.name
)
def test_view(sandbox: Sandbox, view: View) -> None:
    """It ends as expected, fits, says the same with and without colour, and pipes get no escape."""
    shown: Mapping[Manner, Capture] = dict(captures(sandbox, view, manners(view)))
    assert {manner.name: ending(view, manner) for manner in shown} == {m.name: c.exit_code for m, c in shown.items()}
    assert "\x1b" not in shown[PIPE].out + shown[PIPE].err
    assert [] == [line for m in shown if m.columns for line in too_wide(shown[m], m.columns)]
    assert {"0", "1", "2", "1;2"} >= set(_STYLE.findall(shown[PLAIN].out))
    assert set() == VANISHING & set(_STYLE.findall(shown[NARROW].out))
    assert words(shown[NARROW]) == words(shown[PLAIN])


# The steps of the demo are the other views, and it is run as a whole elsewhere.
SLOW = [view for view in VIEWS if view.slow and view.command != "demo"]


@pytest.mark.slow  # a third of them in CI
@pytest.mark.parametrize("view", sampled(SLOW, one_in=3, in_ci=len(SLOW)), ids=lambda view: view.name)
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
