"""The state file of a running sandbox, which `-e sandbox` reads: its addresses and keys."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

from learnermax_cli.config.keys import table_name
from learnermax_cli.core.errors import ConfigError

STATE_FILE = "state.json"
REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
ACCESS_KEY_ID = "LMXSANDBOXACCESSKEY"
SECRET_ACCESS_KEY = "sandbox-only"  # noqa: S105 - opens nothing but a sandbox on loopback
TOPIC_NAME = "learnermax-transactional-email-sandbox"
_HEALTH_SECONDS = 5.0


def topic_arn() -> str:
    """Return the ARN of the topic that sends mails to students."""
    return f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{TOPIC_NAME}"


@dataclass(frozen=True, slots=True)
class SandboxInfo:
    """A running sandbox: its process and when that was created, addresses and throw-away keys."""

    pid: int
    started: float
    stripe_url: str
    aws_url: str
    control_url: str
    stripe_account: str
    secret_key: str
    publishable_key: str
    region: str
    created: str

    def environment(self) -> dict[str, str]:
        """Return the variables with which any AWS or Stripe tool talks to this sandbox."""
        return {
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
            "AWS_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "STRIPE_API_BASE": self.stripe_url,
            "STRIPE_SECRET_KEY": self.secret_key,
            "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": self.publishable_key,
            "EDUCATION_TABLE_NAME": table_name(),
            "TRANSACTIONAL_EMAIL_TOPIC_ARN": topic_arn(),
            "LMX_ENVIRONMENT": "sandbox",
        }

    def answers(self) -> bool:
        """Whether this sandbox answers, and no other process at its address."""
        try:
            return bool(self._health()["pid"] == self.pid)
        except (OSError, HTTPException, ValueError, LookupError, TypeError):
            return False

    def now(self) -> datetime:
        """Return the time of the sandbox's clock, in UTC; raises ConfigError when it does not answer."""
        try:
            return datetime.fromtimestamp(self._health()["now"], UTC)
        except (OSError, HTTPException, ValueError, LookupError, TypeError) as error:
            hint = "Start it again: lmx sandbox stop, then lmx sandbox start."
            raise ConfigError("the sandbox does not answer", hint=hint, code="config.sandbox") from error

    def _health(self) -> Any:
        opener = build_opener(ProxyHandler({}))  # Loopback never goes through a proxy.
        with opener.open(f"{self.control_url}/_sandbox/health", timeout=_HEALTH_SECONDS) as response:
            return json.load(response)


def default_state_dir(environ: Mapping[str, str]) -> Path:
    """Return `$LMX_SANDBOX_HOME`, else `$XDG_STATE_HOME/lmx/sandbox`, else `~/.local/state/lmx/sandbox`."""
    if home := environ.get("LMX_SANDBOX_HOME"):
        return Path(home)
    state_home = environ.get("XDG_STATE_HOME")
    return (Path(state_home) if state_home else Path.home() / ".local" / "state") / "lmx" / "sandbox"


def read_state(state_dir: Path) -> SandboxInfo | None:
    """Return the sandbox that the state file names, whether or not it still runs; None without a usable file."""
    try:
        decoded = json.loads((state_dir / STATE_FILE).read_text(encoding="utf-8"))
        info = SandboxInfo(**{field.name: decoded[field.name] for field in fields(SandboxInfo)})
    except (OSError, ValueError, LookupError, TypeError):
        return None
    return info if type(info.pid) is int and info.pid > 0 else None


def find_sandbox(state_dir: Path) -> SandboxInfo | None:
    """Return the sandbox that the state file names if it answers."""
    info = read_state(state_dir)
    return info if info is not None and info.answers() else None


def require_sandbox(environ: Mapping[str, str]) -> SandboxInfo:
    """Return the running sandbox; raises ConfigError when there is none."""
    info = find_sandbox(default_state_dir(environ))
    if info is None:
        raise not_running()
    return info


def not_running() -> ConfigError:
    """Return the error for a command that needs a running sandbox."""
    return ConfigError("no sandbox is running", hint="Start one: lmx sandbox start", code="config.sandbox")
