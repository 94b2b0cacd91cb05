"""Makes an earlier version of a secret current again: which one, and what that changes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from learnermax_cli.config.keys import PREVIOUS_SECRET, WEBHOOK_SECRET
from learnermax_cli.core.errors import ConfigError, FailedError, UsageError
from learnermax_cli.core.times import show_time
from learnermax_cli.planning.change import Change
from learnermax_cli.secrets.access import require_ours, require_readable
from learnermax_cli.secrets.content import describe_content, parse_content
from learnermax_cli.secrets.model import (
    Content,
    LostRaceError,
    SecretDescription,
    SecretStore,
    SecretValue,
    SecretVersion,
)

_SHOWN_VERSIONS = 10


@dataclass(frozen=True, slots=True)
class RollbackPlan:
    """What a rollback does; `change` is None when the version is current already."""

    description: SecretDescription
    version: str
    change: Change | None
    created: datetime | None = None
    warnings: tuple[str, ...] = ()


def read_rollback(store: SecretStore, name: str, to: str | None) -> RollbackPlan:
    """Return the plan that makes a version, by default the previous one, current; raises UsageError if unknown."""
    description = store.read_description(name)
    if description is None:
        raise ConfigError(
            f"there is no secret {name}", hint="Store keys first: lmx secrets push", code="config.secret_missing"
        )
    require_ours(description)
    require_readable(description)
    version = to or description.previous
    if version is None:
        raise FailedError(
            f"secret {name} has no earlier version",
            hint="There is nothing to roll back to; to store other keys: lmx secrets push",
            code="failed.no_version",
        )
    if version == description.current:
        return RollbackPlan(description, version, None)
    target = store.read_value(description.arn, version) if 32 <= len(version) <= 64 else None
    if target is None:
        raise _no_such_version(name, f"it has no version {version}", store.list_versions(description.arn))
    current = store.read_value(description.arn, description.current) if description.current else None
    return plan_rollback(name, description, current, target)


def plan_rollback(
    name: str, description: SecretDescription, current: SecretValue | None, target: SecretValue
) -> RollbackPlan:
    """Return the way from one version to another; raises ConfigError when the target holds no JSON object."""
    another = "Name another version: lmx secrets rollback --to VERSION"
    new = parse_content(f"{name}, version {target.version},", target, another)
    old = _content_or_nothing(name, current)
    every = new.keys() | old.keys()
    before = {**_version(current), **describe_content(old, every)}
    after = {**_version(target), **describe_content(new, every, old)}
    change = Change("secret", name, "update", before, after)
    return RollbackPlan(description, target.version, change, target.created, _warnings(old, new))


def carry_out_rollback(store: SecretStore, plan: RollbackPlan) -> None:
    """Move AWSCURRENT; raises LostRaceError when another version is current by now."""
    try:
        store.move_current(plan.description.arn, plan.version, away_from=plan.description.current)
    except LostRaceError:
        # The answer of the first try may have been lost, and this was boto3's second.
        description = store.read_description(plan.description.name)
        if description is None or description.current != plan.version:
            raise


def _version(value: SecretValue | None) -> dict[str, object]:
    if value is None:
        return {"version": None, "created": None}
    return {"version": value.version, "created": show_time(value.created)}


def _warnings(old: Content, new: Content) -> tuple[str, ...]:
    signing = old.get(WEBHOOK_SECRET)
    if not signing or signing in (new.get(WEBHOOK_SECRET), new.get(PREVIOUS_SECRET)):
        return ()
    told = (
        f"{WEBHOOK_SECRET} changes with it: receivers refuse what the present endpoint delivers, "
        "until lmx webhooks create --url URL has made it anew"
    )
    return (told,)


def _content_or_nothing(name: str, value: SecretValue | None) -> Content:
    # An unreadable current version is what a rollback is for.
    try:
        return {} if value is None else parse_content(name, value)
    except ConfigError:
        return {}


def _no_such_version(name: str, problem: str, versions: Sequence[SecretVersion]) -> UsageError:
    told = [
        f"{v.id} ({v.created:%Y-%m-%d %H:%M} UTC{', current' if 'AWSCURRENT' in v.labels else ''})" for v in versions
    ]
    more = f", and {len(told) - _SHOWN_VERSIONS} more" if len(told) > _SHOWN_VERSIONS else ""
    return UsageError(
        f"secret {name} can't be rolled back: {problem}",
        hint=f"Name one with --to: {', '.join(told[:_SHOWN_VERSIONS])}{more}",
        code="usage.version",
    )
