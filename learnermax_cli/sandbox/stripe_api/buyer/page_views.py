"""The content of the pages: the values of the checkout form, and the message after it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from learnermax_cli.core.money import Money
from learnermax_cli.sandbox.stripe_api.buyer.paying import Method, Order
from learnermax_cli.sandbox.stripe_api.resources.session_building import PAY_PATH
from learnermax_cli.sandbox.stripe_api.store import Data, Object

SESSION_ID_MARK = "{CHECKOUT_SESSION_ID}"


@dataclass(frozen=True, slots=True)
class Message:
    """A page with a message, and where to go from it."""

    heading: str
    lines: tuple[str, ...]
    onward_url: str | None = None
    onward_text: str = "Continue to the site"


LEFT = Message("You walked away", ("Nothing was paid. The session stays open: go back to pay after all.",))


def order_of(form: Mapping[str, str]) -> Order:
    """Return the form's values; raises BuyerError for an invalid address."""
    method, email = cast("Method", form.get("method", "card")), form.get("email", "").strip() or None
    return Order(method, email, promotion_code=form.get("promotion_code", "").strip())


def form_fields(data: Data, session: Object, form: Mapping[str, str]) -> dict[str, Any]:
    """Return the values of the checkout form, with what was typed before."""
    customer = data["customer"].get(session["customer"] or "") or {}
    known = (session["customer_details"] or {}).get("email")
    currency = session["currency"]
    return {
        "session": session,
        "items": [
            {
                "name": item["description"] or "Course",
                "quantity": item["quantity"],
                "amount": amount_text(item["amount_total"], currency),
            }
            for item in session["line_items"]["data"]
        ],
        "total": amount_text(session["amount_total"], currency),
        "email": customer.get("email") or form.get("email", known or ""),
        "email_known": bool(customer.get("email")),
        "promotion_code": form.get("promotion_code", ""),
        "leave_url": session["cancel_url"] or f"{PAY_PATH}{session['id']}?left=1",
    }


def outcome_of(data: Data, session: Object) -> Message:
    """Return the message about a session that has ended."""
    total = amount_text(session["amount_total"], session["currency"])
    if session["status"] == "expired":
        return Message("This session has expired", ("Nothing was paid. Ask for a new link.",))
    onward = _onward_url(session)
    if session["payment_status"] == "paid":
        return Message("Payment received", (f"{total} was paid.",), onward)
    if session["payment_status"] == "no_payment_required":
        return Message("No payment needed", ("The promotion code took everything off.",), onward)
    intent = data["payment_intent"].get(session["payment_intent"] or "") or {}
    if intent.get("status") == "processing":
        return Message("Payment is on its way", (f"The bank debit of {total} takes a few days.",), onward)
    return Message("Payment failed", (f"The bank debit of {total} did not arrive.",), onward)


def amount_text(amount: int, currency: str) -> str:
    """Return an amount in major units, with its currency in capitals."""
    number, _, code = str(Money(amount, currency)).rpartition(" ")
    return f"{number} {code.upper()}"


def _onward_url(session: Object) -> str | None:
    url: str | None = session["success_url"] or session.get("return_url")
    return None if url is None else url.replace(SESSION_ID_MARK, session["id"])
