"""`lmx sandbox pay`, `settle`, `expire`, `refund`, `dispute`, `promo` and `clock`, and their reports."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal, InvalidOperation

from learnermax_cli.config.sandbox_state import require_sandbox
from learnermax_cli.core.errors import FailedError, UsageError
from learnermax_cli.core.money import InexactAmountError, Money, to_money
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import read_duration, show_unix
from learnermax_cli.planning.report import Data, Report
from learnermax_cli.sandbox.client import SandboxClient, SandboxError
from learnermax_cli.sandbox.report import ENVIRONMENT
from learnermax_cli.sandbox.sales_client import Dispute, Method, Refund, Session

_LONGEST = timedelta(days=366)
_SAID = {"declined": ": the card was declined", "delayed": ": the payment is under way and arrives in three days"}
_AMOUNT_HINT = "Give it in major units, such as 10.00."
_PAID_HINT = "Name the session of a payment, as this lists them: lmx enrollments list -e sandbox"
_HINT = "Name a session as this lists them: lmx enrollments list --status pending -e sandbox"


def pay(environ: Mapping[str, str], target: str, method: str, email: str | None) -> Report:
    """Pay a session or a link; `free` is a discount of 100 %; raises FailedError when it cannot be paid."""
    client = _control(environ)
    methods: dict[str, Method] = {"card": "card", "delayed": "delayed", "declined": "declined", "free": "card"}
    percent = 100 if method == "free" else 0
    try:
        session = client.pay(target, methods[method], email=email, discount_percent=percent)
    except SandboxError as error:
        raise _failed(error, _pay_hint(client, target, error)) from error
    return _session_report("sandbox pay", session, f", {_total(session)}{_SAID.get(method, '')}")


def expire(environ: Mapping[str, str], session_id: str) -> Report:
    """Expire an open session; raises FailedError when it is not open."""
    try:
        return _session_report("sandbox expire", _control(environ).expire(session_id))
    except SandboxError as error:
        raise _failed(error) from error


def refund(environ: Mapping[str, str], session_id: str, amount: str | None, *, fails: bool) -> Report:
    """Refund a session's payment, wholly or in part; raises FailedError when there is nothing to refund."""
    client = _control(environ)
    try:
        made = client.refund(session_id, _minor(client, session_id, amount), fails_later=fails)
    except SandboxError as error:
        raise _failed(error, _money_back_hint(client, session_id, error, amount)) from error
    later = "; it fails in three days: lmx sandbox clock --advance 3d" if fails else ""
    return _money_back_report("sandbox refund", made, f"refund of {{}}, {made.status}{later}")


def dispute(environ: Mapping[str, str], session_id: str, status: str, amount: str | None) -> Report:
    """Open, win or lose the dispute of a session's payment; raises FailedError when that is not possible."""
    client = _control(environ)
    try:
        made = client.bring_dispute(session_id, status, _minor(client, session_id, amount))
    except SandboxError as error:
        raise _failed(error, _money_back_hint(client, session_id, error, amount)) from error
    return _money_back_report("sandbox dispute", made, f"dispute over {{}}, {made.status}")


def settle(environ: Mapping[str, str], session_id: str, *, fails: bool) -> Report:
    """Settle a delayed payment at once; raises FailedError when none is under way."""
    try:
        return _session_report("sandbox settle", _control(environ).settle(session_id, succeed=not fails))
    except SandboxError as error:
        raise _failed(error) from error


def promo(environ: Mapping[str, str], code: str, percent_off: float | None, amount_off: str | None) -> Report:
    """Make a promotion code; raises UsageError unless it takes a percentage or an amount off."""
    if (percent_off is None) == (amount_off is None):
        raise UsageError("give either --percent-off or --amount-off", hint="Such as --percent-off 20.")
    client, currency = _control(environ), environ.get("LMX_CURRENCY", "usd").lower()
    money = None if amount_off is None else _money("--amount-off", amount_off, currency)
    coupon = {"percent_off": percent_off} if money is None else {"amount_off": money.amount, "currency": currency}
    try:
        promo_id = client.make_promotion(code, **coupon)
    except SandboxError as error:
        raise _failed(error, "A code has letters, digits and dashes, and is made once.") from error
    off = f"{percent_off:g} %" if money is None else str(money)
    amount = None if money is None else money.as_json()
    value = {"id": promo_id, "code": code, "percent_off": percent_off, "amount_off": amount}
    return Report(
        "sandbox promo",
        ENVIRONMENT,
        Data(value, (f"{code}: {off} off, where promotion codes are allowed",), message=True),
    )


