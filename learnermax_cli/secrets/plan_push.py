"""Decides what a push changes in a secret; pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.planning.change import Change
from learnermax_cli.secrets.content import canonical_text, describe_content
from learnermax_cli.secrets.model import Content


@dataclass(frozen=True, slots=True)
class KeyCounts:
    """How many keys a push adds, changes, removes and leaves alone."""

    add: int = 0
    change: int = 0
    remove: int = 0
    unchanged: int = 0

    def __str__(self) -> str:
        return f"{self.add} to add, {self.change} to change, {self.remove} to remove, {self.unchanged} unchanged"


@dataclass(frozen=True, slots=True)
class PushPlan:
    """What a push does: one change or none, the whole new content, and the keys whose stored value would be lost."""

    change: Change | None
    text: SecretText
    names: tuple[str, ...]
    counts: KeyCounts
    loses: tuple[str, ...] = field(default=())


def plan_push(name: str, stored: Content | None, wanted: Mapping[str, str], *, prune: bool) -> PushPlan:
    """Return the plan that makes a secret hold the wanted keys; `stored` is None when there is no secret."""
    before: Content = stored or {}
    after: dict[str, object] = {**({} if prune else before), **wanted}
    changed = tuple(sorted(key for key in before if key in after and before[key] != after[key]))
    removed = tuple(sorted(before.keys() - after.keys()))
    added = after.keys() - before.keys()
    counts = KeyCounts(len(added), len(changed), len(removed), len(after) - len(added) - len(changed))
    every = before.keys() | after.keys()
    change = None
    if stored is None:
        change = Change("secret", name, "create", None, describe_content(after, every))
    elif added or changed or removed:
        old, new = describe_content(before, every), describe_content(after, every, before)
        change = Change("secret", name, "update", old, new)
    return PushPlan(change, canonical_text(after), tuple(sorted(after)), counts, (*changed, *removed))


def plan_restore(name: str, deleted: datetime, wanted: Mapping[str, str]) -> PushPlan:
    """Return the plan for a secret whose deletion is taken back: what it holds can't be read before."""
    state = f"scheduled for deletion, {deleted:%Y-%m-%d}"
    after = {"state": "restored", **describe_content(wanted, wanted)}
    change = Change(
        "secret", name, "update", {"state": state}, after, reason="restored first, then compared and merged"
    )
    names = tuple(sorted(wanted))
    return PushPlan(change, canonical_text(wanted), names, KeyCounts(change=len(names)), loses=names)
