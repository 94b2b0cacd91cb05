"""The control routes that only the local Stripe has: its API keys."""

from dataclasses import asdict

from flask import Blueprint, Response, jsonify

from learnermax_cli.sandbox.control.web import control_routes, json_body
from learnermax_cli.sandbox.stripe_api.keys import new_account_id, new_key
from learnermax_cli.sandbox.stripe_api.state import StripeState

NEW_ACCOUNT = "new"


def create_keys_blueprint(state: StripeState) -> Blueprint:
    """Build GET and POST /_sandbox/keys: list them, add one, or revoke or expire one."""
    blueprint = control_routes("stripe_keys")

    @blueprint.get("/keys")
    def list_keys() -> Response:
        return jsonify(account=state.keys.account, keys=[asdict(key) for key in state.keys.all()])

    @blueprint.post("/keys")
    def change_keys() -> Response:
        body = json_body()
        if "key" in body:
            return jsonify(asdict(state.keys.set_status(body["key"], body["status"])))
        account = body.get("account", state.keys.account)
        account = new_account_id() if account == NEW_ACCOUNT else account
        key = new_key(account, body.get("mode", "test"), body.get("kind", "restricted"), body.get("permissions"))
        state.keys.add(key)
        return jsonify(asdict(state.keys.set_status(key.value, body.get("status", "active"))))

    return blueprint
