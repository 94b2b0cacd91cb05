"""Worlds for doctor: a healthy sandbox, what may be wrong with one, and the verdicts by check."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.running import Sandbox

URL = "http://127.0.0.1:8787/api/webhooks/stripe"
SECRET_NAME = "learnermax/stripe-keys"
PREVIEW: Mapping[str, str | None] = {
    "LMX_ENVIRONMENT": "preview",
    "EDUCATION_TABLE_NAME": "learnermax-education-preview",
    "FRONTEND_URL": "https://preview.learnermax.example",
}
"""The environment in which nothing but names and addresses is a sandbox's."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What doctor said."""

    exit_code: int
    report: Mapping[str, Any]
    stderr: str

    def rows(self, check: str) -> list[tuple[str, str, str | None, int]]:
        """Return status, found, remedy and exit code of each verdict of a check."""
        return [
            (row["status"], row["found"], row["remedy"], row["exit_code"])
            for row in self.report["items"]
            if row["check"] == check
        ]

    def row(self, check: str) -> tuple[str, str, str | None, int]:
        """Return the only verdict of a check."""
        (only,) = self.rows(check)
        return only

    def statuses(self) -> dict[str, str]:
        """Return the status of each check, the last where it has several."""
        return {row["check"]: row["status"] for row in self.report["items"]}


def examine(sandbox: Sandbox, env: Mapping[str, str | None] | None = None) -> Examined:
    """Run doctor as in environment preview: exactly one document, no traceback, and not one write."""
    before = len(sandbox.control.journal())
    done = sandbox.run("doctor", "-o", "json", env={**PREVIEW, **(env or {})})
    assert "Traceback" not in done.stderr, done.stderr
    assert [] == [entry["operation"] for entry in sandbox.control.journal()[before:] if entry["write"]]
    return Examined(done.returncode, json.loads(done.stdout), done.stderr)


def heal(sandbox: Sandbox) -> None:
    """Do what an operator does once: courses, keys, products, endpoint."""
    for words in (
        ("courses", "seed"),
        ("secrets", "push"),
        ("products", "sync", "--yes"),
        ("webhooks", "create", "--url", URL),
    ):
        done = sandbox.run(*words)
        assert 0 == done.returncode, done.stderr


def keys_of(sandbox: Sandbox, **others: str | None) -> dict[str, str]:
    """Return what the secret should hold, with some of it replaced or, if None, left out."""
    held: dict[str, str | None] = {
        "STRIPE_SECRET_KEY": sandbox.info.secret_key,
        "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": sandbox.info.publishable_key,
        "STRIPE_WEBHOOK_SECRET": "whsec_" + "a1b2c3d4e5f6a7b8c9d0",
        **others,
    }
    return {name: value for name, value in held.items() if value is not None}


def put_secret(sandbox: Sandbox, content: Mapping[str, str] | str, tag: str = "preview") -> str:
    """Put the secret in place; return its ARN."""
    text = content if isinstance(content, str) else json.dumps(content)
    made = sandbox.secretsmanager().create_secret(
        Name=SECRET_NAME, SecretString=text, Tags=[{"Key": "Environment", "Value": tag}]
    )
    return made["ARN"]


def restricted_key(sandbox: Sandbox, *lacking: str) -> str:
    """Return a restricted key with what lmx needs at least, but for some resources."""
    least = next(key for key in sandbox.control.list_keys() if (key["kind"], key["mode"]) == ("restricted", "test"))
    permissions = {name: level for name, level in least["permissions"].items() if name not in lacking}
    return str(sandbox.control.add_key(kind="restricted", mode="test", permissions=permissions)["value"])


def live_key(sandbox: Sandbox, kind: str = "secret") -> str:
    """Return a live mode key of the sandbox."""
    keys = sandbox.control.list_keys()
    return str(next(key for key in keys if (key["kind"], key["mode"]) == (kind, "live"))["value"])
