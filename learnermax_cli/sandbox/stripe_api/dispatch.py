"""Runs a request through the API: route, key, limits, faults, idempotency, parameters, work, journal."""

import json
import logging
import time
from typing import Any

from learnermax_cli.sandbox.control.faults import Fault
from learnermax_cli.sandbox.serving import mark_dropped
from learnermax_cli.sandbox.stripe_api.auth import authenticate, read_version, require_account, require_permission
from learnermax_cli.sandbox.stripe_api.errors import ErrorBody, StripeApiError, invalid
from learnermax_cli.sandbox.stripe_api.exchange import Answer, Exchange, Incoming
from learnermax_cli.sandbox.stripe_api.expand import check_expand, expanded_kinds, rendered, rendered_list
from learnermax_cli.sandbox.stripe_api.form import decode_form
from learnermax_cli.sandbox.stripe_api.idempotency import Scope, StoredAnswer
from learnermax_cli.sandbox.stripe_api.keys import Key
from learnermax_cli.sandbox.stripe_api.params import check_params
from learnermax_cli.sandbox.stripe_api.routing import Call, Route, Router
from learnermax_cli.sandbox.stripe_api.schema import spec_of
from learnermax_cli.sandbox.stripe_api.state import StripeState

logger = logging.getLogger(__name__)
_FORM = "application/x-www-form-urlencoded"
_LOSSES = ("drop", "hold")


class _NoAnswerError(Exception):
    """A fault loses the request before any work."""


class Dispatcher:
    """Answers requests from one state."""

    def __init__(self, state: StripeState, router: Router) -> None:
        self._state = state
        self._router = router

    def answer(self, incoming: Incoming) -> Answer:
        """Carry a request out and journal it; closes the connection when a fault loses the answer."""
        exchange = Exchange(incoming, f"{incoming.method} {incoming.path}")
        try:
            answer = self._admitted(exchange)
        except StripeApiError as error:
            answer = _error_answer(exchange, error.body)
        except _NoAnswerError:
            answer = Answer(0, b"")
        except Exception:
            logger.exception("the sandbox itself failed: %s", exchange.operation)
            answer = _error_answer(exchange, ErrorBody(500, "The sandbox itself failed; see its log.", "api_error"))
        self._state.control.journal.add(exchange.entry(answer.status))
        if exchange.fault is not None and exchange.fault.kind in _LOSSES:
            if exchange.fault.kind == "hold":
                self._state.control.faults.hold(exchange.fault)
            mark_dropped(incoming.environ)
            return Answer(500, b"")
        if exchange.fault is not None and exchange.fault.kind == "pause" and exchange.fault.when == "after":
            self._state.control.faults.hold(exchange.fault)
        return Answer(answer.status, answer.body, {**exchange.headers(), **answer.headers})

    def _admitted(self, exchange: Exchange) -> Answer:
        incoming, faults = exchange.incoming, self._state.control.faults
        route, path_params = self._router.find(incoming.method, incoming.path)
        exchange.operation = route.operation
        key = exchange.key = authenticate(incoming.headers.get("Authorization", ""), self._state.keys)
        self._state.limiter.admit(key.account, key.livemode, route.operation, faults.rate_limit)
        exchange.version = read_version(incoming.headers.get("Stripe-Version"))
        require_account(key, incoming.headers.get("Stripe-Account", key.account))
        require_permission(key, route.resource, route.write)
        exchange.values = _decoded(incoming)
        fault = exchange.fault = faults.take("stripe", route.operation, route.write)
        if fault is not None and fault.kind in _LOSSES and fault.when == "before":
            raise _NoAnswerError
        if fault is not None and fault.kind == "pause" and fault.when == "before":
            faults.hold(fault)
        return self._answered_once(exchange, key, route, path_params)

    def _answered_once(self, exchange: Exchange, key: Key, route: Route, path_params: dict[str, str]) -> Answer:
        idempotency_key = exchange.idempotency_key
        if idempotency_key is None:
            return _after(exchange, self._worked(exchange, key, route, path_params))
        scope = Scope(key.account, key.livemode, idempotency_key)
        now = self._state.control.clock.now()
        known = self._state.idempotency.begin(scope, exchange.incoming.path, exchange.values, now)
        if known is not None:
            exchange.replayed_from = known.request_id
            return Answer(known.status, known.body)
        try:
            answer = self._worked(exchange, key, route, path_params)
        except BaseException:
            self._state.idempotency.abandon(scope)
            raise
        answered = _after(exchange, answer)
        kept = answered if exchange.fault is not None and exchange.fault.stored else answer
        self._state.idempotency.store(scope, StoredAnswer(kept.status, kept.body, exchange.request_id))
        return answered

    def _worked(self, exchange: Exchange, key: Key, route: Route, path_params: dict[str, str]) -> Answer:
        fault = exchange.fault
        slow = fault.seconds if fault is not None and fault.kind == "slow" else 0.0
        if (seconds := slow + self._state.control.faults.latency_seconds) > 0:
            time.sleep(seconds)
        if fault is not None and fault.kind == "error" and fault.when == "before":
            error = StripeApiError(_fault_body(fault))
        else:
            try:
                return self._handled(exchange, key, route, path_params)
            except StripeApiError as refusal:
                error = refusal
        if not error.body.stored:
            raise error
        return _error_answer(exchange, error.body)

    def _handled(self, exchange: Exchange, key: Key, route: Route, path_params: dict[str, str]) -> Answer:
        params: dict[str, Any] = dict(check_params(spec_of(route.params), exchange.values, route.kind))
        paths = params.pop("expand", [])
        check_expand(paths, route.kind, route.is_list)
        for kind in expanded_kinds(paths, route.kind):
            require_permission(key, kind, write=False)
        with self._state.lock:
            now = int(self._state.control.clock.now())
            request = {"id": exchange.request_id, "idempotency_key": exchange.idempotency_key}
            origin = f"http://{exchange.incoming.headers.get('Host', 'localhost')}"
            call = Call(self._state, key, exchange.incoming.path, path_params, params, now, origin, request)
            call.data.process_due(now)
            result = route.handler(call)
            render = rendered_list if route.is_list else rendered
            answered = render(result, route.kind, paths, call.data)
        return Answer(200, json.dumps(answered).encode())


def _after(exchange: Exchange, answer: Answer) -> Answer:
    """Replace the answer of work that is done by an error fault."""
    fault = exchange.fault
    if fault is None or fault.kind != "error" or fault.when != "after":
        return answer
    return _error_answer(exchange, _fault_body(fault))


def _decoded(incoming: Incoming) -> dict[str, Any]:
    content_type = incoming.headers.get("Content-Type", _FORM).partition(";")[0].strip().lower()
    if incoming.body and content_type != _FORM:
        raise invalid(f"Invalid request (check that your POST content type is {_FORM}).")
    return dict(decode_form(incoming.query, incoming.body))


def _fault_body(fault: Fault) -> ErrorBody:
    return ErrorBody(
        status=fault.status,
        message=fault.message or "An unknown error occurred",
        type=fault.error_type or ("api_error" if fault.status >= 500 else "invalid_request_error"),
        code=fault.code,
        param=fault.param,
        stored=fault.stored,
        headers=dict(fault.headers),
    )


def _error_answer(exchange: Exchange, body: ErrorBody) -> Answer:
    return Answer(body.status, json.dumps(body.to_json(exchange.request_log_url)).encode(), body.headers)
