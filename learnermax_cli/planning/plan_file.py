"""Saved plans: what was reviewed, and the check that a later run does nothing beyond it."""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from learnermax_cli.core.errors import ConfigError, FailedError, GuardError
from learnermax_cli.planning.change import Change, canonical_json, digest

SCHEMA = "lmx-plan/1"


@dataclass(frozen=True, slots=True)
class PlanScope:
    """The world that a plan was made for."""

    command: str
    environment: str
    table: str
    mode: str | None
    account: str | None

    def as_json(self) -> dict[str, object]:
        """Return the scope as a plan file holds it."""
        return {
            "command": self.command,
            "environment": self.environment,
            "table": self.table,
            "mode": self.mode,
            "account": self.account,
        }


def save_plan(path: Path, scope: PlanScope, changes: Sequence[Change]) -> None:
    """Write a plan file atomically; raises FailedError when the folder cannot be written to."""
    document = {
        "schema": SCHEMA,
        "scope": scope.as_json(),
        "changes": [change.as_json() for change in changes],
        "digest": digest(changes),
    }
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(document, indent=2, ensure_ascii=True) + "\n")
        Path(name).replace(path)
    except OSError as error:
        raise FailedError(
            f"plan file {path} cannot be written: {error.strerror}", hint="Name a file in a folder you may write to."
        ) from None


def require_plan_file(path: Path) -> None:
    """Raise ConfigError when there is no plan file of this version to read."""
    _read(path)


def require_within_plan(path: Path, scope: PlanScope, changes: Sequence[Change]) -> None:
    """Raise GuardError unless every change is in the plan file and the file was made for the same world."""
    document = _read(path)
    if document.get("scope") != scope.as_json() or scope.account is None:
        raise GuardError(
            f"plan file {path} is for another world: {_difference(document.get('scope'), scope)}",
            hint="Make a new plan with --save-plan, review it, and apply that one.",
            code="guard.plan_scope",
        )
    reviewed = {canonical_json(change) for change in _changes(document, path)}
    beyond = [change for change in changes if change.canonical() not in reviewed]
    if beyond:
        first = beyond[0]
        raise GuardError(
            f"{len(beyond)} of {len(changes)} changes are not in plan file {path}, "
            f"first: {first.action} {first.kind} {first.key}",
            hint="The world has moved on: make a new plan with --save-plan, review it, and apply that one.",
            code="guard.plan_changed",
        )


def _read(path: Path) -> dict[str, object]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise ConfigError(f"plan file {path} cannot be read: {reason}", hint="Make one with --save-plan.") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise ConfigError(f"{path} is not a plan file of this version", hint="Make a new one with --save-plan.")
    return document


def _changes(document: dict[str, object], path: Path) -> list[object]:
    changes = document.get("changes")
    if not isinstance(changes, list):
        raise ConfigError(f"plan file {path} has no list of changes", hint="Make a new one with --save-plan.")
    return changes


def _difference(saved: object, scope: PlanScope) -> str:
    if scope.account is None:
        return "the account behind the key is unknown, so it cannot be compared"
    if not isinstance(saved, dict):
        return "it names none"
    names = [name for name, value in scope.as_json().items() if saved.get(name) != value]
    return ", ".join(f"{name} {saved.get(name)} there, {scope.as_json()[name]} here" for name in names)
