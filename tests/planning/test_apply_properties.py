"""Whatever fails, whenever a signal comes: begun groups are finished, no other begins, results are in plan order."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnermax_cli.core.errors import CredentialsError, FailedError, LmxError
from learnermax_cli.planning.apply import apply
from learnermax_cli.planning.change import Change, Group, OutcomeWord, Result, SupersededError
from tests.sampling import examples

pytestmark = pytest.mark.properties

LOST = SupersededError("the student has a customer", hint="Nothing.")
ERRORS: dict[str, LmxError] = {
    "failed": FailedError("Stripe said no", hint="Run again."),
    "superseded": SupersededError("somebody was faster", hint="Nothing."),
    "fatal": CredentialsError("the key was revoked", hint="Push a new one."),
}


@dataclass(frozen=True, slots=True)
class Script:
    """What happens in one group, and at which of its changes: a failure, a change of another writer, a signal."""

    changes: int
    fails_at: int | None
    error: str
    loses_at: int | None
    """At which change another writer was first, without the others depending on it."""
    stops_at: int | None

    @property
    def fatal(self) -> bool:
        """Whether no other group is to begin after this one."""
        return self.error == "fatal" and self.fails_at is not None and self.fails_at < self.changes


SCRIPTS = st.lists(
    st.builds(
        Script,
        changes=st.integers(1, 3),
        fails_at=st.none() | st.integers(0, 3),
        error=st.sampled_from(sorted(ERRORS)),
        loses_at=st.none() | st.integers(0, 3),
        stops_at=st.none() | st.integers(0, 3),
    ),
    max_size=7,
)


class Recording:
    """Groups that do as their scripts say, and note what was begun and what was really done."""

    def __init__(self, scripts: list[Script]) -> None:
        self.scripts = scripts
        self.stop = threading.Event()
        self.begun: list[int] = []
        self.begun_late = 0
        self.done: list[Change] = []

    def groups(self) -> list[Group]:
        """Return the groups in the order of the plan."""
        return [self._group(index) for index in range(len(self.scripts))]

    def changes(self, index: int) -> list[Change]:
        """Return the changes of one group."""
        numbers = range(self.scripts[index].changes)
        return [Change("product", f"course-{index}", "update", reason=str(number)) for number in numbers]

    def expected(self, index: int) -> list[Result]:
        """Return how the changes of a group end that was begun."""
        script = self.scripts[index]
        results = []
        for number, change in enumerate(self.changes(index)):
            if script.fails_at is None or number < script.fails_at:
                lost = number == script.loses_at
                results.append(Result(change, "superseded", LOST.message) if lost else Result(change, "applied"))
            elif number == script.fails_at:
                outcome: OutcomeWord = "superseded" if script.error == "superseded" else "failed"
                results.append(Result(change, outcome, ERRORS[script.error].message))
            else:
                results.append(Result(change, "superseded" if script.error == "superseded" else "planned"))
        return results

    def _group(self, index: int) -> Group:
        script, changes = self.scripts[index], self.changes(index)

        def carry_out() -> Iterator[SupersededError | None]:
            self.begun_late += self.stop.is_set()
            self.begun.append(index)
            for number, change in enumerate(changes):
                if number == script.stops_at:
                    self.stop.set()
                if number == script.fails_at:
                    raise ERRORS[script.error]
                if number == script.loses_at:
                    yield LOST
                else:
                    self.done.append(change)
                    yield None

        return Group(changes, carry_out)


@given(scripts=SCRIPTS, workers=st.integers(1, 3))
@examples(200)
def test_begun_groups_are_finished_and_the_others_left(scripts: list[Script], workers: int) -> None:
    """The groups that began are the first of the plan, each went as far as it could, and each result is the truth."""
    recording = Recording(scripts)
    applied = apply(recording.groups(), recording.stop, workers=workers, progress=lambda done: None)
    begun = sorted(recording.begun)
    assert list(range(len(begun))) == begun
    expected = [
        result
        for index in range(len(scripts))
        for result in (
            recording.expected(index) if index in begun else [Result(change) for change in recording.changes(index)]
        )
    ]
    assert tuple(expected) == applied.results
    reported = [result.change for result in applied.results if result.outcome == "applied"]
    assert sorted(recording.done, key=_place) == reported
    assert any(scripts[index].fatal for index in begun) == (applied.error is not None)
    assert (recording.stop.is_set() and len(begun) < len(scripts)) == applied.interrupted


@given(scripts=SCRIPTS, workers=st.integers(1, 3))
@examples(200)
def test_a_stopped_run_begins_no_other_group(scripts: list[Script], workers: int) -> None:
    """All groups are begun unless something stops the run, and after that only those already handed to a worker."""
    recording = Recording(scripts)
    apply(recording.groups(), recording.stop, workers=workers, progress=lambda done: None)
    ends = [index for index in recording.begun if scripts[index].fatal]
    if not recording.stop.is_set() and not ends:
        assert len(scripts) == len(recording.begun)
    assert recording.begun_late < workers
    if workers == 1 and ends:
        assert ends == [recording.begun[-1]]


def test_stop_with_two_groups_in_flight_finishes_both() -> None:
    """A signal while two groups write at once: both are finished to their last change, the third and fourth stay."""
    stop, both = threading.Event(), threading.Barrier(2, timeout=30)
    begun: list[str] = []

    def group(key: str) -> Group:
        changes = [Change("product", key, "update", reason=str(number)) for number in range(3)]

        def carry_out() -> Iterator[None]:
            begun.append(key)
            both.wait()
            stop.set()
            for _ in changes:
                yield

        return Group(changes, carry_out)

    told: list[int] = []
    done = apply([group(key) for key in "abcd"], stop, workers=2, progress=told.append)
    words = [(result.change.key, result.outcome) for result in done.results]
    finished = [(key, "applied") for key in "aaabbb"]
    assert [*finished, *((key, "planned") for key in "cccddd")] == words
    assert (["a", "b"], True, None, 2) == (sorted(begun), done.interrupted, done.error, told[-1])


def _place(change: Change) -> tuple[str, str]:
    return change.key, change.reason or ""
