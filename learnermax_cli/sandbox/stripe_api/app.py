"""The application of the local Stripe: the API under /v1, and beside it the sandbox's own pages and control routes."""

from collections.abc import Iterable
from email.utils import formatdate
from http import HTTPStatus
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from flask import Flask, Response, jsonify, request
from werkzeug.datastructures import EnvironHeaders
from werkzeug.wsgi import get_input_stream

from learnermax_cli.sandbox.control.blueprint import create_control_blueprint
from learnermax_cli.sandbox.control.clock import Clock
from learnermax_cli.sandbox.stripe_api.buyer.control_routes import create_buyer_blueprint
from learnermax_cli.sandbox.stripe_api.buyer.pages import create_pages_blueprint
from learnermax_cli.sandbox.stripe_api.control_routes import create_keys_blueprint
from learnermax_cli.sandbox.stripe_api.deliveries.control_routes import create_deliveries_blueprint
from learnermax_cli.sandbox.stripe_api.dispatch import Dispatcher
from learnermax_cli.sandbox.stripe_api.errors import unrecognized_url
from learnermax_cli.sandbox.stripe_api.exchange import Incoming
from learnermax_cli.sandbox.stripe_api.routes import ROUTES
from learnermax_cli.sandbox.stripe_api.routing import Router
from learnermax_cli.sandbox.stripe_api.state import StripeState

API_PREFIX = "/v1/"


def create_stripe_app(state: StripeState) -> Flask:
    """Build the application that answers as api.stripe.com does, from one state."""
    app = Flask(__name__)
    app.register_blueprint(create_control_blueprint(state.control))
    app.register_blueprint(create_keys_blueprint(state))
    app.register_blueprint(create_buyer_blueprint(state))
    app.register_blueprint(create_pages_blueprint(state))
    app.register_blueprint(create_deliveries_blueprint(state))
    state.control.clock.listeners.append(lambda: _let_time_pass(state))

    @app.errorhandler(404)
    def unknown(error: Exception) -> tuple[Response, int]:
        del error
        return jsonify(unrecognized_url(request.method, request.path).body.to_json(None)), 404

    # The API does not go through Flask, whose request and routing would take half of the time of a small answer.
    app.wsgi_app = _with_api(app.wsgi_app, Dispatcher(state, Router(ROUTES)), state.control.clock)  # type: ignore[assignment, method-assign]
    return app


def _let_time_pass(state: StripeState) -> None:
    """Process what is due at the new time: sessions expire, refunds fail, deliveries are retried."""
    with state.lock:
        for data in state.all_data():
            data.process_due(int(state.control.clock.now()))
    state.deliveries.schedule.wake()


def _with_api(others: WSGIApplication, dispatcher: Dispatcher, clock: Clock) -> WSGIApplication:
    def serve(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
        if not path.startswith(API_PREFIX):
            return others(environ, start_response)
        answer = dispatcher.answer(
            Incoming(
                method=environ["REQUEST_METHOD"],
                path=path,
                query=environ.get("QUERY_STRING", "").encode("latin-1"),
                body=get_input_stream(environ).read(),
                headers=EnvironHeaders(environ),
                environ=environ,
            )
        )
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(answer.body)),
            "Date": formatdate(clock.now(), usegmt=True),
            **answer.headers,
        }
        start_response(f"{answer.status} {HTTPStatus(answer.status).phrase}", list(headers.items()))
        return [answer.body]

    return serve
