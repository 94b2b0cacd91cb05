"""Applies a push: one new version, made current only if the version that was read still is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from learnermax_cli.core.errors import FailedError, InterruptedRunError, LmxError
from learnermax_cli.core.interrupt import Interrupt
from learnermax_cli.core.remedy import lmx
from learnermax_cli.planning.change import OutcomeWord, Result
from learnermax_cli.secrets.content import (
    read_stored,
    require_new_name,
    require_ours,
    require_readable,
    version_token,
)
from learnermax_cli.secrets.model import LostRaceError, NewSecret, SecretDescription, SecretStore, Stored
from learnermax_cli.secrets.plan_push import PushPlan, plan_push, plan_restore

MAX_ATTEMPTS = 5
Approve = Callable[[PushPlan], None]
"""Asks whether a plan may be carried out; raises LmxError if not."""


@dataclass(frozen=True, slots=True)
class PushRequest:
    """What to store, and where."""

    name: str
    environment: str
    wanted: Mapping[str, str] = field(repr=False)
    prune: bool = False
    restore: bool = False
    kms_key_id: str | None = None
    always_asks: bool = False
    """Whether to ask too where no stored value is replaced."""


@dataclass(frozen=True, slots=True)
class PushOutcome:
    """What became of a push; `result` is None when there was nothing to do."""

    plan: PushPlan
    result: Result | None = None
    description: SecretDescription | None = None
    error: LmxError | None = None
    warnings: tuple[str, ...] = ()


class Push:
    """One push; started over when another writer comes between reading and writing."""

    def __init__(self, store: SecretStore, request: PushRequest) -> None:
        self._store = store
        self._request = request
        self._approved: PushPlan | None = None
        self._written: set[str] = set()
        self._restored = False
        self._refusal = ""
        self._stored, self.plan = self._look()

    def preview(self) -> PushOutcome:
        """Return what would be done."""
        result = None if self.plan.change is None else Result(self.plan.change)
        return PushOutcome(
            self.plan, result, self._stored.description if self._stored else None, warnings=self.warnings()
        )

    def carry_out(self, approve: Approve, interrupt: Interrupt) -> PushOutcome:
        """Write until the secret holds what is wanted; a failure on the way is part of the outcome."""
        started = False
        try:
            for _ in range(MAX_ATTEMPTS):
                if self.plan.change is None:
                    break
                self._require_approval(approve)
                started = True
                stop = interrupt.begin_writes()
                if self._write():
                    return self._finished()
                self._stored, self.plan = self._look()
                if stop.is_set() and self.plan.change is not None:
                    return self._stopped()
            return self._already_there()
        except LmxError as error:
            return self._failed(error, "failed" if started else "planned")

    def _look(self) -> tuple[Stored | None, PushPlan]:
        request = self._request
        stored = read_stored(self._store, request.name)
        if stored is None:
            require_new_name(request.name)
            return None, plan_push(request.name, None, request.wanted, prune=request.prune)
        require_ours(stored.description)
        if stored.description.deleted is not None:
            if not request.restore:
                require_readable(stored.description)
            return stored, plan_restore(request.name, stored.description.deleted, request.wanted)
        return stored, plan_push(request.name, stored.content, request.wanted, prune=request.prune)

    def _require_approval(self, approve: Approve) -> None:
        # Another writer may have stored a value that nobody agreed to replace. Agreeing to a restore is agreeing to
        # replace what the secret holds, which can't be read before.
        unasked = self._request.always_asks and self._approved is None
        if (self.plan.loses or unasked) and not self._restored:
            approve(self.plan)
        self._approved = self.plan

    def _write(self) -> bool:
        """Make one attempt; returns whether the version is current now."""
        stored = self._stored
        try:
            if stored is None:
                return self._create()
            description = stored.description
            if description.deleted is not None:
                self._store.restore_secret(description.arn)
                self._restored = True
                return False
            token = version_token(description.arn, self.plan.text.reveal(), description.current)
            self._written.add(token)
            # Nobody reads a version under our own label until AWSCURRENT moves. After a kill in between, a second run
            # makes the same token, finds the version and goes on. The label stays: the next push moves it.
            self._store.put_version(description.arn, self.plan.text, token)
            if description.current is None and self._is_current(token):
                return True  # the first version of a secret is current by itself [doc PutSecretValue]
            self._store.move_current(description.arn, token, away_from=description.current)
        except LostRaceError as lost:
            self._refusal = lost.reason
            return False
        return True

    def _create(self) -> bool:
        request, text = self._request, self.plan.text
        token = version_token(request.name, text.reveal(), None)
        self._written.add(token)
        tags = {"Project": "LearnerMax", "Environment": request.environment}
        self._store.create_secret(NewSecret(request.name, text, token, tags, request.kms_key_id))
        return True

    def _is_current(self, version: str) -> bool:
        description = self._store.read_description(self._request.name)
        return description is not None and description.current == version

    def _already_there(self) -> PushOutcome:
        """Return the outcome when the secret holds what is wanted; raises FailedError after too many lost races."""
        if self.plan.change is not None:
            raise FailedError(
                f"secret {self._request.name} was changed by others {MAX_ATTEMPTS} times in a row: {self._refusal}",
                hint="Find out what else writes it, then run the command again; running again is safe.",
                code="failed.race",
            )
        assert self._stored is not None
        description, done = self._stored.description, self._approved
        if done is None or done.change is None:
            return PushOutcome(self.plan, None, description, warnings=self.warnings())
        ours = self._restored or description.current in self._written
        outcome: OutcomeWord = "applied" if ours else "superseded"
        error = None if ours else "another writer stored the same keys first"
        return PushOutcome(done, Result(done.change, outcome, error), description, warnings=self.warnings())

    def _finished(self) -> PushOutcome:
        assert self.plan.change is not None
        result, warnings = Result(self.plan.change, "applied"), self.warnings()
        try:
            description = self._store.read_description(self._request.name)
        except LmxError as error:
            return PushOutcome(self.plan, result, warnings=(*warnings, f"stored, but not read back: {error.message}"))
        if description is None or description.current not in self._written:
            warnings += ("another writer made a different version current after this one: " + lmx("secrets status"),)
        return PushOutcome(self.plan, result, description, warnings=warnings)

    def _stopped(self) -> PushOutcome:
        error = None
        if self._restored:
            error = InterruptedRunError(
                "interrupted; the secret was restored, the keys were not stored", hint="Run the command again."
            )
        return replace(self.preview(), error=error)

    def _failed(self, error: LmxError, outcome: OutcomeWord) -> PushOutcome:
        change = self.plan.change
        reason = error.message if outcome == "failed" else None
        result = None if change is None else Result(change, outcome, reason)
        return PushOutcome(self.plan, result, self._stored.description if self._stored else None, error)

    def warnings(self) -> tuple[str, ...]:
        """Return what to know besides the plan before it is approved."""
        wanted = self._request.kms_key_id
        if wanted is None or self._stored is None or (self._stored.description.kms_key_id or "").endswith(wanted):
            return ()  # an alias may come back as its ARN
        return ("--kms-key-id counts only when a secret is created; this one keeps its own key",)
