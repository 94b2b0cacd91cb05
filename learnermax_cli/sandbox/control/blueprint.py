"""The control routes under `/_sandbox`: JSON in and out, not journalled, not rate limited, never faulted."""

import os
from dataclasses import asdict, fields
from typing import Any

from flask import Blueprint, Response, jsonify

from learnermax_cli.sandbox.control.control import Control
from learnermax_cli.sandbox.control.faults import Fault
from learnermax_cli.sandbox.control.web import control_routes, json_body, since

_FAULT_FIELDS = frozenset(field.name for field in fields(Fault))


def create_control_blueprint(control: Control) -> Blueprint:
    """Build the control routes of one sandbox; mount them on any of its services."""
    blueprint = control_routes("control")
    _add_reading_routes(blueprint, control)
    _add_fault_routes(blueprint, control)
    _add_setting_routes(blueprint, control)
    return blueprint


def _add_reading_routes(blueprint: Blueprint, control: Control) -> None:
    @blueprint.get("/health")
    def read_health() -> Response:
        return jsonify(status="ok", pid=os.getpid(), now=control.clock.now())

    @blueprint.get("/journal")
    def read_journal() -> Response:
        return jsonify(entries=[asdict(entry) for entry in control.journal.since(since())])

    @blueprint.get("/notes")
    def read_notes() -> Response:
        return jsonify(notes=[{"note": note, "requests": count} for note, count in control.journal.notes().items()])

    @blueprint.get("/held")
    def read_held() -> Response:
        return jsonify(held=control.faults.held())


def _add_fault_routes(blueprint: Blueprint, control: Control) -> None:
    @blueprint.post("/faults")
    def add_fault() -> Response:
        return jsonify(id=control.faults.add(_decoded_fault(json_body())))

    @blueprint.delete("/faults")
    def clear_faults() -> Response:
        control.faults.clear()
        return jsonify(status="ok")

    @blueprint.post("/release")
    def release() -> Response:
        control.faults.release(json_body().get("id"))
        return jsonify(status="ok")


def _add_setting_routes(blueprint: Blueprint, control: Control) -> None:
    @blueprint.post("/clock")
    def advance_clock() -> Response:
        control.clock.advance(float(json_body()["advance_seconds"]))
        return jsonify(now=control.clock.now())

    @blueprint.post("/settings")
    def change_settings() -> Response:
        body = json_body()
        if unknown := body.keys() - {"latency_seconds", "rate_limit"}:
            raise ValueError(f"unknown settings: {sorted(unknown)}")
        if "latency_seconds" in body:
            control.faults.latency_seconds = float(body["latency_seconds"])
        if "rate_limit" in body:
            control.faults.rate_limit = None if body["rate_limit"] is None else float(body["rate_limit"])
        return jsonify(latency_seconds=control.faults.latency_seconds, rate_limit=control.faults.rate_limit)

    @blueprint.post("/put_items")
    def put_items() -> Response:
        body = json_body()
        if control.put_items is None:
            raise ValueError("this sandbox has no tables")
        control.put_items(body["table"], body["items"])
        return jsonify(status="ok")

    @blueprint.post("/reset")
    def reset() -> Response:
        control.reset()
        return jsonify(status="ok")


def _decoded_fault(body: dict[str, Any]) -> Fault:
    if unknown := body.keys() - _FAULT_FIELDS:
        raise ValueError(f"unknown fields of a fault: {sorted(unknown)}")
    return Fault(**body)
