"""A service that fails every operation in a row ends the run; any answer in between does not."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from learnermax_cli.core.errors import ConfigError, CredentialsError, FailedError, GuardError, LmxError, UsageError
from learnermax_cli.core.retries import Outage, OutageError, is_fatal
from learnermax_cli.webhooks.model import HalfDoneError


def outage(*operations: bool) -> Outage:
    """Return the count of a service that ended these operations so, up to three failures in a row."""
    outage = Outage("Stripe", limit=3)
    for ok in operations:
        outage.note(ok)
    return outage


@pytest.mark.parametrize("operations", [(), (False, False), (False, False, True, False, False), (True,) * 9])
def test_service_is_up_below_the_limit(operations: tuple[bool, ...]) -> None:
    """Only failures in a row count: one answer resets the count."""
    outage(*operations).require_up()


def test_next_operation_is_refused_at_the_limit() -> None:
    """The error names the service and how often it failed, and ends the run in 1."""
    with pytest.raises(OutageError) as raised:
        outage(True, False, False, False).require_up()
    error = raised.value
    assert (
        "Stripe failed 3 operations in a row; the run stops",
        "What was done is in the report; run the command again.",
        "failed.outage",
        1,
    ) == (error.message, error.hint, error.code, error.exit_code)


def test_answer_of_an_operation_in_flight_ends_the_outage() -> None:
    """Operations run side by side: one that succeeds after the limit was reached shows that the service is up."""
    down = outage(False, False, False)
    down.note(ok=True)
    down.require_up()


def test_threads_lose_no_failure() -> None:
    """Eight threads that fail at the same time are eight failures."""
    down = Outage("AWS", limit=800)
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: down.note(ok=False), range(800)))
    with pytest.raises(OutageError, match="AWS failed 800 operations"):
        down.require_up()


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
