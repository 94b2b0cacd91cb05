"""The entry points of AWS Lambda, as `cli` is that of the command line: webhook, its retries, reconcile, one window."""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from learnermax_cli.adapters.awslambda.invocation import loaded  # isort: skip - before all that is slow to load
from learnermax_cli.adapters.awslambda import metrics
from learnermax_cli.adapters.awslambda.events import (
    read_hint,
    read_request,
    read_revoke,
    reject_request,
    write_response,
)
from learnermax_cli.adapters.awslambda.invocation import Context, require_time, stopped_in_time
from learnermax_cli.adapters.awslambda.log import LogConsole, cut_report, describe, safe_to_leave
from learnermax_cli.composition.app import App
from learnermax_cli.config.sources import Flags
from learnermax_cli.core.errors import ConfigError, FailedError, InterruptedRunError, LmxError
from learnermax_cli.core.retries import INTERACTIVE
from learnermax_cli.webhooks.handle import Handler
from learnermax_cli.webhooks.model import ACCESS_CHANGES, Answer, Delivery, EventHint, Handled
from learnermax_cli.webhooks.receive import Receiver, build_receiver

if TYPE_CHECKING:
    from learnermax_cli.adapters.aws.messages import RetryQueue
    from learnermax_cli.enrollments.reconcile import ReconcileRequest
    from learnermax_cli.enrollments.walk import Walk
    from learnermax_cli.planning.report import Report

KEYS_SECONDS = 300
"""How long a container uses keys that it has read."""
_REFUSED_KEY = "credentials.stripe"


