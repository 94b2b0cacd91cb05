"""What all control routes under `/_sandbox` share: JSON in and out, and one answer to invalid input."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

PREFIX = "/_sandbox"


def control_routes(name: str, below: str = "") -> Blueprint:
    """Return an empty set of control routes, which answers invalid input with 400."""
    blueprint = Blueprint(name, __name__, url_prefix=PREFIX + below)
    for kind in (ValueError, TypeError, KeyError):
        blueprint.errorhandler(kind)(_refused)
    return blueprint


def json_body() -> dict[str, Any]:
    """Return the JSON object of the request; raises TypeError for anything else."""
    body = request.get_json(force=True)
    if not isinstance(body, dict):
        raise TypeError("a JSON object is expected")
    return body


def since() -> int:
    """Return the number after which the request asks for records."""
    return int(request.args.get("since", "0"))


def _refused(error: Exception) -> tuple[Response, int]:
    missing = isinstance(error, KeyError)
    return jsonify(error=f"missing: {error.args[0]}" if missing else str(error)), 400
