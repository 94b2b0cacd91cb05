"""Worlds for receivers: a stored signing secret, a receiver that runs, and what it said at its end."""

import json
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from tests.enrollments import worlds
from tests.running import Sandbox
from tests.webhooks.signed import COMPLETED, SECRET, Reply, deliver, event_of

SECRET_NAME = "learnermax/stripe-keys"
_PATIENCE = 60.0


class Serving:
    """One `webhooks serve` that runs."""

    def __init__(self, sandbox: Sandbox, *args: str, env: Mapping[str, str | None] | None = None) -> None:
        self.sandbox = sandbox
        self.process = sandbox.start("webhooks", "serve", "--port", "0", "-o", "json", *args, env=env)
        self.lines: list[str] = []
        self._read = threading.Thread(target=self._follow, daemon=True)
        self._read.start()
        self.url = self.wait_for("Listening on ").rpartition(" ")[2]

    def deliver(self, session_id: str, event_type: str = COMPLETED, **fields: Any) -> Reply:
        """Deliver a signed event of a session now; return status and text."""
        event = event_of(self.sandbox, session_id, event_type, **fields)
        return deliver(self.url, event, worlds.now(self.sandbox))

    def stop(self, number: int | None = signal.SIGTERM) -> dict[str, int]:
        """Tell it to stop and return what it counted, without what there was none of."""
        report = self.end(number)
        return {word: count for word, count in report["data"].items() if count}

    def end(self, number: int | None = signal.SIGTERM) -> dict[str, Any]:
        """Tell it to stop by a signal, None when it was told already, and return its report; it ends well."""
        if number is not None:
            self.process.send_signal(number)
        self._read.join(_PATIENCE)
        out = self.process.stdout.read()
        assert 0 == self.process.wait(_PATIENCE), self.lines
        return dict(json.loads(out))

    def wait_for(self, text: str) -> str:
        """Wait until it has said a line with this text, and return the line."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            for line in list(self.lines):
                if text in line:
                    return line
            assert self.process.poll() is None, self.lines
            time.sleep(0.01)
        raise TimeoutError(f"no {text!r} in {self.lines}")

    def kill(self) -> None:
        """Kill it in the middle of what it does."""
        self.process.kill()
        self.process.wait(_PATIENCE)

    def _follow(self) -> None:
        for line in self.process.stderr:
            self.lines.append(line.rstrip("\n"))


@contextmanager
def serving(sandbox: Sandbox, *args: str, env: Mapping[str, str | None] | None = None) -> Iterator[Serving]:
    """Run a receiver with the stored signing secret, on a free port; it is killed at the end if it still runs."""
    running = Serving(sandbox, *args, env=env)
    try:
        yield running
    finally:
        running.kill()


def put_signing_secret(sandbox: Sandbox, secret: str = SECRET, previous: str | None = None) -> None:
    """Store a signing secret, and that of before a roll, as `webhooks create` does."""
    content = {"STRIPE_WEBHOOK_SECRET": secret}
    if previous is not None:
        content["STRIPE_WEBHOOK_SECRET_PREVIOUS"] = previous
    client = sandbox.secretsmanager()
    try:
        client.create_secret(Name=SECRET_NAME, SecretString=json.dumps(content))
    except client.exceptions.ResourceExistsException:
        client.put_secret_value(SecretId=SECRET_NAME, SecretString=json.dumps(content))
