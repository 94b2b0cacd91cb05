"""Builds the local AWS on moto's server, without its network, its other services and its memory of every object."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any, Literal

from moto.core.base_backend import BackendDict
from moto.core.model_instances import model_data
from moto.moto_server.werkzeug_app import create_backend_app

from learnermax_cli.config.sandbox_state import ACCESS_KEY_ID
from learnermax_cli.sandbox.aws import dynamodb, secrets
from learnermax_cli.sandbox.aws.app import AwsApp
from learnermax_cli.sandbox.aws.provision import provision, store_items
from learnermax_cli.sandbox.control.control import Control

SERVICES: tuple[Literal["dynamodb", "secretsmanager", "sns", "sqs", "sts"], ...] = (
    "dynamodb", "secretsmanager", "sns", "sqs", "sts",
)  # fmt: skip


def create_aws_app(control: Control) -> AwsApp:
    """Build the application, with tables, topic and queue in place; the control's reset brings it back to that."""
    dynamodb.install()
    secrets.install(control.clock.now)
    app = AwsApp({service: create_backend_app(service) for service in SERVICES}, control, ACCESS_KEY_ID)
    _forget_instances()

    def reset() -> None:
        with app.lock:
            BackendDict.reset()
            provision()

    def put_items(table: str, items: Sequence[dict[str, Any]]) -> None:
        with app.lock:
            store_items(table, items)

    reset()
    control.reset_callbacks.append(reset)
    control.put_items = put_items
    return app


def _forget_instances() -> None:
    """Stop moto from keeping every model object for its dashboard: it would never free an item."""
    for models in model_data.values():
        for model in models.values():
            model.instances_tracked = deque(maxlen=0)  # type: ignore[attr-defined]
