"""The control routes for buyers' actions, under `/_sandbox`: JSON in and out, as the other control routes."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from learnermax_cli.sandbox.control.web import control_routes, json_body
from learnermax_cli.sandbox.stripe_api.buyer import after_sales, paying
from learnermax_cli.sandbox.stripe_api.buyer.links import open_link
from learnermax_cli.sandbox.stripe_api.buyer.lookup import BuyerError, Target, find_session, find_target
from learnermax_cli.sandbox.stripe_api.buyer.seeding import seed
from learnermax_cli.sandbox.stripe_api.errors import StripeApiError
from learnermax_cli.sandbox.stripe_api.resources import promotions
from learnermax_cli.sandbox.stripe_api.resources.session_expiry import expire_session
from learnermax_cli.sandbox.stripe_api.state import StripeState
from learnermax_cli.sandbox.stripe_api.store import Object

Action = Callable[[Target, dict[str, Any], int], Object]


def create_buyer_blueprint(state: StripeState) -> Blueprint:
    """Build the routes; each works on the session that its body names, whichever account and mode it is in."""
    blueprint = control_routes("buyer")
    _add_link_routes(blueprint, state)
    actions: dict[str, Action] = {
        "settle": lambda on, body, now: paying.settle(on.data, on.found, bool(body["succeed"]), now),
        "expire": _expire,
        "session": lambda on, body, now: on.found,  # noqa: ARG005 - only read
        "refund": lambda on, body, now: after_sales.refund(on.data, on.found, body, now),
        "change_refund": lambda on, body, now: after_sales.change_refund(on.data, on.found, body, now),
        "dispute": lambda on, body, now: after_sales.dispute(on.data, on.found, body, now),
        "bring_dispute": lambda on, body, now: after_sales.bring_dispute(on.data, on.found, body, now),
        "change_dispute": lambda on, body, now: after_sales.change_dispute(on.data, on.found, body, now),
    }
    for name, action in actions.items():
        blueprint.add_url_rule(f"/{name}", name, _session_view(state, action), methods=["POST"])
    return blueprint


def _add_link_routes(blueprint: Blueprint, state: StripeState) -> None:
    @blueprint.post("/open_link")
    def open_a_link() -> Response:
        with state.lock:
            return jsonify(_opened(state, json_body()).found)

    @blueprint.post("/pay")
    def pay() -> Response:
        body = json_body()
        percent, code = int(body.get("discount_percent", 0)), body.get("promotion_code")
        order = paying.Order(body.get("method", "card"), body.get("email"), percent, code)
        with state.lock:
            target = _opened(state, body)
            return jsonify(paying.pay(target.data, target.found, order, _now(state)))

    @blueprint.post("/promo")
    def make_promotion() -> Response:
        with state.lock:
            return jsonify(_promotion(state, json_body()))

    @blueprint.post("/seed_sessions")
    def seed_sessions() -> Response:
        with state.lock:
            return jsonify(sessions=seed(state, json_body(), _origin()))


def _promotion(state: StripeState, body: dict[str, Any]) -> Object:
    """Make a promotion code and its coupon in the default account's test mode, and return it with its coupon."""
    data, now = state.data(state.keys.account, livemode=False), _now(state)
    try:
        coupon = promotions.built_coupon(body["coupon"], now, livemode=False)
        made = promotions.put_code(data, coupon, {"code": body["code"]}, now)
    except StripeApiError as error:
        raise BuyerError(error.body.message) from error
    data["coupon"].put(coupon)
    return {**made, "coupon": coupon}


def _opened(state: StripeState, body: dict[str, Any]) -> Target:
    """Return the session that the body names, a new one if it names a payment link."""
    target = find_target(state, body["target"])
    if target.found["object"] != "payment_link":
        return target
    visited = Target(
        target.data,
        target.found,
        body.get("client_reference_id", target.reference),
        body.get("email", target.email),
    )
    return Target(target.data, open_link(visited, _origin(), _now(state)))


def _session_view(state: StripeState, action: Action) -> Callable[[], Response]:
    def view() -> Response:
        body = json_body()
        with state.lock:
            return jsonify(action(find_session(state, body["session_id"]), body, _now(state)))

    return view


def _expire(target: Target, body: dict[str, Any], now: int) -> Object:
    del body
    if target.found["status"] != "open":
        raise BuyerError(f"this session is {target.found['status']}")
    return expire_session(target.data, target.found, now)


def _now(state: StripeState) -> int:
    return int(state.control.clock.now())


def _origin() -> str:
    return request.host_url.rstrip("/")
