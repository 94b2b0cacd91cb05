"""`webhooks serve` from end to end: check, listen, log one line per event, and report once a signal ends it."""

import threading
import time
import traceback
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

from learnermax_cli.core.errors import UsageError
from learnermax_cli.core.times import show_time
from learnermax_cli.enrollments.apply_enrollment import event_mode
from learnermax_cli.planning.confirm import StripeJob, Talk
from learnermax_cli.planning.report import Data, Report
from learnermax_cli.webhooks.model import ACCESS_CHANGES, Address, Answer, Delivery, WebhookServer
from learnermax_cli.webhooks.receive import Receiver, ReceiverJob, build_receiver

WORDS = ("changed", "done", "waiting", "attention", "ignored", "refused", "failed")
"""What becomes of a delivery: an effect of the handler's, refused as not Stripe's, or failed and to be sent again."""
_HEALTH = "/health"


class ServeJob(ReceiverJob, StripeJob, Protocol):
    """What `webhooks serve` works with."""

    @property
    def webhook_server(self) -> WebhookServer: ...


class ServeHandler:
    """Answers deliveries, counts them by what became of them, and logs a line for each."""

    def __init__(self, receiver: Receiver, talk: Talk) -> None:
        self._receiver = receiver
        self._talk = talk
        self._lock = threading.Lock()
        self._log = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._changes: Counter[str] = Counter()

    def listening(self, url: str) -> None:
        """Log the URL of deliveries."""
        self._write(f"Listening on {url}")

    def receive(self, delivery: Delivery) -> Answer:
        """Answer a delivery; after a bug it is to be sent again, and the others go on."""
        started = time.monotonic()
        try:
            answer = self._receiver.receive(delivery)
        except Exception as bug:  # noqa: BLE001 - one event must not end the receiver
            answer = Answer(500, f"not done ({type(bug).__name__}): please deliver again")
            self._write(*self._talk.mask(traceback.format_exc()).splitlines(), urgent=True)
        self._note(answer, time.monotonic() - started)
        return answer

    def rejected(self, answer: Answer) -> None:
        """Count and log a request that the server answers by itself."""
        self._note(answer, 0.0)

    def counts(self) -> dict[str, int]:
        """Return how many deliveries were received, and what became of them."""
        with self._lock:
            received = {"received": self._counts.total(), **{word: self._counts[word] for word in WORDS}}
            return {**received, **{action: self._changes[action] for action in ACCESS_CHANGES}}

    def _note(self, answer: Answer, seconds: float) -> None:
        with self._lock:
            self._counts[_word(answer)] += 1
            self._changes.update(_changes_of_access(answer))
        line = f"{show_time(datetime.now(UTC))} {describe(answer)} {answer.status} {seconds * 1000:.0f} ms"
        self._write(line, urgent=_word(answer) in ("attention", "failed"))

    def _write(self, *lines: str, urgent: bool = False) -> None:
        """Write lines to the log that belong together."""
        with self._log:
            for line in lines:
                self._talk.note(line, urgent=urgent)


def describe(answer: Answer) -> str:
    """Return the log line of an answer: event, type, session, enrollment, and what became of it."""
    handled = answer.handled
    if handled is None:
        return f"- {_word(answer)}: {answer.line}"
    hint = handled.hint
    names = (hint.event_id, hint.type, hint.session_id or "-", str(hint.key or "-"))
    details = "".join(f" ({finding.detail})" for finding in handled.findings) or " (event owed)" * (
        handled.owed is not None
    )
    return f"{' '.join(names)} {handled.effect}: {handled.state}{details}"


def _word(answer: Answer) -> str:
    if answer.handled is not None:
        return answer.handled.effect
    return "failed" if answer.status >= 500 else "refused"


def _changes_of_access(answer: Answer) -> list[str]:
    results = () if answer.handled is None else answer.handled.results
    return [r.change.action for r in results if r.change.kind == "enrollment" and r.outcome == "applied"]


def _warn_of_no_topic(job: ServeJob) -> tuple[str, ...]:
    owed = "no topic in TRANSACTIONAL_EMAIL_TOPIC_ARN: events stay owed until a run with a topic publishes them"
    return (owed,) if event_mode(job) == "owe" else ()


def run_serve(job: ServeJob, address: Address, *, revoke: bool | None = None) -> Report:
    """Return the report of a receiver once a signal has ended it and what was in flight is answered.

    `revoke` None leaves it to the settings whether access is taken away.
    """
    path = address.path
    if not path.startswith("/") or path == _HEALTH or not path.isprintable() or set("?#% ") & set(path):
        raise UsageError(f"{path!r} can't be the path of deliveries", hint="Give --path such as /api/webhooks/stripe.")
    receiver = build_receiver(job, revoke=revoke)
    identity = job.stripe_identity
    receiver.require_secret()
    handler = ServeHandler(receiver, job.talk)
    report = Report(
        command="webhooks serve",
        environment=job.settings.environment,
        body=Data({}, (), message=True),
        stripe=identity,
        warnings=_warn_of_no_topic(job),
        ends_by_signal=True,
    )
    job.talk.begin(report)
    job.webhook_server.serve(address, handler, job.interrupt.begin_writes())
    counts = handler.counts()
    words = [f"{counts[word]} {word}" for word in WORDS]
    words += [f"{counts[action]} {done}" for action, (_, done) in ACCESS_CHANGES.items() if counts[action]]
    rest = ", ".join(words)
    return replace(report, body=Data(counts, (f"Received {counts['received']}: {rest}.",), message=True))
