"""One list of exit codes, in the code and in the README, and one order of weight."""

import re
from itertools import permutations

import pytest

from learnermax_cli.core.errors import (
    ConfigError,
    CredentialsError,
    Exit,
    FailedError,
    GuardError,
    InterruptedRunError,
    LmxError,
    UsageError,
    weightiest,
)
from tests.forking import PROJECT


def test_codes_are_those_of_the_contract() -> None:
    """Scripts rely on the numbers."""
    assert [0, 1, 2, 3, 4, 5, 8, 130] == [int(code) for code in Exit]


def test_readme_has_the_same_table() -> None:
    """The README names each code that there is, in order."""
    rows = re.findall(r"^\| (\d+) \| .+ \|$", (PROJECT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert [str(int(code)) for code in Exit] == rows


@pytest.mark.parametrize(
    ("error", "code", "word"),
    [
        (FailedError, 1, "failed"),
        (UsageError, 2, "usage"),
        (ConfigError, 3, "config"),
        (CredentialsError, 4, "credentials"),
        (GuardError, 5, "guard"),
        (InterruptedRunError, 130, "interrupted"),
    ],
)
def test_each_failure_has_its_code(error: type[LmxError], code: int, word: str) -> None:
    """The class decides how the run ends; the word may be refined."""
    raised = error("what", hint="do")
    assert (code, word, "what", "do", "what") == (
        int(raised.exit_code),
        raised.code,
        raised.message,
        raised.hint,
        str(raised),
    )
    assert f"{word}.x" == error("what", hint="do", code=f"{word}.x").code


@pytest.mark.parametrize(
    ("codes", "winner"),
    [
        ((), Exit.OK),
        ((Exit.OK,), Exit.OK),
        ((Exit.OK, Exit.PENDING), Exit.PENDING),
        ((Exit.PENDING, Exit.FAILED), Exit.FAILED),
        ((Exit.FAILED, Exit.GUARD), Exit.GUARD),
        ((Exit.GUARD, Exit.CONFIG), Exit.CONFIG),
        ((Exit.CONFIG, Exit.CREDENTIALS), Exit.CREDENTIALS),
        ((Exit.CREDENTIALS, Exit.INTERRUPTED), Exit.INTERRUPTED),
        (tuple(Exit), Exit.INTERRUPTED),
    ],
)
def test_weightiest_code_wins_in_any_order(codes: tuple[Exit, ...], winner: Exit) -> None:
    """130, then 4, 3, 5, 1, 8, 0."""
    assert {winner} == {weightiest(order) for order in (permutations(codes) if len(codes) < 4 else [codes])}
