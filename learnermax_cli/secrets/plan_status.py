"""Compares the stored keys with those at hand, key by key, and shows no value; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from learnermax_cli.config.keys import PUSHED_KEYS, WEBHOOK_SECRET
from learnermax_cli.planning.change import Finding
from learnermax_cli.secrets.content import describe_value
from learnermax_cli.secrets.model import Content

KeyState = Literal["same", "differs", "missing here", "missing there"]


@dataclass(frozen=True, slots=True)
class KeyStatus:
    """How one key here compares with the stored one; `here` and `there` tell kind and mode only."""

    key: str
    state: KeyState
    here: str
    there: str

    def as_json(self) -> dict[str, object]:
        """Return the row of a report."""
        return {"key": self.key, "state": self.state, "here": self.here or None, "there": self.there or None}

    def finding(self, *, pull: bool = True) -> Finding | None:
        """Return the drift that --exit-code reports, if there is one; `pull` says whether a pull can mend it."""
        missing = self.state == "missing here"
        if self.state == "same" or (missing and self.key == WEBHOOK_SECRET):
            return None  # `webhooks create` puts the signing secret into the secret alone.
        remedy = "lmx secrets pull" if missing else "lmx secrets push, or lmx secrets pull"
        return Finding("drift", self.key, f"{self.state}: {remedy if self.there and pull else 'lmx secrets push'}")


def compare_keys(here: Mapping[str, str], there: Content) -> tuple[KeyStatus, ...]:
    """Return the state of each Stripe key that is here or there."""
    rows = []
    for name in PUSHED_KEYS:
        ours, stored = here.get(name), there.get(name)
        if ours is None and name not in there:
            continue
        state: KeyState = "same" if ours == stored else "differs"
        if name not in there:
            state = "missing there"
        elif ours is None:
            state = "missing here"
        rows.append(KeyStatus(name, state, describe_value(name, ours), describe_value(name, stored)))
    return tuple(rows)


def other_keys(there: Content) -> tuple[str, ...]:
    """Return the names in the secret that are not Stripe keys; lmx leaves them alone."""
    return tuple(sorted(there.keys() - set(PUSHED_KEYS)))
