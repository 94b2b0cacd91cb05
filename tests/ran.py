"""How a command with JSON output ended, and what it wrote."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from tests.running import Sandbox


@dataclass(frozen=True, slots=True)
class Ran:
    """The exit code, the document on stdout, and stderr."""

    exit_code: int
    report: Mapping[str, Any]
    stderr: str

    @classmethod
    def read(cls, exit_code: int, stdout: str, stderr: str) -> Self:
        """Return how a command ended from what it printed: exactly one JSON document, and no traceback."""
        assert "Traceback" not in stderr, stderr
        return cls(exit_code, json.loads(stdout), stderr)


def last_entry(sandbox: Sandbox) -> int:
    """Return the number of the journal's newest entry."""
    return max((int(entry["seq"]) for entry in sandbox.control.journal()), default=0)


def writes_since(sandbox: Sandbox, seq: int = 0) -> list[str]:
    """Return the write requests, to any service, that came after a journal entry."""
    return [str(entry["operation"]) for entry in sandbox.control.journal(seq) if entry["write"]]
