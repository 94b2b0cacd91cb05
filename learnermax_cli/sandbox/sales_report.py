"""`lmx sandbox pay`, `expire` and `clock`: what they do, and their reports."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta

from learnermax_cli.config.sandbox_state import require_sandbox
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import Money
from learnermax_cli.core.times import read_duration, show_unix
from learnermax_cli.planning.report import Data, Report
from learnermax_cli.sandbox.client import SandboxClient, SandboxError
from learnermax_cli.sandbox.report import ENVIRONMENT
from learnermax_cli.sandbox.sales_client import Method, Session

_LONGEST = timedelta(days=366)
_SAID = {"declined": ": the card was declined", "delayed": ": the payment is under way"}
_HINT = "Name a session as this lists them: lmx enrollments list --status pending -e sandbox"


def pay(environ: Mapping[str, str], target: str, method: str, email: str | None) -> Report:
    """Pay a session or a link; `free` is a discount of 100 %; raises FailedError when it cannot be paid."""
    client = _control(environ)
    methods: dict[str, Method] = {"card": "card", "delayed": "delayed", "declined": "declined", "free": "card"}
    percent = 100 if method == "free" else 0
    try:
        session = client.pay(target, methods[method], email=email, discount_percent=percent)
    except SandboxError as error:
        raise _failed(error) from error
    return _session_report("sandbox pay", session, f", {_total(session)}{_SAID.get(method, '')}")


def expire(environ: Mapping[str, str], session_id: str) -> Report:
    """Expire an open session; raises FailedError when it is not open."""
    try:
        return _session_report("sandbox expire", _control(environ).expire(session_id))
    except SandboxError as error:
        raise _failed(error) from error


def advance_clock(environ: Mapping[str, str], duration: str) -> Report:
    """Advance the sandbox's clock by a duration; raises UsageError for an invalid one."""
    passed = read_duration(duration, "--advance", timedelta(0), _LONGEST, example="90s, 30m, 25h or 3d")
    seconds = int(passed.total_seconds())
    now = _control(environ).advance_clock(seconds)
    shown = show_unix(int(now))
    value = {"advanced_seconds": seconds, "now": shown}
    return Report("sandbox clock", ENVIRONMENT, Data(value, (f"In the sandbox it is {shown}.",)))


def _control(environ: Mapping[str, str]) -> SandboxClient:
    return SandboxClient(require_sandbox(environ).control_url)


def _total(session: Session) -> Money:
    return Money(session.amount_total, session.currency)


def _session_report(command: str, session: Session, more: str = "") -> Report:
    fields = asdict(session)
    value = {"session_id": fields.pop("id"), **fields}
    value["amount_total"] = _total(session).as_json()
    del value["currency"]
    line = f"{session.id}: {session.status}, {session.payment_status}{more}"
    return Report(command, ENVIRONMENT, Data(value, (line,)))


def _failed(error: SandboxError) -> FailedError:
    return FailedError(error.reason, hint=_HINT, code="sandbox.refused")
