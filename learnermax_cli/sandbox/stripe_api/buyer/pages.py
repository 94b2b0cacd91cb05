"""The pages a buyer sees: the hosted checkout, a payment link, and a stand-in for the embedded form.

They work without JavaScript. The site that sells is as a rule not running beside a sandbox, and a browser takes a
redirect after a form for part of the form: so after paying, the buyer sees a page of the sandbox with a link to the
`success_url` or `return_url`, its `{CHECKOUT_SESSION_ID}` filled in.
"""

from pathlib import Path

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from learnermax_cli.sandbox.control.web import PREFIX
from learnermax_cli.sandbox.stripe_api.buyer import page_views as views
from learnermax_cli.sandbox.stripe_api.buyer.links import open_link
from learnermax_cli.sandbox.stripe_api.buyer.lookup import (
    BuyerError,
    Target,
    UnknownTargetError,
    find_session,
    find_target,
)
from learnermax_cli.sandbox.stripe_api.buyer.paying import pay
from learnermax_cli.sandbox.stripe_api.state import StripeState

_STYLE = (Path(__file__).parent / "templates" / "checkout.css").read_text(encoding="utf-8")
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def create_pages_blueprint(state: StripeState) -> Blueprint:
    """Build the pages of one local Stripe."""
    blueprint = Blueprint("pages", __name__, template_folder="templates")
    _add_checkout_routes(blueprint, state)
    _add_entrances(blueprint, state)

    @blueprint.get("/c/checkout.css")
    def style() -> Response:
        return Response(_STYLE, mimetype="text/css")

    @blueprint.errorhandler(UnknownTargetError)
    def unknown(error: Exception) -> tuple[str, int]:
        del error
        return _message(views.Message("This page does not exist", ("The sandbox has no such session or link.",))), 404

    @blueprint.after_request
    def harden(response: Response) -> Response:
        response.headers.update(_HEADERS)
        return response

    return blueprint


def _add_checkout_routes(blueprint: Blueprint, state: StripeState) -> None:
    @blueprint.get("/c/pay/<session_id>")
    def show(session_id: str) -> str:
        with state.lock:
            return _shown(find_session(state, session_id))

    @blueprint.post("/c/pay/<session_id>")
    def submit(session_id: str) -> AnyResponse | tuple[str, int]:
        with state.lock:
            target = find_session(state, session_id)
            if target.found["status"] != "open":
                return redirect(url_for(".show", session_id=session_id), 303)
            try:
                order = views.order_of(request.form)
                paid = pay(target.data, target.found, order, int(state.control.clock.now()))
            except BuyerError as error:
                return _form(target, str(error)), 422
            declined = "1" if paid["status"] == "open" else None
            return redirect(url_for(".show", session_id=session_id, declined=declined), 303)


def _add_entrances(blueprint: Blueprint, state: StripeState) -> None:
    @blueprint.get("/l/<token>")
    def enter_link(token: str) -> AnyResponse | tuple[str, int]:
        del token
        with state.lock:
            target = find_target(state, request.full_path)
            try:
                session = open_link(target, request.host_url.rstrip("/"), int(state.control.clock.now()))
            except UnknownTargetError:
                raise
            except BuyerError as error:
                return _message(views.Message("This link cannot be used", (str(error),))), 410
            return redirect(url_for(".show", session_id=session["id"]), 303)

    @blueprint.get(f"{PREFIX}/embedded")
    def embedded() -> str:
        secret = request.args.get("client_secret", "")
        with state.lock:
            target = find_session(state, secret)
            if not secret or target.found["client_secret"] != secret:
                raise UnknownTargetError(secret)
            return _shown(target)


def _shown(target: Target) -> str:
    session = target.found
    if session["status"] != "open":
        return _message(views.outcome_of(target.data, session), session)
    if "left" in request.args:
        return _message(views.LEFT, session)
    return _form(target, "Your card was declined. Try another way to pay." if "declined" in request.args else None)


def _form(target: Target, problem: str | None) -> str:
    fields = views.form_fields(target.data, target.found, request.form)
    return render_template("checkout.html", problem=problem, **fields)


def _message(message: views.Message, session: object = None) -> str:
    return render_template(
        "message.html",
        heading=message.heading,
        lines=message.lines,
        onward_url=message.onward_url,
        onward_text=message.onward_text,
        session=session,
    )
