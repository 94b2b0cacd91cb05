"""A service that fails every operation in a row ends the run; any answer in between does not."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from learnermax_cli.core.errors import ConfigError, CredentialsError, FailedError, GuardError, LmxError, UsageError
from learnermax_cli.core.retries import Outage, OutageError, is_fatal
from learnermax_cli.webhooks.model import HalfDoneError


def outage(*operations: bool) -> Outage:
    """Return the count of a service that ended these operations so, up to three failures in a row."""
    outage = Outage("Stripe", limit=3)
    for ok in operations:
        outage.begin()
        outage.end(ok)
    return outage


@pytest.mark.parametrize("operations", [(), (False, False), (False, False, True, False, False), (True,) * 9])
def test_service_is_up_below_the_limit(operations: tuple[bool, ...]) -> None:
    """Only failures in a row count: one answer resets the count."""
    outage(*operations).begin()


def test_next_operation_is_refused_at_the_limit() -> None:
    """The error names the service and how often it failed, and ends the run in 1."""
    with pytest.raises(OutageError) as raised:
        outage(True, False, False, False).begin()
    error = raised.value
    assert (
        "Stripe failed 3 operations in a row; the run stops",
        "What was done is in the report; run the command again.",
        "failed.outage",
        1,
    ) == (error.message, error.hint, error.code, error.exit_code)


def test_answer_of_an_operation_in_flight_ends_the_outage() -> None:
    """Operations run side by side: one that succeeds after the limit was reached shows that the service is up."""
    down = Outage("Stripe", limit=3)
    for _ in range(4):
        down.begin()
    for ok in (False, False, False, True):
        down.end(ok)
    down.begin()


def test_threads_lose_no_failure() -> None:
    """Eight threads that fail at the same time are eight failures."""
    down = Outage("AWS", limit=800)

    def fail(_: int) -> None:
        down.begin()
        down.end(ok=False)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(fail, range(800)))
    with pytest.raises(OutageError, match="AWS failed 800 operations"):
        down.begin()


def test_long_silence_ends_the_run() -> None:
    """Two failures that took long are as bad as many short ones; one alone may take its whole time."""
    silent = Outage("AWS", silence=0.05)
    silent.begin()
    time.sleep(0.06)
    assert silent.silent()
    silent.end(ok=False)
    with pytest.raises(OutageError, match="AWS has given no complete answer for 0 s"):
        silent.begin()


def test_time_without_a_request_is_no_silence() -> None:
    """A question that waits for its answer does not count."""
    outage = Outage("AWS", silence=0.05)
    outage.begin()
    outage.end(ok=False)
    time.sleep(0.06)
    outage.begin()
    assert not outage.silent()


@pytest.mark.parametrize(
    ("error", "fatal"),
    [
        (OutageError("down", hint="Again."), True),
        (HalfDoneError(OutageError("down", hint="Again."), ()), True),
        (CredentialsError("revoked", hint="Again."), True),
        (ConfigError("no table", hint="Again."), True),
        (GuardError("wrong mode", hint="Again."), True),
        (FailedError("no", hint="Again."), False),
        (UsageError("no", hint="Again."), False),
        (LmxError("no", hint="Again."), False),
    ],
)
def test_what_fails_every_item_is_fatal(error: LmxError, fatal: bool) -> None:
    """Credentials, configuration, guards and an outage end a run; one bad row does not."""
    assert fatal == is_fatal(error)
