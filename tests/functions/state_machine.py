"""A small interpreter of Amazon States Language: what the definition of the walk uses, and nothing more."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.forking import PROJECT

DEFINITION = PROJECT / "deploy" / "reconcile_history.asl.json"
Task = Callable[[dict[str, Any]], dict[str, Any]]
# The interpreter has no clock: a task is never timed out.
TASK_FIELDS = {"Type", "Comment", "Resource", "Parameters", "ResultPath", "Retry", "Catch", "Next", "TimeoutSeconds"}


class UnknownLanguageError(Exception):
    """The definition says something that this interpreter does not know: it has to learn it first."""


class StoppedError(Exception):
    """The execution was stopped, as `aws stepfunctions stop-execution` does."""


@dataclass(frozen=True, slots=True)
class End:
    """How an execution ended: its status, its output, and for a failure error and cause."""

    status: str
    output: dict[str, Any]
    error: str | None = None
    cause: str | None = None


@dataclass
class StateMachine:
    """The definition with its functions in place of the ARNs; waits are written down instead of waited for."""

    tasks: Mapping[str, Task]
    stop_before: int | None = None
    """Before which task the execution is stopped."""
    inputs: list[dict[str, Any]] = field(default_factory=list)
    """What each task was given that was begun."""
    waits: list[float] = field(default_factory=list)
    definition: dict[str, Any] = field(default_factory=lambda: read_definition(DEFINITION))

    def run(self, data: dict[str, Any]) -> End:
        """Run an execution to its end; raises StoppedError where it is to be stopped."""
        name = self.definition["StartAt"]
        while True:
            state = self.definition["States"][name]
            match state["Type"]:
                case "Task":
                    data, name = self._run_task(state, data)
                case "Choice":
                    name = _choose(state, data)
                case "Succeed":
                    return End("SUCCEEDED", data)
                case "Fail":
                    error, cause = (_said(state, word, data) for word in ("Error", "Cause"))
                    return End("FAILED", data, error, cause)
                case other:
                    raise UnknownLanguageError(other)

    def _run_task(self, state: dict[str, Any], data: dict[str, Any]) -> tuple[dict[str, Any], str]:
        if unknown := state.keys() - TASK_FIELDS:
            raise UnknownLanguageError(unknown)
        tried: dict[int, int] = {}
        given = state.get("Parameters", data)
        while True:
            if self.stop_before is not None and len(self.inputs) >= self.stop_before:
                raise StoppedError
            self.inputs.append(given)
            try:
                answer = self.tasks[state["Resource"]](json.loads(json.dumps(given)))
            except Exception as error:
                name = type(error).__name__
                if self._retries(state, name, tried):
                    continue
                catcher = _first(state.get("Catch", []), name)
                if catcher is None:
                    raise
                failure = {"Error": name, "Cause": str(error)}
                return _put(data, catcher["ResultPath"], failure), catcher["Next"]
            answer = json.loads(json.dumps(answer))
            return _put(data, state.get("ResultPath", "$"), answer), state["Next"]

    def _retries(self, state: dict[str, Any], error: str, tried: dict[int, int]) -> bool:
        retrier = _first(state.get("Retry", []), error)
        if retrier is None:
            return False
        number = state["Retry"].index(retrier)
        count = tried.get(number, 0)
        if count >= retrier["MaxAttempts"]:
            return False
        tried[number] = count + 1
        self.waits.append(min(retrier["IntervalSeconds"] * retrier["BackoffRate"] ** count, retrier["MaxDelaySeconds"]))
        return True


def read_definition(path: Path) -> dict[str, Any]:
    """Return a definition."""
    definition: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return definition


def _first(rows: list[dict[str, Any]], error: str) -> dict[str, Any] | None:
    return next((row for row in rows if error in row["ErrorEquals"] or "States.ALL" in row["ErrorEquals"]), None)


def _choose(state: dict[str, Any], data: dict[str, Any]) -> str:
    return str(next((each["Next"] for each in state["Choices"] if _holds(each, data)), state["Default"]))


def _holds(choice: dict[str, Any], data: dict[str, Any]) -> bool:
    match choice:
        case {"Variable": path, "BooleanEquals": expected, "Next": _}:
            return _get(data, path) is expected
        case {"Variable": path, "NumericGreaterThan": limit, "Next": _}:
            return bool(_get(data, path) > limit)
        case other:
            raise UnknownLanguageError(other)


def _said(state: dict[str, Any], word: str, data: dict[str, Any]) -> str:
    return str(state[word] if word in state else _get(data, state[f"{word}Path"]))


def _get(data: Any, path: str) -> Any:
    for name in path.removeprefix("$.").split("."):
        data = data[name]
    return data


def _put(data: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    return value if path == "$" else {**data, path.removeprefix("$."): value}
