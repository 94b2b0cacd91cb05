"""The control routes for deliveries under `/_sandbox/webhooks`: JSON in and out, as the other control routes."""

from dataclasses import asdict
from typing import get_args

from flask import Blueprint, Response, jsonify

from learnermax_cli.sandbox.control.web import control_routes, json_body, since
from learnermax_cli.sandbox.stripe_api.deliveries.schedule import Order
from learnermax_cli.sandbox.stripe_api.state import StripeState


def create_deliveries_blueprint(state: StripeState) -> Blueprint:
    """Build the routes of one local Stripe."""
    blueprint = control_routes("deliveries", "/webhooks")
    _add_steering_routes(blueprint, state)

    @blueprint.get("")
    def read_counts() -> Response:
        return jsonify(state.deliveries.schedule.counts())

    @blueprint.get("/deliveries")
    def read_records() -> Response:
        return jsonify(deliveries=[asdict(record) for record in state.deliveries.records.since(since())])

    @blueprint.post("/drain")
    def drain() -> Response:
        timeout = float(json_body().get("timeout", 30.0))
        return jsonify(drained=state.deliveries.schedule.drain(timeout), **state.deliveries.schedule.counts())

    return blueprint


def _add_steering_routes(blueprint: Blueprint, state: StripeState) -> None:
    @blueprint.post("/settings")
    def change_settings() -> Response:
        return jsonify(asdict(state.deliveries.change_settings(json_body())))

    @blueprint.post("/pause")
    def pause() -> Response:
        state.deliveries.schedule.pause()
        return jsonify(state.deliveries.schedule.counts())

    @blueprint.post("/resume")
    def resume() -> Response:
        order = json_body().get("order", "created")
        if order not in get_args(Order):
            raise ValueError(f"unknown order: {order!r}; there are {', '.join(get_args(Order))}")
        state.deliveries.resume(order)
        return jsonify(state.deliveries.schedule.counts())

    @blueprint.post("/resend")
    def resend() -> Response:
        body = json_body()
        event_ids = [str(event_id) for event_id in body.get("events", ())]
        rate = None if body.get("rate") is None else float(body["rate"])
        if rate is not None and rate <= 0:
            raise ValueError("the rate is a positive number of events per second")
        data = state.holder_of("event", event_ids[0]) if event_ids else None
        if data is None:
            raise ValueError("no such event" if event_ids else "no events are named")
        return jsonify(deliveries=state.deliveries.resend(data, event_ids, rate))
