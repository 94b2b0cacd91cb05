"""Applies the plan of `webhooks create` in an order that a crash may cut anywhere."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Protocol

from learnermax_cli.config.keys import PREVIOUS_SECRET, WEBHOOK_SECRET
from learnermax_cli.core.errors import Exit, FailedError, LmxError
from learnermax_cli.planning.change import Finding, Result, planned
from learnermax_cli.secrets.apply_push import Push, PushRequest
from learnermax_cli.secrets.model import LostRaceError
from learnermax_cli.secrets.plan_push import PushPlan
from learnermax_cli.webhooks.endpoints import EndpointsJob, read_stored_secrets
from learnermax_cli.webhooks.model import (
    Endpoint,
    EndpointGoneError,
    EventWindow,
    NewEndpoint,
    StoredSecrets,
    fingerprint,
)
from learnermax_cli.webhooks.plan_endpoints import EndpointPlan, Step, Wanted, ours_at, plan_create
from learnermax_cli.webhooks.replay import ReplayJob, replay_events

MAX_ROUNDS = 5
# Stripe tries to deliver for up to three days [doc "Webhooks", retries].
UNDELIVERED = timedelta(days=3)
_TICK = timedelta(seconds=1)


class CreateJob(EndpointsJob, ReplayJob, Protocol):
    """What a registration works with: the endpoints, the secret, and a replay of what an old one did not deliver."""


@dataclass(frozen=True, slots=True)
class Look:
    """The endpoints and secrets as they were read, and the plan made of them."""

    listed: tuple[Endpoint, ...]
    secrets: StoredSecrets
    plan: EndpointPlan


Approve = Callable[[Look], None]
"""Asks whether a plan may be carried out; raises LmxError if not."""


class Registration:
    """One `webhooks create`; planned again when another run comes in between."""

    def __init__(self, job: CreateJob, wanted: Wanted, overlap: timedelta, approve: Approve) -> None:
        self._job = job
        self._wanted = wanted
        self._overlap = overlap
        self._approve = approve
        self._unasked = job.settings.always_asks
        self._agreed: StoredSecrets | None = None
        self.results: list[Result] = []
        self.findings: list[Finding] = []
        """What the undelivered events of an old endpoint led to."""
        self._prepared = False

    def look(self) -> Look:
        """Read and plan; raises LmxError for what would keep the secret from being stored."""
        secrets = read_stored_secrets(self._job.secret_store, self._wanted.secret_name)
        listed = tuple(self._job.endpoints.list_endpoints())
        look = Look(listed, secrets, plan_create(listed, secrets, self._wanted))
        self._note_ours(*(e.stored for e in ours_at(listed, self._wanted.url, self._wanted.environment)))
        return look

    def _note_ours(self, *stored: str | None) -> None:
        self._wanted = replace(self._wanted, gone=self._wanted.gone.union(mark for mark in stored if mark))

    def carry_out(self, look: Look) -> LmxError | None:
        """Write until the URL has one endpoint whose secret is stored; return what ended it early."""
        try:
            self._require_approval(look)
            self._insist(look, self._job.interrupt.begin_writes())
        except LmxError as failure:
            return failure
        return None

    def _require_approval(self, look: Look) -> None:
        """Raise LmxError unless the plan may be carried out, and a foreign signing secret replaced."""
        foreign = look.plan.replaces_foreign
        if self._unasked or (foreign and not (self._agreed and self._agreed.same_as(look.secrets))):
            self._approve(look)
            self._unasked = False
            self._agreed = look.secrets if foreign else None

    def _insist(self, look: Look, stop: threading.Event) -> None:
        for _ in range(MAX_ROUNDS):
            if not self._take(look, stop):
                return
            before, look = look.secrets, self.look()
            if self._wanted.roll and not before.same_as(look.secrets):  # once is enough, whoever did it
                self._wanted = replace(self._wanted, roll=False)
                look = self.look()
            self._require_approval(look)
        raise FailedError(
            f"the endpoints of {self._wanted.url} were changed by others {MAX_ROUNDS} times in a row",
            hint="Find out what else registers them, then run the command again; running again is safe.",
            code="failed.race",
        )

    def _take(self, look: Look, stop: threading.Event) -> bool:
        """Carry out the steps until `stop`; return whether to plan again, as when another run came in between."""
        steps = look.plan.steps
        for index, step in enumerate(steps):
            try:
                if step.how == "retire" and not stop.is_set():
                    self._prepare(look, stop)
                if stop.is_set():
                    self.results += planned(each.change for each in steps[index:])
                    return False
                self._carry_out(step, look)
            except (EndpointGoneError, LostRaceError) as lost:
                self.results.append(Result(step.change, "superseded", lost.message))
                return True
            except LmxError as failure:
                self.results.append(Result(step.change, "failed", failure.message))
                self.results += planned(each.change for each in steps[index + 1 :])
                raise
            self.results.append(Result(step.change, "applied"))
        return look.plan.goes_on

    def _carry_out(self, step: Step, look: Look) -> None:
        gateway = self._job.endpoints
        if step.how == "create":
            new = gateway.create_endpoint(self._wanted.url, self._wanted.environment, look.plan.replaces)
            # Marked first: after a crash in between the next run knows whose secret is stored, and asks nobody.
            gateway.mark_stored(new.endpoint.endpoint_id, fingerprint(new.secret))
            self._note_ours(fingerprint(new.secret))
            self._store(new, look)
            self._require_there(new)
            return
        assert step.endpoint_id is not None
        if step.how == "fix":
            gateway.fix_endpoint(step.endpoint_id)
        else:
            gateway.delete_endpoint(step.endpoint_id)

    def _require_there(self, new: NewEndpoint) -> None:
        """Raise EndpointGoneError when another run has deleted an endpoint whose secret was not stored yet."""
        endpoint_id = new.endpoint.endpoint_id
        if all(endpoint.endpoint_id != endpoint_id for endpoint in self._job.endpoints.list_endpoints()):
            raise EndpointGoneError(endpoint_id)

    def _store(self, new: NewEndpoint, look: Look) -> None:
        secrets = {WEBHOOK_SECRET: new.secret.reveal()}
        if look.plan.keeps_former and look.secrets.current is not None:
            secrets[PREVIOUS_SECRET] = look.secrets.current.reveal()
        store, name = self._job.secret_store, self._wanted.secret_name

        def approve(_: PushPlan) -> None:
            if not read_stored_secrets(store, name).same_as(look.secrets):
                raise LostRaceError("storing the signing secret", "another run has stored another")

        outcome = Push(store, PushRequest(name, self._wanted.environment, secrets)).carry_out(
            approve, self._job.interrupt
        )
        stored = outcome.result is None or outcome.result.outcome in ("applied", "superseded")
        if not stored:
            raise outcome.error or LostRaceError("storing the signing secret", "the run was interrupted")

    def _prepare(self, look: Look, stop: threading.Event) -> None:
        """Wait until receivers have the new secret, and handle what the old endpoint has not delivered: once a run."""
        if self._prepared:
            return
        created = any(step.how == "create" for step in look.plan.steps)
        since = None if created else look.secrets.since
        passed = timedelta(0) if since is None else self._job.now() - since
        left = self._overlap - max(passed, timedelta(0))
        if left > timedelta(0):
            self._wait(left, stop)
        if not stop.is_set():
            self._drain(stop)
            self._prepared = True

    def _wait(self, span: timedelta, stop: threading.Event) -> None:
        seconds, talk = max(1, round(span.total_seconds())), self._job.talk
        talk.note(f"Waiting {seconds} s for receivers to read the new signing secret; both are valid meanwhile.")
        with talk.progress("Overlap (s)", seconds) as show:
            for passed in range(seconds):
                if stop.wait(min(_TICK, span - passed * _TICK).total_seconds()):
                    return
                show(passed + 1)

    def _drain(self, stop: threading.Event) -> None:
        """Handle what the old endpoint has not delivered; raises LmxError when not all of it was handled."""
        self._job.talk.note("Handling what the old endpoint has not delivered.")
        since = self._job.now() - UNDELIVERED
        tally, error = replay_events(self._job, EventWindow(int(since.timestamp()), undelivered=True))
        self.results += tally.results
        self.findings += tally.findings
        if error is None or stop.is_set():
            return
        if error.exit_code is not Exit.FAILED:
            raise error
        raise FailedError(
            f"the old endpoint is kept, since what it has not delivered was not handled: {error.message}",
            hint=error.hint + " Then run the command again.",
            code="failed.undelivered",
        )