class Functions:
    """The functions of one container, which keeps clients and keys between invocations, for some minutes."""

    def __init__(self, environ: Mapping[str, str], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._environ = environ
        self._monotonic = monotonic
        self._console = LogConsole(environ)
        self._warm: _Warm | None = None
        self._reported = False

    def webhook(self, event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Answer one delivery; one that fails on our side is acknowledged once the retry queue has it."""
        self._console.set_request(context)
        with safe_to_leave(self._console):
            answer = self._answer(event)
            fields = {"status": answer.status, "line": answer.line, **describe(answer.handled)}
            if counts := metrics.count_answer(answer):
                fields |= metrics.embedded_quickly(self._environment, counts)
            self._console.log("answered", fields)
        loaded()
        return write_response(answer)

    def retry(self, event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Handle the hints of a batch of messages; those that failed go back to the queue, alone."""
        from learnermax_cli.adapters.aws.messages import process_batch

        loaded()
        self._console.set_request(context)
        return process_batch(event, lambda body: self._retry(body, context))

    def reconcile(self, event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Reconcile the days of `since` (3d); with `pending_only` no window; `revoke` wins over what the stack says."""
        from learnermax_cli.core.times import read_window
        from learnermax_cli.enrollments.read_table import Scope
        from learnermax_cli.enrollments.reconcile import ReconcileRequest

        with self._run_counted(context) as app:
            since = None if event.get("pending_only") else str(event.get("since") or "3d")
            start, _ = read_window(since, None, app.now())
            request = ReconcileRequest(Scope(since=start), revoke=read_revoke(event))
            report = self._run(app, request, context)
            if report.failure is not None:
                raise report.failure
            return {"summary": dict(report.summary), "findings": len(report.findings)}

    def reconcile_window(self, event: Mapping[str, Any], context: Context) -> dict[str, Any]:
        """Reconcile the next window of a walk through a long history; return the walk as the next run takes it."""
        from learnermax_cli.enrollments.walk import read_walk

        with self._run_counted(context) as app:
            walk = read_walk(event, app.now())
            return walk.as_json() if walk.done else self._step(app, walk, context).as_json()

    def _step(self, app: App, walk: "Walk", context: Context) -> "Walk":
        """Reconcile the next window of a walk and return the walk after it; raises LmxError."""
        from learnermax_cli.enrollments.read_table import Scope
        from learnermax_cli.enrollments.reconcile import ReconcileRequest

        report = self._run(app, ReconcileRequest(Scope(since=walk.cursor, until=walk.end), window_only=True), context)
        if isinstance(report.error, InterruptedRunError):
            return walk.shorter()
        if report.error is not None:
            raise report.error
        counts = report.summary
        applied = sum(counts[action] for action in ("complete", "create", *ACCESS_CHANGES))
        return walk.on(applied=applied, failed=counts["failed"], findings=len(report.findings))

    def _answer(self, event: Mapping[str, Any]) -> Answer:
        try:
            request = read_request(event)
        except ValueError as error:
            return Answer(400, str(error))
        return reject_request(request) or self._receive(request.delivery)

    def _receive(self, delivery: Delivery) -> Answer:
        try:
            answer = self._get_warm().receiver.receive(delivery)
        except LmxError as error:
            self._console.error(error)
            return Answer(503, f"not ready ({error.code}): please deliver again")
        except Exception as bug:  # noqa: BLE001 - its traceback is scrubbed, and Stripe delivers again
            self._console.bug(bug)
            return Answer(500, f"not done ({type(bug).__name__}): please deliver again")
        if answer.code == _REFUSED_KEY:
            answer = self._receive_with_new_keys(delivery, answer)
        if answer.code is not None and answer.handled is not None:
            return self._queue(answer, answer.handled)
        return answer

    def _receive_with_new_keys(self, delivery: Delivery, answer: Answer) -> Answer:
        try:
            return self._get_warm(anew=True).receiver.receive(delivery)
        except LmxError:
            return answer

    def _queue(self, answer: Answer, handled: Handled) -> Answer:
        try:
            self._get_warm().queue.put(handled.hint)
        except LmxError as error:
            self._console.error(error)
            return answer
        return replace(answer, status=202, line=f"queued ({answer.code})")

    def _retry(self, body: str, context: Context) -> None:
        with safe_to_leave(self._console, self._failure):
            try:
                require_time(context)
                handled = self._handle(_read_message(body))
            except LmxError as error:
                self._console.error(error, self._failure(error))
                raise
            counts = metrics.count_event(handled)
            counted = metrics.embedded(self._environment, counts) if counts else {}
            self._console.log("retried", {**describe(handled), **counted})

    def _handle(self, hint: EventHint) -> Handled:
        try:
            return self._get_warm().handle(hint)
        except LmxError as error:
            if error.code != _REFUSED_KEY:
                raise
        return self._get_warm(anew=True).handle(hint)

    def _get_warm(self, *, anew: bool = False) -> "_Warm":
        now = self._monotonic()
        if anew or self._warm is None or now - self._warm.since >= KEYS_SECONDS:
            self._warm = _Warm(App(Flags(), self._environ, self._console), now)
        return self._warm

    @property
    def _environment(self) -> str:
        return self._environ.get("LMX_ENVIRONMENT") or "preview"

    def _failure(self, error: Exception) -> dict[str, object]:
        return metrics.embedded(self._environment, metrics.count_failure(error))

    @contextmanager
    def _run_counted(self, context: Context) -> Iterator[App]:
        """Give a run its app; a failure leaves it without a key, and is counted where no report has counted it."""
        loaded()
        self._console.set_request(context)
        self._reported = False
        with safe_to_leave(self._console, self._failure):
            try:
                yield App(Flags(), self._environ, self._console)
            except LmxError as error:
                if not self._reported:
                    self._console.error(error, self._failure(error))
                raise

    def _run(self, app: App, request: "ReconcileRequest", context: Context) -> "Report":
        from learnermax_cli.enrollments.reconcile import run_reconcile
        from learnermax_cli.planning.confirm import ending

        stop = app.interrupt.stop
        with stopped_in_time(stop, context):
            report = replace(run_reconcile(app, request), meter=app.meter.reading())
        report = ending(report, interrupted=stop.is_set())
        shortened = request.window_only and stop.is_set()
        counts = metrics.count_run(report.summary, failed=report.failure is not None and not shortened)
        counted = metrics.embedded(self._environment, counts)
        self._console.log("reconciled", {"report": cut_report(self._console.complete(report)), **counted})
        self._reported = True
        return report


class _Warm:
    """An app with its keys, and what was built from it."""

    def __init__(self, app: App, since: float) -> None:
        app.retry_policy = INTERACTIVE
        self.app = app
        self.since = since

    @cached_property
    def receiver(self) -> Receiver:
        # The signature is checked first: a forged request causes no read of Stripe or the table.
        return build_receiver(self.app, self.handle)

    @cached_property
    def _handler(self) -> Handler:
        return Handler(self.app)

    def handle(self, hint: EventHint) -> Handled:
        return self._handler.handle(hint)

    @cached_property
    def queue(self) -> "RetryQueue":
        from learnermax_cli.adapters.aws.messages import RetryQueue

        url = self.app.environ.get("LMX_RETRY_QUEUE_URL")
        if not url:
            hint = "Deploy the template as it is."
            raise ConfigError("LMX_RETRY_QUEUE_URL is not set: nothing can be queued", hint=hint)
        return RetryQueue(self.app.aws.sqs(), url)


def _read_message(body: str) -> EventHint:
    try:
        return read_hint(body)
    except ValueError as error:
        hint = "A retry does not help: delete it from the dead-letter queue."
        raise FailedError("a message is not a hint at an event", hint=hint, code="failed.message") from error


_functions = Functions(os.environ)
webhook = _functions.webhook
retry = _functions.retry
reconcile = _functions.reconcile
reconcile_window = _functions.reconcile_window
