"""Saved plans: what was reviewed, and the check that a later run does nothing beyond it."""

import errno
import json
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from learnermax_cli.config.env_file import PIPE_SECONDS, read_whole
from learnermax_cli.core.errors import ConfigError, FailedError, GuardError
from learnermax_cli.planning.change import Change, canonical_json, digest

SCHEMA = "lmx-plan/1"
_PAUSE = 0.05
_MAX_BYTES = 1 << 28


@dataclass(frozen=True, slots=True)
class PlanScope:
    """What a plan was made for."""

    command: str
    environment: str
    table: str
    mode: str | None
    account: str | None


def save_plan(path: Path, scope: PlanScope, changes: Sequence[Change]) -> None:
    """Write a plan file; raises FailedError, and leaves no file behind, when it cannot be written."""
    document = {
        "schema": SCHEMA,
        "scope": asdict(scope),
        "changes": [change.as_json() for change in changes],
        "digest": digest(changes),
    }
    text = json.dumps(document, indent=2, ensure_ascii=True) + "\n"
    try:
        if path.is_file() or not path.exists():
            _replace(Path(os.path.realpath(path)), text)
        else:
            _write_into(path, text)
    except OSError as error:
        raise FailedError(
            f"plan file {path} cannot be written: {error.strerror}", hint="Name a file in a folder you may write to."
        ) from None


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan file that was read: the scope and the canonical texts of the changes that were reviewed."""

    path: Path
    scope: object
    changes: frozenset[str]

    def without(self, changes: Sequence[Change]) -> list[Change]:
        """Return the changes that are not in the file."""
        return [change for change in changes if change.canonical() not in self.changes]


def read_plan_file(path: Path) -> SavedPlan:
    """Read a plan file; raises ConfigError when there is none of this version."""
    hint = "Make one with --save-plan."
    try:
        document = json.loads(read_whole(path, _MAX_BYTES))
        if not isinstance(document, dict) or document.get("schema") != SCHEMA:
            raise ConfigError(f"{path} is not a plan file of this version", hint=hint)
        changes = document.get("changes")
        if not isinstance(changes, list):
            raise ConfigError(f"plan file {path} has no list of changes", hint=hint)
        return SavedPlan(path, document.get("scope"), frozenset(map(canonical_json, changes)))
    except RecursionError:
        raise ConfigError(f"plan file {path} cannot be read: it is nested too deeply", hint=hint) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise ConfigError(f"plan file {path} cannot be read: {reason}", hint=hint) from None


def require_within_plan(saved: SavedPlan, scope: PlanScope, changes: Sequence[Change]) -> None:
    """Raise GuardError unless every change is in the plan file and the file was made for the same target."""
    hint = "Make a new plan with --save-plan, review it, and apply that one."
    if saved.scope != asdict(scope) or scope.account is None:
        raise GuardError(
            f"plan file {saved.path} was made for a different target: {_difference(saved.scope, scope)}",
            hint=hint,
            code="guard.plan_scope",
        )
    if beyond := saved.without(changes):
        first, are = beyond[0], "is" if len(beyond) == 1 else "are"
        raise GuardError(
            f"{len(beyond)} of {len(changes)} changes {are} not in plan file {saved.path}, "
            f"first: {first.action} {first.kind} {first.key}",
            hint=f"Courses or products have changed since. {hint}",
            code="guard.plan_changed",
        )


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _write_into(path: Path, text: str) -> None:
    """Write into a pipe or a device, which must not be replaced by a file; a pipe's reader is waited for."""
    deadline = time.monotonic() + PIPE_SECONDS
    while True:
        try:
            handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK)
            break
        except OSError as error:
            if error.errno != errno.ENXIO:
                raise
            if time.monotonic() > deadline:
                raise TimeoutError(errno.ETIMEDOUT, f"nothing read from this pipe within {PIPE_SECONDS} s") from error
            time.sleep(_PAUSE)
    os.set_blocking(handle, True)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def _difference(saved: object, scope: PlanScope) -> str:
    if scope.account is None:
        return "the account behind the key is unknown, so it cannot be compared"
    if not isinstance(saved, dict):
        return "it names no target"
    differing = {name: value for name, value in asdict(scope).items() if saved.get(name) != value}
    return ", ".join(f"{name} {saved.get(name)} there, {value} here" for name, value in differing.items())
