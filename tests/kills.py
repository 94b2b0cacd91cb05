"""Runs that are killed, or lose an answer, at one of their writes: what the matrices of such runs are made of."""

import signal
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

from tests.ran import last_entry, writes_since
from tests.running import Sandbox

DAY_AND_MORE = 25 * 3600.0
MOMENTS = ("before", "after")
LATER = {"at-once": 0.0, "next-day": DAY_AND_MORE}
LOSSES: dict[str, dict[str, Any]] = {
    "dropped-before": {"kind": "drop", "when": "before"},
    "dropped-after": {"kind": "drop", "when": "after"},
    "500-before": {"kind": "error", "when": "before"},
    "500-after": {"kind": "error", "when": "after"},
    "500-stored-before": {"kind": "error", "when": "before", "stored": True},
    "500-stored-after": {"kind": "error", "when": "after", "stored": True},
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """A world, the writes of an undisturbed run in it, and the options of that run."""

    name: str
    build: Callable[..., object]
    writes: tuple[str, ...]
    args: tuple[str, ...] = ()


S = TypeVar("S", bound=Scenario)


def points(scenarios: Sequence[S]) -> list[tuple[S, int]]:
    """Return every write of some scenarios."""
    return [(scenario, index) for scenario in scenarios for index in range(len(scenario.writes))]


def point_id(case: Any) -> str:
    """Return the name of a test: the scenario, the number of the write, and what happens there."""
    (scenario, index), *more = case
    return "-".join([scenario.name, str(index), *more])


@contextmanager
def only_writes(sandbox: Sandbox, *writes: str) -> Iterator[None]:
    """Assert that what runs within makes exactly these writes."""
    before = last_entry(sandbox)
    yield
    assert list(writes) == writes_since(sandbox, before)


def kill_at(
    sandbox: Sandbox,
    point: tuple[Scenario, int],
    when: str,
    command: Sequence[str],
    env: Mapping[str, str | None] | None = None,
) -> None:
    """Run a command and kill it at a write; until then it made the writes of an undisturbed run."""
    scenario, index = point
    before = last_entry(sandbox)
    sandbox.control.add_fault("hold", writes_only=True, skip=index, when=when)
    process = sandbox.start(*command, env=env)
    sandbox.control.wait_held(timeout=60)
    process.kill()
    assert -signal.SIGKILL == process.wait()
    sandbox.control.release()
    _require_hit(sandbox, point, before)
    assert list(scenario.writes[: index + 1]) == writes_since(sandbox, before)


@contextmanager
def losing(sandbox: Sandbox, point: tuple[Scenario, int], loss: str) -> Iterator[None]:
    """Let the run within lose the request or the answer of a write."""
    before = last_entry(sandbox)
    sandbox.control.add_fault(writes_only=True, skip=point[1], **LOSSES[loss])
    yield
    _require_hit(sandbox, point, before)


def _require_hit(sandbox: Sandbox, point: tuple[Scenario, int], before: int) -> None:
    scenario, index = point
    hit = [entry["operation"] for entry in sandbox.control.journal(before) if entry["fault"] is not None]
    assert [scenario.writes[index]] == hit
