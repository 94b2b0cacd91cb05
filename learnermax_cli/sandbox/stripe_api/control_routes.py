"""The control routes that only the local Stripe has: its API keys."""

from flask import Blueprint, Response, jsonify, request

from learnermax_cli.sandbox.control.blueprint import PREFIX
from learnermax_cli.sandbox.stripe_api.keys import new_account_id, new_key
from learnermax_cli.sandbox.stripe_api.state import StripeState

NEW_ACCOUNT = "new"


def create_keys_blueprint(state: StripeState) -> Blueprint:
    """Build GET and POST /_sandbox/keys: list them, add one, or revoke or expire one."""
    blueprint = Blueprint("stripe_keys", __name__, url_prefix=PREFIX)

    @blueprint.get("/keys")
    def list_keys() -> Response:
        return jsonify(account=state.keys.account, keys=[key.to_json() for key in state.keys.all()])

    @blueprint.post("/keys")
    def change_keys() -> Response:
        body = request.get_json(force=True)
        if "key" in body:
            return jsonify(state.keys.set_status(body["key"], body["status"]).to_json())
        account = body.get("account", state.keys.account)
        account = new_account_id() if account == NEW_ACCOUNT else account
        key = new_key(account, body.get("mode", "test"), body.get("kind", "restricted"), body.get("permissions"))
        state.keys.add(key)
        return jsonify(state.keys.set_status(key.value, body.get("status", "active")).to_json())

    @blueprint.errorhandler(ValueError)
    def refused(error: Exception) -> tuple[Response, int]:
        return jsonify(error=str(error)), 400

    return blueprint
