"""`webhooks serve` from end to end: check, listen, log one line per event, and report when it is told to stop."""

import threading
import time
import traceback
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from learnermax_cli.core.errors import LmxError, UsageError
from learnermax_cli.core.retry_policy import INTERACTIVE
from learnermax_cli.planning.report import Data, Report
from learnermax_cli.terminal.console import Console
from learnermax_cli.webhooks.clock import Clock, build_clock
from learnermax_cli.webhooks.model import Answer, Delivery
from learnermax_cli.webhooks.receive import Receiver, build_receiver
from learnermax_cli.webhooks.server_model import Address

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

COMMAND = "webhooks serve"
WORDS = ("changed", "done", "waiting", "attention", "ignored", "refused", "failed")
"""What becomes of a delivery: an effect of the handler's, refused as not Stripe's, or failed and to be sent again."""
_HEALTH = "/health"


class ServeHandler:
    """Answers deliveries, counts them by what became of them, and logs a line for each."""

    def __init__(self, receiver: Receiver, console: Console, clock: Clock) -> None:
        self._receiver = receiver
        self._console = console
        self._clock = clock
        self._lock = threading.Lock()
        self._log = threading.Lock()
        self._counts: Counter[str] = Counter()

    def listening(self, url: str) -> None:
        """Log the URL of deliveries."""
        self._say(f"Listening on {url}")

    def receive(self, delivery: Delivery) -> Answer:
        """Answer a delivery; a bug, too, asks for another delivery and leaves the others alone."""
        started = time.monotonic()
        try:
            answer = self._receiver.receive(delivery)
        except Exception as bug:  # noqa: BLE001 - one event must not end the receiver
            answer = Answer(500, f"not done ({type(bug).__name__}): please deliver again")
            self._say(*traceback.format_exc().splitlines())
        self._note(answer, time.monotonic() - started)
        return answer

    def rejected(self, answer: Answer) -> None:
        """Count and log a request that the server answers by itself."""
        self._note(answer, 0.0)

    def counts(self) -> dict[str, int]:
        """Return how many deliveries were received, and what became of them."""
        with self._lock:
            return {"received": self._counts.total(), **{word: self._counts[word] for word in WORDS}}

    def _note(self, answer: Answer, seconds: float) -> None:
        with self._lock:
            self._counts[_word(answer)] += 1
        if not self._console.manner.quiet:
            self._say(f"{self._now():%Y-%m-%dT%H:%M:%SZ} {describe(answer)} {answer.status} {seconds * 1000:.0f} ms")

    def _now(self) -> datetime:
        try:
            return self._clock.now().astimezone(UTC)
        except LmxError:  # a sandbox that is gone tells no time
            return datetime.now(UTC)

    def _say(self, *lines: str) -> None:
        """Write lines to the log that belong together."""
        with self._log:
            for line in lines:
                self._console.note(line)


def describe(answer: Answer) -> str:
    """Return what a log line says of an answer: event, type, session, enrollment, and what became of it."""
    handled = answer.handled
    if handled is None:
        return f"- {_word(answer)}: {answer.line}"
    hint = handled.hint
    names = (hint.event_id, hint.type, hint.session_id or "-", str(hint.key or "-"))
    details = "".join(f" ({finding.detail})" for finding in handled.findings)
    return f"{' '.join(names)} {handled.effect}: {handled.state}{details}"


def _word(answer: Answer) -> str:
    if answer.handled is not None:
        return answer.handled.effect
    return "failed" if answer.status >= 500 else "refused"


def run_serve(app: "App", host: str, port: int, path: str) -> Report:
    """Return the report of a receiver once Ctrl-C or SIGTERM has ended it and what was in flight is answered."""
    if not path.startswith("/") or path == _HEALTH or not path.isprintable() or set("?#% ") & set(path):
        raise UsageError(f"{path!r} is no path for deliveries", hint="Give --path such as /api/webhooks/stripe.")
    app.retry_policy = INTERACTIVE
    identity = app.stripe_identity
    receiver = build_receiver(app)
    receiver.require_secret()
    handler = ServeHandler(receiver, app.console, build_clock(app))
    report = Report(
        command=COMMAND,
        environment=app.settings.environment,
        body=Data({}, ()),
        stripe=identity,
        warnings=() if app.events else ("no topic in TRANSACTIONAL_EMAIL_TOPIC_ARN: no events are published",),
    )
    app.console.begin(report)
    with app.interrupt.finishing() as stop:
        app.webhook_server.serve(Address(host, port, path), handler, stop)
    counts = handler.counts()
    rest = ", ".join(f"{counts[word]} {word}" for word in WORDS)
    return replace(report, body=Data(counts, (f"Received {counts['received']}: {rest}.",)))
