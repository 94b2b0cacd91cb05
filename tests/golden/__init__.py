"""Outputs as they are meant to look, compared whole; `UPDATE_GOLDEN=1` writes them anew, for a person to read."""

import os
from pathlib import Path

_FOLDER = Path(__file__).parent


def assert_golden(name: str, actual: str) -> None:
    """Compare a text with the golden file of that name."""
    path = _FOLDER / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(actual, encoding="utf-8", newline="")
    expected = path.read_bytes().decode("utf-8")
    assert expected == actual
