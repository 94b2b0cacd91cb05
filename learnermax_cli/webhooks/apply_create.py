"""Applies the plan of `webhooks create` in an order that a crash may cut anywhere."""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from learnermax_cli.config.keys import PREVIOUS_SECRET, WEBHOOK_SECRET
from learnermax_cli.core.errors import FailedError, LmxError
from learnermax_cli.core.interrupt import Interrupt
from learnermax_cli.planning.change import Finding, Result
from learnermax_cli.secrets.apply_push import Push, PushRequest
from learnermax_cli.secrets.model import LostRaceError, SecretStore
from learnermax_cli.secrets.plan_push import PushPlan
from learnermax_cli.webhooks.endpoints import read_stored_secrets
from learnermax_cli.webhooks.model import (
    Endpoint,
    EndpointGateway,
    EndpointGoneError,
    NewEndpoint,
    StoredSecrets,
    fingerprint,
)
from learnermax_cli.webhooks.plan_endpoints import EndpointPlan, Step, Wanted, plan_create

MAX_ROUNDS = 5


@dataclass(frozen=True, slots=True)
class Ports:
    """What a registration works with."""

    gateway: EndpointGateway
    store: SecretStore
    interrupt: Interrupt
    now: Callable[[], datetime]


@dataclass(frozen=True, slots=True)
class Drained:
    """What became of the events that an endpoint had not delivered; `error` when not all of them were handled."""

    results: tuple[Result, ...] = ()
    findings: tuple[Finding, ...] = ()
    error: LmxError | None = None


@dataclass(frozen=True, slots=True)
class Retirement:
    """What precedes the deletion of an endpoint: the overlap for receivers, and handling the undelivered events."""

    overlap: timedelta
    wait: Callable[[timedelta, threading.Event], None]
    drain: Callable[[], Drained]


@dataclass(frozen=True, slots=True)
class Registered:
    """How a registration ended."""

    results: tuple[Result, ...]
    findings: tuple[Finding, ...] = ()
    error: LmxError | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """The endpoints and secrets as they were read, and the plan made of them."""

    listed: tuple[Endpoint, ...]
    secrets: StoredSecrets
    plan: EndpointPlan


class Registration:
    """One `webhooks create`; planned again when another run comes in between."""

    def __init__(self, ports: Ports, wanted: Wanted, retirement: Retirement) -> None:
        self._ports = ports
        self._wanted = wanted
        self._retirement = retirement
        self._results: list[Result] = []
        self._findings: list[Finding] = []
        self._prepared = False

    def look(self) -> Look:
        """Read and plan; raises LmxError for what would keep the secret from being stored."""
        secrets = read_stored_secrets(self._ports.store, self._wanted.secret_name)
        listed = tuple(self._ports.gateway.list_endpoints())
        return Look(listed, secrets, plan_create(listed, secrets, self._wanted))

    def carry_out(self, look: Look) -> Registered:
        """Write until the URL has one endpoint whose secret is stored; a failure on the way is part of the outcome."""
        error: LmxError | None = None
        try:
            self._insist(look, self._ports.interrupt.begin_writes())
        except LmxError as failure:
            error = failure
        return Registered(tuple(self._results), tuple(self._findings), error)

    def _insist(self, look: Look, stop: threading.Event) -> None:
        for _ in range(MAX_ROUNDS):
            if not self._take(look, stop):
                return
            # Whoever came in between has replaced the secret too: it must not be rolled once more.
            self._wanted = replace(self._wanted, roll=False)
            look = self.look()
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
                    self._results += _planned(steps[index:])
                    return False
                self._carry_out(step, look)
            except (EndpointGoneError, LostRaceError) as lost:
                self._results.append(Result(step.change, "superseded", lost.message))
                return True
            except LmxError as failure:
                self._results.append(Result(step.change, "failed", failure.message))
                self._results += _planned(steps[index + 1 :])
                raise
            self._results.append(Result(step.change, "applied"))
        return look.plan.goes_on

    def _carry_out(self, step: Step, look: Look) -> None:
        gateway = self._ports.gateway
        if step.how == "create":
            new = gateway.create_endpoint(self._wanted.url, self._wanted.environment, look.plan.replaces)
            self._store(new, look)
            gateway.mark_stored(new.endpoint.endpoint_id, fingerprint(new.secret))
            return
        assert step.endpoint_id is not None
        if step.how == "fix":
            gateway.fix_endpoint(step.endpoint_id)
        else:
            gateway.delete_endpoint(step.endpoint_id)

    def _store(self, new: NewEndpoint, look: Look) -> None:
        secrets = {WEBHOOK_SECRET: new.secret.reveal()}
        if look.plan.keeps_former and look.secrets.current is not None:
            secrets[PREVIOUS_SECRET] = look.secrets.current.reveal()
        store, name = self._ports.store, self._wanted.secret_name

        def approve(_: PushPlan) -> None:
            if not read_stored_secrets(store, name).same_as(look.secrets):
                raise LostRaceError("storing the signing secret", "another run has stored another")

        outcome = Push(store, PushRequest(name, self._wanted.environment, secrets)).carry_out(
            approve, self._ports.interrupt
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
        passed = timedelta(0) if since is None else self._ports.now() - since
        left = self._retirement.overlap - max(passed, timedelta(0))
        if left > timedelta(0):
            self._retirement.wait(left, stop)
        if stop.is_set():
            return
        drained = self._retirement.drain()
        self._results += drained.results
        self._findings += drained.findings
        if drained.error is not None and not stop.is_set():
            raise drained.error
        self._prepared = True


def _planned(steps: Iterable[Step]) -> list[Result]:
    return [Result(step.change) for step in steps]
