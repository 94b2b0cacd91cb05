"""Failures that leave a function: Lambda writes them to its log, and Step Functions keep them as they are."""

from collections.abc import Iterator
from contextlib import contextmanager

from learnermax_cli.adapters.awslambda.log import LogConsole
from learnermax_cli.core.errors import FailedError, LmxError
from learnermax_cli.core.secret_text import scrub


class UnexpectedError(FailedError):
    """A bug; its name alone tells the state machine that trying again would not mend it."""


@contextmanager
def safe_to_leave(console: LogConsole) -> Iterator[None]:
    """Let no failure out that holds a key: expected ones leave scrubbed, of a bug only the log tells more."""
    try:
        yield
    except LmxError as error:
        raise _scrubbed(error) from None
    except Exception as bug:  # noqa: BLE001 - told of in the log, and never let out as it is
        console.bug(bug)
        hint = "Its traceback is in the log of the function."
        raise UnexpectedError(f"a bug: {type(bug).__name__}", hint=hint, code="failed.bug") from None


def _scrubbed(error: LmxError) -> LmxError:
    """Return a copy of the same class, whose name is what a state machine goes by."""
    copy = type(error).__new__(type(error))
    LmxError.__init__(copy, scrub(error.message), hint=scrub(error.hint), code=error.code)
    copy.exit_code = error.exit_code
    return copy
