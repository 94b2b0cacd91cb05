"""The control routes for deliveries under `/_sandbox/webhooks`: JSON in and out, as the other control routes."""

from dataclasses import asdict
from typing import Any, get_args

from flask import Blueprint, Response, jsonify, request

from learnermax_cli.sandbox.control.blueprint import PREFIX
from learnermax_cli.sandbox.stripe_api.deliveries.agenda import Order
from learnermax_cli.sandbox.stripe_api.state import StripeState


def create_deliveries_blueprint(state: StripeState) -> Blueprint:
    """Build the routes of one local Stripe."""
    blueprint = Blueprint("deliveries", __name__, url_prefix=f"{PREFIX}/webhooks")
    _add_reading_routes(blueprint, state)
    _add_steering_routes(blueprint, state)
    blueprint.errorhandler(ValueError)(_refused)
    blueprint.errorhandler(TypeError)(_refused)
    return blueprint


def _add_reading_routes(blueprint: Blueprint, state: StripeState) -> None:
    @blueprint.get("")
    def read_counts() -> Response:
        return jsonify(state.deliveries.agenda.counts())

    @blueprint.get("/deliveries")
    def read_records() -> Response:
        since = int(request.args.get("since", "0"))
        return jsonify(deliveries=[record.to_json() for record in state.deliveries.records.since(since)])

    @blueprint.post("/drain")
    def drain() -> Response:
        timeout = float(_body().get("timeout", 30.0))
        return jsonify(drained=state.deliveries.agenda.drain(timeout), **state.deliveries.agenda.counts())


def _add_steering_routes(blueprint: Blueprint, state: StripeState) -> None:
    @blueprint.post("/settings")
    def change_settings() -> Response:
        return jsonify(asdict(state.deliveries.change_settings(_body())))

    @blueprint.post("/pause")
    def pause() -> Response:
        state.deliveries.agenda.pause()
        return jsonify(state.deliveries.agenda.counts())

    @blueprint.post("/resume")
    def resume() -> Response:
        order = _body().get("order", "created")
        if order not in get_args(Order):
            raise ValueError(f"unknown order: {order!r}; there are {', '.join(get_args(Order))}")
        state.deliveries.resume(order)
        return jsonify(state.deliveries.agenda.counts())

    @blueprint.post("/resend")
    def resend() -> Response:
        body = _body()
        event_ids = [str(event_id) for event_id in body.get("events", ())]
        rate = None if body.get("rate") is None else float(body["rate"])
        if rate is not None and rate <= 0:
            raise ValueError("the rate is a positive number of events per second")
        data = state.holder_of("event", event_ids[0]) if event_ids else None
        if data is None:
            raise ValueError("no such event" if event_ids else "no events are named")
        return jsonify(deliveries=state.deliveries.resend(data, event_ids, rate))


def _body() -> dict[str, Any]:
    body = request.get_json(force=True)
    if not isinstance(body, dict):
        raise TypeError("a JSON object is expected")
    return body


def _refused(error: Exception) -> tuple[Response, int]:
    return jsonify(error=str(error)), 400
