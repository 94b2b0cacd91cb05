"""A long history, walked window by window by the state machine's own definition: the same end as one whole run."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest

from learnermax_cli.core.times import read_moment
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.functions.events import Context
from tests.functions.state_machine import StateMachine, StoppedError
from tests.functions.worlds import Container
from tests.ran import last_entry
from tests.running import Sandbox

DAY = 86_400
WINDOW, CLOSE = "${ReconcileWindowFunctionArn}", "${ReconcileFunctionArn}"
WALK = {"since": "42d", "step": "7d"}
SIX_WINDOWS_AND_CLOSE = 7
World = tuple[dict[str, tuple[str, str]], Counter[str]]


def put_history(sandbox: Sandbox) -> None:
    """Put six weeks: each with payments of pending students and through links, refunds, and sessions never paid."""
    students = [f"{kind}-{week}" for kind in ("bought", "link", "refunded", "left", "foreign") for week in range(6)]
    worlds.put_basics(sandbox, *students, "lost")
    rows: list[dict[str, Any]] = []
    for week in range(6):
        at = -(week * 7 + 3) * DAY
        rows += [
            _row(f"bought-{week}", "paid", at),
            _row(f"link-{week}", "paid", at, payment_link="plink_1"),
            _row(f"refunded-{week}", "refunded", at),
            _row(f"left-{week}", "expired", at),
            _row(f"foreign-{week}", "paid", at, environment="prod"),
        ]
    rows.append(_row("lost", "paid", -90 * DAY))  # from before the walk: its item alone tells of it
    sandbox.control.seed_sessions(rows)
    for row in rows:
        if not row["user_id"].startswith(("link", "foreign")):
            worlds.put_pending(sandbox, row["user_id"], row["id"], hours=-row["offset"] / 3600)


def _row(user: str, state: str, offset: int, environment: str = "preview", **fields: object) -> dict[str, Any]:
    metadata = {"managedBy": "lmx", "environment": environment, "userId": user, "courseId": COURSE}
    session_id = "cs_test_" + user.replace("-", "")
    row = {"id": session_id, "user_id": user, "course_id": COURSE, "state": state, "offset": offset}
    return {**row, "amount": worlds.AMOUNT, "metadata": metadata, **fields}


def read_world(sandbox: Sandbox) -> World:
    """Return every enrollment with its status and session, and how often each student was sent the mail."""
    items = [item for item in sandbox.dynamodb().scan(ConsistentRead=True)["Items"] if "paymentStatus" in item]
    found = {str(item["userId"]): (str(item["paymentStatus"]), str(item["stripeSessionId"])) for item in items}
    return found, Counter(event["studentId"] for event in worlds.read_events(sandbox))


@pytest.fixture
def expected() -> World:
    """What one whole run makes of the history; that it does is a test of its own."""
    paid = [*(f"bought-{week}" for week in range(6)), *(f"link-{week}" for week in range(6)), "lost"]
    unpaid = [*(f"refunded-{week}" for week in range(6)), *(f"left-{week}" for week in range(6))]
    statuses = {**dict.fromkeys(paid, "completed"), **dict.fromkeys(unpaid, "pending")}
    return {user: (status, "cs_test_" + user.replace("-", "")) for user, status in statuses.items()}, Counter(paid)


@pytest.fixture
def machine(sandbox: Sandbox, container: Container) -> Callable[..., StateMachine]:
    """Build a state machine over a history."""
    put_history(sandbox)
    context = Context()
    tasks = {
        WINDOW: lambda event: container.functions.reconcile_window(event, context),
        CLOSE: lambda event: container.functions.reconcile(event, context),
    }
    return lambda **options: StateMachine(tasks, **options)


Machines = Callable[..., StateMachine]


@pytest.mark.slow
def test_whole_run(sandbox: Sandbox, container: Container, machine: Machines, expected: World) -> None:
    """What the walk is compared with: one reconcile over all of it."""
    container.functions.reconcile({"since": "42d"}, Context())
    assert expected == read_world(sandbox)


@pytest.mark.slow
def test_walk_ends_as_one_whole_run(sandbox: Sandbox, machine: Machines, expected: World) -> None:
    """Six windows and the closing run: the same enrollments, the same mails, and windows without a gap."""
    walk = machine()
    end = walk.run(WALK)
    assert ("SUCCEEDED", 6, 12, 0) == (end.status, end.output["windows"], end.output["applied"], end.output["failed"])
    assert {"complete": 1} == {name: count for name, count in end.output["closing"]["summary"].items() if count == 1}
    assert expected == read_world(sandbox)
    cursors = [given["cursor"] for given in walk.inputs[1:-1]]
    assert [7 * DAY] * 4 == [b - a for a, b in pairwise(_seconds(cursor) for cursor in cursors)]


@pytest.mark.slow
@pytest.mark.parametrize("again", ["from the beginning", "at the cursor"])
def test_stopped_and_started_again(sandbox: Sandbox, machine: Machines, expected: World, again: str) -> None:
    """An execution that was stopped in the middle is started again, from the beginning or where it was."""
    stopped = machine(stop_before=3)
    with pytest.raises(StoppedError):
        stopped.run(WALK)
    statuses, sent = read_world(sandbox)
    assert 0 < Counter(status for status, _ in statuses.values())["completed"] < 13
    rest = machine()
    rest.run(WALK if again == "from the beginning" else stopped.inputs[-1])
    count = SIX_WINDOWS_AND_CLOSE if again == "from the beginning" else SIX_WINDOWS_AND_CLOSE - 2
    statuses, sent_then = read_world(sandbox)
    assert (count, expected) == (len(rest.inputs), (statuses, sent + sent_then))


@pytest.mark.slow
def test_failing_window_is_tried_again(sandbox: Sandbox, machine: Machines, expected: World) -> None:
    """When Stripe or AWS fails the same window is done again later: nothing is skipped, nothing done twice."""
    sandbox.control.add_fault("error", service="stripe", operation="GET /v1/checkout/sessions", status=400)
    walk = machine()
    assert "SUCCEEDED" == walk.run(WALK).status
    assert ([30], SIX_WINDOWS_AND_CLOSE + 1) == (walk.waits, len(walk.inputs))
    assert expected == read_world(sandbox)


@pytest.mark.slow
def test_row_that_fails_does_not_stop_the_walk(sandbox: Sandbox, machine: Machines, expected: World) -> None:
    """The others go through, the closing run makes good what is pending, and the execution says that it failed."""
    sandbox.control.add_fault("error", service="dynamodb", operation="UpdateItem", status=400, times=1)
    end = machine().run(WALK)
    assert ("FAILED", "SomeFailed", 1) == (end.status, end.error, end.output["failed"])
    assert expected == read_world(sandbox)


def test_wrong_key_stops_the_walk_at_once(sandbox: Sandbox, machine: Machines) -> None:
    """What trying again would not mend ends the execution, with the reason."""
    sandbox.control.set_key_status(sandbox.info.secret_key, "revoked")
    walk = machine()
    end = walk.run(WALK)
    assert ("FAILED", "CredentialsError", []) == (end.status, end.error, walk.waits)
    assert "Stripe rejected the key" in str(end.cause)


LASTING = {
    "wrong input": {"since": "yesterday"},
    "cursor before since": {**WALK, "cursor": "50d"},
    "count that is none": {**WALK, "failed": "x"},
}


@pytest.mark.parametrize("given", LASTING.values(), ids=LASTING)
def test_wrong_input_stops_the_walk_at_once(machine: Machines, given: dict[str, Any]) -> None:
    """It names what is wrong, and nothing is tried again."""
    walk = machine()
    end = walk.run(given)
    assert ("FAILED", "UsageError", []) == (end.status, end.error, walk.waits)


@pytest.mark.parametrize("name", ["UnexpectedError", "WindowTooLongError", "GuardError", "ConfigError"])
def test_what_stays_wrong_is_not_tried_again(name: str) -> None:
    """Neither a window nor the closing run is begun again for an error that cannot go away."""
    for failing in (WINDOW, CLOSE):
        walk = failing_machine({failing: name}, times=100)
        end = walk.run({"since": "1d"})
        assert ("FAILED", name, []) == (end.status, end.error, walk.waits)


@pytest.mark.parametrize("failing", [WINDOW, CLOSE])
def test_busy_function_is_waited_for(failing: str) -> None:
    """Each function runs once at a time, up to fifteen minutes: the walk waits longer than that."""
    walk = failing_machine({failing: "Lambda.TooManyRequestsException"}, times=15)
    assert ("SUCCEEDED", True) == (walk.run({"since": "1d"}).status, sum(walk.waits) > 900 + 120)


@pytest.mark.parametrize("failing", [WINDOW, CLOSE])
@pytest.mark.parametrize(
    "name",
    [
        "Lambda.ClientExecutionTimeoutException",
        "Lambda.ServiceException",
        "Lambda.AWSLambdaException",
        "Lambda.SdkClientException",
        "Lambda.Unknown",
        "FailedError",
    ],
)
def test_passing_failure_is_tried_again(failing: str, name: str) -> None:
    """What Lambda itself or a neighbour failed at is done again [doc "Handle Lambda service exceptions"]."""
    walk = failing_machine({failing: name}, times=5)
    assert ("SUCCEEDED", 5) == (walk.run({"since": "1d"}).status, len(walk.waits))


def failing_machine(errors: dict[str, str], *, times: int) -> StateMachine:
    """Return a machine whose functions fail so many times with an error of a name, and then are done."""
    left = dict.fromkeys(errors, times)

    def task(resource: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        def call(given: dict[str, Any]) -> dict[str, Any]:
            if left.get(resource, 0):
                left[resource] -= 1
                raise type(errors[resource], (Exception,), {})
            return {**given, "done": True, "failed": 0}

        return call

    return StateMachine({resource: task(resource) for resource in (WINDOW, CLOSE)})


@pytest.mark.slow
def test_window_stopped_inside_is_made_good(
    sandbox: Sandbox, container: Container, machine: Machines, expected: World
) -> None:
    """Time runs out between two writes: what was written stays, and the walk started again there ends the same."""
    sandbox.control.add_fault("hold", service="dynamodb", writes_only=True, times=None)
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(container.functions.reconcile_window, {"since": "42d", "step": "42d"}, Context())
        sandbox.control.wait_held(timeout=120)
        let_time_run_out()
        sandbox.control.clear_faults()
        sandbox.control.release()
        answer = running.result()
    statuses, sent = read_world(sandbox)
    assert (0, "21d") == (answer["windows"], answer["size"])
    assert 0 < Counter(status for status, _ in statuses.values())["completed"] < 12
    end = machine().run(answer)
    statuses, sent_then = read_world(sandbox)
    assert ("SUCCEEDED", expected) == (end.status, (statuses, sent + sent_then))


def let_time_run_out() -> None:
    """Fire the timer that stops a run before its invocation's time is over."""
    timers = [thread for thread in threading.enumerate() if isinstance(thread, threading.Timer)]
    assert timers
    for timer in timers:
        timer.function()


