"""The WSGI application of the local AWS: moto behind credentials, faults, one lock and the journal."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any
from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

from learnermax_cli.sandbox.aws.answers import Answer, error_answer, unprocessed_answer
from learnermax_cli.sandbox.aws.calls import Call, read_call
from learnermax_cli.sandbox.aws.dynamodb import UNITS
from learnermax_cli.sandbox.control.control import Control
from learnermax_cli.sandbox.control.faults import Fault
from learnermax_cli.sandbox.control.journal import Entry
from learnermax_cli.sandbox.serving import drop_connection

Headers = list[tuple[str, str]]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error of AWS: HTTP status, code and message."""

    status: int
    code: str
    message: str


class AwsApp:
    """One request at a time reaches moto, whose tables have no locks: a condition and its write must be atomic."""

    def __init__(self, services: Mapping[str, WSGIApplication], control: Control, access_key_id: str) -> None:
        self._services = services
        self._control = control
        self._access_key_id = access_key_id
        self.lock = threading.RLock()

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request, or drop its connection when a fault says so."""
        call = read_call(environ)
        fault = self._control.faults.take(call.service, call.operation, call.write)
        if fault is not None and fault.kind in {"drop", "hold"}:
            self._lose(fault, call, environ)
        if fault is not None and fault.kind == "slow":
            time.sleep(fault.seconds)
        if fault is not None and fault.kind == "pause" and fault.when == "before":
            self._control.faults.hold(fault)
        answer = self._answer(fault, call, environ)
        self._record(call, answer.status, answer, fault)
        if fault is not None and fault.kind == "pause" and fault.when == "after":
            self._control.faults.hold(fault)
        headers = [(name, value) for name, value in answer.headers if name.lower() != "date"]
        start_response(answer.status_line, [*headers, ("Date", formatdate(self._control.clock.now(), usegmt=True))])
        return [answer.body]

    def _answer(self, fault: Fault | None, call: Call, environ: WSGIEnvironment) -> Answer:
        if fault is not None and fault.kind == "unprocessed":
            return unprocessed_answer(json.load(environ["wsgi.input"])["RequestItems"])
        failing = fault is not None and fault.kind == "error"
        answer = None if fault is not None and failing and fault.when == "before" else self._work(call, environ)
        if fault is None or not failing:
            assert answer is not None
            return answer
        code, message = fault.code or "InternalServerError", fault.message or "A fault of the sandbox."
        refused = error_answer(call, fault.status, code, message)
        return replace(refused, headers=(*refused.headers, *fault.headers.items()))

    def _lose(self, fault: Fault, call: Call, environ: WSGIEnvironment) -> None:
        answer = self._work(call, environ) if fault.when == "after" else None
        self._record(call, 0, answer, fault)
        if fault.kind == "hold":
            self._control.faults.hold(fault)
        drop_connection(environ)

    def _work(self, call: Call, environ: WSGIEnvironment) -> Answer:
        if refusal := self._refusal(call):
            return error_answer(call, refusal.status, refusal.code, refusal.message)
        captured: list[Any] = []

        def start_response(status: str, headers: Headers, exc_info: Any = None, /) -> Callable[[bytes], Any]:
            del exc_info
            captured[:] = [int(status.partition(" ")[0]), tuple(headers)]
            return lambda _: None

        try:
            with self.lock:
                body = b"".join(self._services[call.service](environ, start_response))
        except NotImplementedError as error:
            # moto raises it for an operation that it lacks, and for a part of one that it has.
            message = f"The sandbox has no {call.operation}, or not all of it: {error}"
            return error_answer(call, 400, "UnknownOperationException", message)
        except Exception:  # noqa: BLE001 - whatever fails in moto, the client gets an answer
            _log.exception("%s %s", call.service, call.operation)
            return error_answer(call, 500, "InternalFailure", "The sandbox failed; its log says how.")
        return Answer(captured[0], captured[1], body, environ.get(UNITS))

    def _refusal(self, call: Call) -> Refusal | None:
        if call.access_key_id is None:
            return Refusal(403, "MissingAuthenticationToken", "Missing Authentication Token")
        if call.access_key_id != self._access_key_id:
            code, status = ("InvalidClientTokenId", 403) if call.query else ("UnrecognizedClientException", 400)
            return Refusal(status, code, "The security token included in the request is invalid.")
        if call.service not in self._services:
            return Refusal(400, "UnknownOperationException", f"The sandbox has no service {call.service}.")
        return None

    def _record(self, call: Call, status: int, answer: Answer | None, fault: Fault | None) -> None:
        self._control.journal.add(
            Entry(
                service=call.service,
                operation=call.operation,
                path="/",
                write=call.write,
                status=status,
                request_id=answer.request_id if answer else None,
                params=call.params,
                units=answer.units if answer else None,
                fault=fault.id if fault else None,
            )
        )
