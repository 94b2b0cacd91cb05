"""Where a running sandbox is found and what it offers; standard library only, since `-e sandbox` loads it."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from learnermax_cli.sandbox.client import SandboxClient

ENVIRONMENTS = ("sandbox", "preview")
REGION = "us-east-1"
ACCOUNT_ID = "123456789012"
ACCESS_KEY_ID = "LMXSANDBOXACCESSKEY"
SECRET_ACCESS_KEY = "sandbox-only"  # noqa: S105 - opens nothing but a sandbox on loopback
STATE_FILE = "state.json"
LOG_FILE = "sandbox.log"
_HEALTH_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class SandboxInfo:
    """A running sandbox: its process, addresses and throw-away keys."""

    pid: int
    started: str
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

    def control(self) -> SandboxClient:
        """Return a client of the control routes."""
        from learnermax_cli.sandbox.client import SandboxClient

        return SandboxClient(self.control_url)

    def now(self) -> datetime:
        """Return the present by the sandbox's clock, in UTC; raises ConfigError when it does not answer."""
        from learnermax_cli.core.errors import ConfigError
        from learnermax_cli.sandbox.client import SandboxError

        try:
            return datetime.fromtimestamp(self.control().health()["now"], UTC)
        except SandboxError as error:
            hint = "Start it again: lmx sandbox stop, then lmx sandbox start."
            raise ConfigError("the sandbox does not answer", hint=hint, code="config.sandbox") from error


def default_state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """Return `$LMX_SANDBOX_HOME`, else `$XDG_STATE_HOME/lmx/sandbox`, else `~/.local/state/lmx/sandbox`."""
    if home := environ.get("LMX_SANDBOX_HOME"):
        return Path(home)
    state_home = environ.get("XDG_STATE_HOME")
    return (Path(state_home) if state_home else Path.home() / ".local" / "state") / "lmx" / "sandbox"


def load(state_dir: Path) -> SandboxInfo | None:
    """Return the sandbox that the state file names if its process lives; removes the file of a dead one."""
    path = state_dir / STATE_FILE
    try:
        decoded = json.loads(path.read_text(encoding="utf-8"))
        info = SandboxInfo(**{field.name: decoded[field.name] for field in fields(SandboxInfo)})
    except OSError:
        return None
    except (ValueError, KeyError, TypeError):
        path.unlink(missing_ok=True)
        return None
    if process_start(info.pid) != info.started:
        path.unlink(missing_ok=True)
        return None
    return info


def status(state_dir: Path) -> SandboxInfo | None:
    """Return the sandbox if it lives and answers."""
    from learnermax_cli.sandbox.client import SandboxClient, SandboxError

    info = load(state_dir)
    if info is None:
        return None
    try:
        SandboxClient(info.control_url, timeout=_HEALTH_SECONDS).health()
    except SandboxError:
        return None
    return info


def save(state_dir: Path, info: SandboxInfo) -> None:
    """Write the state file in one step, readable by its owner alone."""
    descriptor, name = tempfile.mkstemp(dir=state_dir, prefix=".state-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(info), file, indent=2)
        Path(name).replace(state_dir / STATE_FILE)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def process_start(pid: int) -> str | None:
    """Return what tells this process from a later one with the same number, or None when there is no such process."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        return _start_from_proc(stat)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return "unknown"


def _start_from_proc(stat: Path) -> str | None:
    """Return state-independent field 22, start time since boot [doc proc(5)]; a zombie counts as gone."""
    try:
        after_name = stat.read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return None if after_name[0] == "Z" else after_name[19]


def table_name(environment: str = "sandbox") -> str:
    """Return the name of LearnerMax's table in an environment."""
    return f"learnermax-education-{environment}"


def topic_name(environment: str = "sandbox") -> str:
    """Return the name of the topic that sends mails to students."""
    return f"learnermax-transactional-email-{environment}"


def topic_arn() -> str:
    """Return the ARN of the sandbox's topic."""
    return f"arn:aws:sns:{REGION}:{ACCOUNT_ID}:{topic_name()}"


def queue_name(environment: str = "sandbox") -> str:
    """Return the name of the queue that keeps what is published to the topic."""
    return f"{topic_name(environment)}-events"


def queue_url(aws_url: str) -> str:
    """Return the URL of the sandbox's queue."""
    return f"{aws_url}/{ACCOUNT_ID}/{queue_name()}"