def advance_clock(environ: Mapping[str, str], duration: str) -> Report:
    """Advance the sandbox's clock by a duration; raises UsageError for an invalid one."""
    passed = read_duration(duration, "--advance", timedelta(0), _LONGEST, example="90s, 30m, 25h or 3d")
    seconds = int(passed.total_seconds())
    now = _control(environ).advance_clock(seconds)
    shown = show_unix(int(now))
    value = {"advanced_seconds": seconds, "now": shown}
    return Report("sandbox clock", ENVIRONMENT, Data(value, (f"In the sandbox it is {shown}.",), message=True))


def _control(environ: Mapping[str, str]) -> SandboxClient:
    return SandboxClient(require_sandbox(environ).control_url)


def _pay_hint(client: SandboxClient, target: str, error: SandboxError) -> str:
    """Return what to do about a session that cannot be paid, which may still be listed as pending."""
    try:
        session = client.read_session(target)
    except SandboxError:
        return _HINT
    if session.payment_status != "unpaid":
        return "It is paid. To complete its enrollment: lmx enrollments reconcile -e sandbox"
    if session.status == "open":
        allowing = "Make one that does: lmx checkout create COURSE_ID --user USER_ID --allow-promotion-codes -e sandbox"
        return allowing if "promotion codes" in error.reason else "Give another --email, such as ada@example.com."
    if session.status == "complete":
        return f"See what became of it: lmx checkout show {session.id} -e sandbox"
    return "Make another: lmx checkout create COURSE_ID --user USER_ID -e sandbox"


def _money_back_hint(client: SandboxClient, target: str, error: SandboxError, amount: str | None) -> str:
    """Return what to do about a payment that cannot be refunded or disputed so."""
    try:
        session = client.read_session(target)
    except SandboxError:
        return _PAID_HINT
    if session.payment_intent is None or session.payment_status != "paid":
        return _PAID_HINT
    if amount is not None and "amount" in error.reason:
        return "Give a smaller --amount, or leave it out."
    return "See what became of it: " + lmx("students show", session.id)


def _minor(client: SandboxClient, session_id: str, amount: str | None) -> int | None:
    """Return an amount of a session's currency in minor units; raises UsageError for what is none."""
    if amount is None:
        return None
    return _money("--amount", amount, client.read_session(session_id).currency).amount


def _money(option: str, text: str, currency: str) -> Money:
    try:
        money = to_money(Decimal(text), currency, "major")
    except (InvalidOperation, InexactAmountError) as error:
        raise UsageError(f"{option} is {text!r}, no amount in {currency}", hint=_AMOUNT_HINT) from error
    if money.amount <= 0:
        raise UsageError(f"{option} is {text!r}, not positive", hint=_AMOUNT_HINT)
    return money


def _money_back_report(command: str, made: Refund | Dispute, text: str) -> Report:
    money = Money(made.amount, made.currency)
    value = {"id": made.id, "charge": made.charge, "status": made.status, "amount": money.as_json()}
    return Report(command, ENVIRONMENT, Data(value, (f"{made.id}: {text.format(money)}",), message=True))


def _total(session: Session) -> Money:
    return Money(session.amount_total, session.currency)


def _session_report(command: str, session: Session, more: str = "") -> Report:
    fields = asdict(session)
    value = {"session_id": fields.pop("id"), **fields}
    value["amount_total"] = _total(session).as_json()
    del value["currency"]
    line = f"{session.id}: {session.status}, {session.payment_status}{more}"
    return Report(command, ENVIRONMENT, Data(value, (line,), message=True))


def _failed(error: SandboxError, hint: str = _HINT) -> FailedError:
    return FailedError(error.reason, hint=hint, code="sandbox.refused")
