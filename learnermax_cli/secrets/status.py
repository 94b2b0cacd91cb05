"""`secrets status`: compares the stored keys with those at hand, key by key, and shows no value."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from learnermax_cli.config.keys import PUSHED_KEYS, WEBHOOK_SECRET
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import show_age, show_time
from learnermax_cli.planning.change import Finding
from learnermax_cli.planning.report import Items, Report
from learnermax_cli.secrets.content import (
    SecretsJob,
    describe_value,
    find_text,
    read_stored,
    require_readable,
)
from learnermax_cli.secrets.model import Content, Stored
from learnermax_cli.secrets.plan_push import find_keys

KeyState = Literal["same", "differs", "missing here", "missing there"]
_COLUMNS = ("key", "state", "here", "there")


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """How a key at hand compares with the stored one; `here` and `there` name kind and mode only."""

    key: str
    state: KeyState
    here: str
    there: str

    def as_json(self) -> dict[str, object]:
        """Return the row of a report."""
        return {"key": self.key, "state": self.state, "here": self.here or None, "there": self.there or None}

    def finding(self, *, pull: bool = True) -> Finding | None:
        """Return the drift that --exit-code counts, if there is one; `pull` is whether a pull can fix it."""
        missing = self.state == "missing here"
        if self.state == "same" or (missing and self.key == WEBHOOK_SECRET):
            return None  # `webhooks create` puts the signing secret into the secret alone.
        if not (self.there and pull):
            return Finding("drift", self.key, self.state, lmx("secrets push"))
        if missing:
            return Finding("drift", self.key, self.state, lmx("secrets pull"))
        detail = f"{self.state}; to take the stored one: " + lmx("secrets pull")
        return Finding("drift", self.key, detail, lmx("secrets push"))


def compare_keys(here: Mapping[str, str], there: Content) -> tuple[KeyStatus, ...]:
    """Return the state of each Stripe key that is here or there."""
    rows = []
    for name in PUSHED_KEYS:
        ours, stored = here.get(name), find_text(there, name)
        if ours is None and name not in there:
            continue
        state: KeyState = "same" if ours == stored else "differs"
        if name not in there:
            state = "missing there"
        elif ours is None:
            state = "missing here"
        rows.append(KeyStatus(name, state, describe_value(name, ours), describe_value(name, stored)))
    return tuple(rows)


def run_status(job: SecretsJob, *, exit_code: bool) -> Report:
    """Return how the stored keys compare with those at hand."""
    settings = job.settings
    source = find_keys(job.sources)
    missing = f", which has none; {source.not_found}" if source.not_found and not source.values else ""
    job.talk.note(f"Compared with the Stripe keys from {source.name}{missing}.")
    stored = read_stored(job.secret_store, settings.secret_name)
    if stored is not None:
        require_readable(stored.description)
    content: Content = {} if stored is None or stored.content is None else stored.content
    rows = compare_keys(source.values, content)
    findings = tuple(finding for row in rows if (finding := row.finding(pull=not source.fixed)) is not None)
    others = sorted(content.keys() - set(PUSHED_KEYS))
    also = (f"Also in the secret, not managed by lmx: {', '.join(others)}",) if others else ()
    created = stored.created if stored else None
    return Report(
        "secrets status",
        settings.environment,
        Items(tuple(row.as_json() for row in rows), _COLUMNS, "No Stripe keys, neither here nor in the secret."),
        findings=findings,
        notes=(_describe(job, stored), *also),
        extra={
            "secret": settings.secret_name,
            "source": source.name,
            "arn": stored.description.arn if stored else None,
            "version_id": stored.description.current if stored else None,
            "created": show_time(created) if created else None,
            "other_keys": others,
        },
        pending_exit=exit_code,
    )


def _describe(job: SecretsJob, stored: Stored | None) -> str:
    name = job.settings.secret_name
    if stored is None:
        return f"Secret {name} does not exist."
    if stored.created is None:
        return f"Secret {name} has no version yet."
    return f"Secret {name}, version {stored.description.current}, {show_age(stored.created, job.now())} old."
