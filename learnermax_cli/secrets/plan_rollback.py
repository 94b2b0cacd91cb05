"""Decides a rollback: what changes when an earlier version of the secret becomes current; pure."""

from dataclasses import dataclass
from datetime import datetime

from learnermax_cli.config.keys import PREVIOUS_SECRET, WEBHOOK_SECRET
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.core.times import show_time
from learnermax_cli.planning.change import Change
from learnermax_cli.secrets.content import describe_content, parse_content
from learnermax_cli.secrets.model import Content, SecretDescription, SecretValue


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """What a rollback does; `change` is None when the version is already current."""

    description: SecretDescription
    version: str
    change: Change | None
    created: datetime | None = None
    warnings: tuple[str, ...] = ()


def plan_rollback(
    name: str, description: SecretDescription, current: SecretValue | None, target: SecretValue
) -> RollbackPlan:
    """Return the change from one version to another; raises ConfigError when the target holds no JSON object."""
    another = "Name another version: " + lmx("secrets rollback", "--to", "VERSION")
    new = parse_content(f"{name}, version {target.version},", target, another)
    old = _content_or_nothing(name, current)
    every = new.keys() | old.keys()
    before = {**_version(current), **describe_content(old, every)}
    after = {**_version(target), **describe_content(new, every, old)}
    change = Change("secret", name, "update", before, after)
    return RollbackPlan(description, target.version, change, target.created, _warnings(old, new))


def _version(value: SecretValue | None) -> dict[str, object]:
    if value is None:
        return {"version": None, "created": None}
    return {"version": value.version, "created": show_time(value.created)}


def _warnings(old: Content, new: Content) -> tuple[str, ...]:
    signing = old.get(WEBHOOK_SECRET)
    if not signing or signing in (new.get(WEBHOOK_SECRET), new.get(PREVIOUS_SECRET)):
        return ()
    found = f"{WEBHOOK_SECRET} changes too: receivers reject deliveries of the present endpoint until "
    return (found + lmx("webhooks create", "--url", "URL") + " replaces it",)


def _content_or_nothing(name: str, value: SecretValue | None) -> Content:
    # An unreadable current version is a reason to roll back.
    try:
        return {} if value is None else parse_content(name, value)
    except ConfigError:
        return {}
