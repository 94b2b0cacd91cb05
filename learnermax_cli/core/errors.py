"""The one family of expected failures, and their exit codes."""

from collections.abc import Iterable
from enum import IntEnum


class Exit(IntEnum):
    """How a run ends; the README lists the same table."""

    OK = 0
    FAILED = 1
    USAGE = 2
    CONFIG = 3
    CREDENTIALS = 4
    GUARD = 5
    PENDING = 8
    INTERRUPTED = 130


_PRECEDENCE = (Exit.INTERRUPTED, Exit.USAGE, Exit.CREDENTIALS, Exit.CONFIG, Exit.GUARD, Exit.FAILED, Exit.PENDING)


def weightiest(codes: Iterable[Exit]) -> Exit:
    """Return the exit code that wins when several apply."""
    present = set(codes)
    return next((code for code in _PRECEDENCE if code in present), Exit.OK)


class LmxError(Exception):
    """An expected failure: one line of what went wrong, one line of what to do."""

    exit_code = Exit.FAILED
    default_code = "failed"
    ends_run = True
    """Whether a run of many items ends early where its exit code says that the next item fails, too.

    Else the run goes on, and ends with that code.
    """

    def __init__(self, message: str, *, hint: str, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code or self.default_code


def weightier(first: LmxError | None, second: LmxError | None) -> LmxError | None:
    """Return the failure whose exit code wins, the first of two with the same; None where there is none."""
    failures = [failure for failure in (first, second) if failure is not None]
    return min(failures, key=lambda failure: _PRECEDENCE.index(failure.exit_code), default=None)


class FailedError(LmxError):
    """Something outside did not do what it was asked; running again is safe."""


class UsageError(LmxError):
    """The command line makes no sense."""

    exit_code = Exit.USAGE
    default_code = "usage"


class ConfigError(LmxError):
    """Configuration is missing or invalid."""

    exit_code = Exit.CONFIG
    default_code = "config"


class CredentialsError(LmxError):
    """Credentials are missing, refused or lack a permission."""

    exit_code = Exit.CREDENTIALS
    default_code = "credentials"


class GuardError(LmxError):
    """A guard stopped the run; the hint names the flag that lifts it."""

    exit_code = Exit.GUARD
    default_code = "guard"


class InterruptedRunError(LmxError):
    """The operator stopped the run."""

    exit_code = Exit.INTERRUPTED
    default_code = "interrupted"