@pytest.mark.slow
def test_window_that_takes_too_long_is_cut(sandbox: Sandbox, container: Container, machine: Machines) -> None:
    """Near the end of its time a run stops cleanly, and the same window is tried again, half as long."""
    answer = container.functions.reconcile_window(WALK, Context(seconds_left=0))
    since, cursor = _seconds(answer["since"]), _seconds(answer["cursor"])
    assert (since, "3d12h", 0, False) == (cursor, answer["size"], answer["windows"], answer["done"])
    grown = container.functions.reconcile_window(answer, Context())
    assert (84 * 3600, "7d") == (_seconds(grown["cursor"]) - cursor, grown["size"])


def test_walked_history_is_not_scanned(sandbox: Sandbox, container: Container, machine: Machines) -> None:
    """A window reads what it names by key, and never the table."""
    seq = last_entry(sandbox)
    container.functions.reconcile_window(WALK, Context())
    asked = {entry["operation"] for entry in sandbox.control.journal(seq) if entry["service"] == "dynamodb"}
    assert {"BatchGetItem", "GetItem", "PutItem", "UpdateItem"} == asked
    assert "completed" == worlds.read_statuses(sandbox)[key("bought-5")]


def test_end_of_the_walk_is_its_end(container: Container) -> None:
    """A walk that is done asks nothing."""
    done = {"since": "2026-01-01T00:00:00Z", "until": "2026-02-01T00:00:00Z", "cursor": "2026-02-01T00:00:00Z"}
    assert container.functions.reconcile_window(done, Context())["done"]


def _seconds(text: str) -> float:
    return read_moment(text, None, "cursor").timestamp()  # type: ignore[arg-type]  # a time needs no present
