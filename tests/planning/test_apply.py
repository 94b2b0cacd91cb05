"""Groups of changes are carried out side by side; a failure, a signal or a refusal stops no more than it must."""

import threading
from collections.abc import Iterator, Sequence

import pytest

from learnermax_cli.core.errors import CredentialsError, FailedError, LmxError
from learnermax_cli.core.retries import OutageError
from learnermax_cli.planning.apply import Applied, apply
from learnermax_cli.planning.change import Change, Group, Result, SupersededError

FAILURE = FailedError("Stripe said no", hint="Run again.")
REFUSAL = CredentialsError("the key was revoked", hint="Push a new one.")


def changes(key: str, number: int = 2) -> tuple[Change, ...]:
    """Return changes that are told apart by their reason."""
    return tuple(Change("product", key, "update", reason=str(index)) for index in range(number))


def group(key: str, error: LmxError | None = None, fails_at: int = 1, stop: threading.Event | None = None) -> Group:
    """Return a group of two changes, which may fail at one of them or ask for an end at its first."""
    own = changes(key)

    def carry_out() -> Iterator[None]:
        for index in range(len(own)):
            if stop is not None:
                stop.set()
            if error is not None and index == fails_at:
                raise error
            yield

    return Group(own, carry_out)


def run(groups: Sequence[Group], stop: threading.Event | None = None, workers: int = 1) -> Applied:
    """Carry groups out without showing progress."""
    return apply(groups, stop or threading.Event(), workers=workers, progress=lambda done: None)


def words(applied: Applied) -> list[tuple[str, str]]:
    """Return key and outcome of each result."""
    return [(result.change.key, result.outcome) for result in applied.results]


def test_all_changes_are_applied_in_the_order_of_the_plan() -> None:
    """However many workers there are, the report reads as the plan does."""
    done = run([group("a"), group("b"), group("c")], workers=3)
    assert tuple(Result(change, "applied") for key in "abc" for change in changes(key)) == done.results
    assert (None, False) == (done.error, done.interrupted)


def test_superseded_change_takes_the_rest_of_its_group_with_it() -> None:
    """What depended on a write that somebody else made first is nobody's to do any more."""
    done = run([group("a", SupersededError("somebody was faster", hint="Nothing."), fails_at=0)])
    first, second = changes("a")
    assert (Result(first, "superseded", "somebody was faster"), Result(second, "superseded")) == done.results


def test_failure_leaves_the_other_groups_alone() -> None:
    """The rest of the failed group is not tried; the next group is."""
    done = run([group("a", FAILURE, fails_at=0), group("b")])
    first, second = changes("a")
    assert (
        Result(first, "failed", "Stripe said no"),
        Result(second),
        *(Result(change, "applied") for change in changes("b")),
    ) == done.results
    assert done.error is None


def test_change_before_the_failing_one_stays_applied() -> None:
    """What was done is reported as done."""
    assert [("a", "applied"), ("a", "failed")] == words(run([group("a", FAILURE)]))


@pytest.mark.parametrize("error", [REFUSAL, OutageError("Stripe is down", hint="Run again.")])
def test_failure_of_every_item_ends_the_run(error: LmxError) -> None:
    """Rejected credentials and an outage: what fails for everyone is not tried for everyone."""
    done = run([group("a", error), group("b")])
    assert [("a", "applied"), ("a", "failed"), ("b", "planned"), ("b", "planned")] == words(done)
    assert (error, False) == (done.error, done.interrupted)


@pytest.mark.parametrize("error", [None, REFUSAL])
def test_group_may_tell_its_results_itself(error: LmxError | None) -> None:
    """Where other changes became necessary than those planned, these are in the report as well."""
    [planned, necessary] = changes("a")
    told = (Result(planned, "superseded", "faster"), Result(necessary, "applied"))

    def carry_out() -> Iterator[Result]:
        yield from told
        if error is not None:
            raise error

    assert Applied(told, error) == run([Group((planned,), carry_out)])


def test_stop_finishes_the_group_in_flight() -> None:
    """Ctrl-C: the course in flight is finished, no other is begun."""
    stop = threading.Event()
    done = run([group("a", stop=stop), group("b")], stop)
    assert [("a", "applied"), ("a", "applied"), ("b", "planned"), ("b", "planned")] == words(done)
    assert done.interrupted


def test_stop_during_the_last_group_is_no_interruption() -> None:
    """Everything is done, so the run ends as usual."""
    stop = threading.Event()
    assert not run([group("a", stop=stop)], stop).interrupted


def test_progress_counts_groups() -> None:
    """The last number told is that of all groups."""
    told: list[int] = []
    apply([group("a"), group("b")], threading.Event(), workers=1, progress=told.append)
    assert [1, 2] == told


def test_nothing_to_apply_is_nothing() -> None:
    """An empty plan has no result."""
    assert Applied(()) == run([])
