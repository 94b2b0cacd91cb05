"""Decides what to do about the endpoints of a URL; pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from learnermax_cli.config.keys import PREVIOUS_SECRET, WEBHOOK_SECRET
from learnermax_cli.config.values import ENVIRONMENTS
from learnermax_cli.core.errors import GuardError
from learnermax_cli.core.remedy import Advice, lmx
from learnermax_cli.planning.change import Change, Finding
from learnermax_cli.webhooks.model import EVENTS, MAX_ENDPOINTS, Endpoint, StoredSecrets, fingerprint
from learnermax_cli.webhooks.plan_url import same_url

_RETIRED = "last, once receivers have the new signing secret and nothing is undelivered"


@dataclass(frozen=True, slots=True)
class Wanted:
    """The endpoint that `webhooks create` was asked for; `api_version` is the SDK's."""

    url: str
    environment: str
    api_version: str
    secret_name: str
    roll: bool = False
    allow_other: bool = False
    gone: frozenset[str] = frozenset()
    """Fingerprints of signing secrets of ours whose endpoints another run may have deleted: nobody needs them."""


@dataclass(frozen=True, slots=True)
class Step:
    """One change, and how it is applied.

    `drop` deletes an endpoint whose signing secret is lost; `retire` deletes one that receivers accept, as the last
    step and only once nothing is lost by it.
    """

    how: Literal["create", "fix", "drop", "retire"]
    change: Change
    endpoint_id: str | None = None


@dataclass(frozen=True, slots=True)
class EndpointPlan:
    """What to do about the endpoints of a URL, in order."""

    steps: tuple[Step, ...] = ()
    replaces: tuple[str, ...] = ()
    """The ids of ours at the URL until now."""
    keeps_former: bool = False
    """Whether the stored signing secret is still needed, as the previous one, when a new one takes its place."""
    replaces_foreign: bool = False
    """Whether that one is of none of our endpoints at the URL, so that a person has to agree."""
    goes_on: bool = False
    """Whether another plan is due after this one."""

    @property
    def changes(self) -> tuple[Change, ...]:
        """The changes, in order."""
        return tuple(step.change for step in self.steps)


def ours_at(listed: Iterable[Endpoint], url: str, environment: str) -> list[Endpoint]:
    """Return our endpoints of a URL, the newest first."""
    ours = [e for e in listed if e.marker.is_ours(environment) and same_url(e.url, url)]
    return sorted(ours, key=lambda endpoint: (endpoint.created, endpoint.endpoint_id), reverse=True)


def others_at(listed: Iterable[Endpoint], url: str, environment: str) -> list[Endpoint]:
    """Return the endpoints of a URL that are not ours and deliver the same events a second time."""
    others = [e for e in listed if not e.marker.is_ours(environment) and same_url(e.url, url)]
    return [e for e in others if e.enabled and not {"*", *EVENTS}.isdisjoint(e.enabled_events)]


def is_foreign(ours: Iterable[Endpoint], secrets: StoredSecrets) -> bool:
    """Return whether the stored signing secret is of none of these endpoints."""
    return secrets.current is not None and not any(secrets.is_current_of(endpoint) for endpoint in ours)


def _is_foreign_to(wanted: Wanted, ours: Iterable[Endpoint], secrets: StoredSecrets) -> bool:
    current = secrets.current
    return is_foreign(ours, secrets) and current is not None and fingerprint(current) not in wanted.gone


def plan_create(listed: Sequence[Endpoint], secrets: StoredSecrets, wanted: Wanted) -> EndpointPlan:
    """Return the steps to one endpoint of ours whose secret is stored; raises GuardError when another is in the way."""
    ours = ours_at(listed, wanted.url, wanted.environment)
    head = next((e for e in ours if secrets.is_current_of(e)), None)
    former = [e for e in ours if e is not head and secrets.is_previous_of(e)]
    lost = [e for e in ours if e is not head and e not in former]
    stale = head is not None and head.api_version != wanted.api_version
    # An unfinished replacement is finished first: its former secret must not be overwritten before.
    new = head is None or (not former and (stale or wanted.roll))
    drops = [_deletion("drop", e, wanted.url, _why_lost(e, secrets)) for e in lost]
    if not new:
        assert head is not None
        steps = (*_fix(head), *drops, *(_deletion("retire", e, wanted.url, _RETIRED) for e in former))
        return EndpointPlan(steps, goes_on=stale)
    elsewhere = [e for e in listed if e.marker.is_ours(wanted.environment) and e not in ours]
    relying = [e for e in elsewhere if secrets.is_current_of(e)]
    foreign = _is_foreign_to(wanted, ours, secrets)
    keeps_former = foreign or (not former and bool(head is not None or relying))
    _require_alone(listed, relying or [e for e in elsewhere if keeps_former and secrets.is_previous_of(e)], wanted)
    retired = former if head is None else [head]
    creation = Step("create", _creation(ours, head, secrets, wanted))
    # The new one first, so that there is always an endpoint; unless the limit of endpoints is reached.
    first = [*drops, creation] if len(listed) >= MAX_ENDPOINTS else [creation, *drops]
    return EndpointPlan(
        steps=(*first, *(_deletion("retire", e, wanted.url, _RETIRED) for e in retired)),
        replaces=tuple(e.endpoint_id for e in ours),
        keeps_former=keeps_former,
        replaces_foreign=foreign,
    )


def plan_delete(listed: Sequence[Endpoint], url: str, environment: str) -> EndpointPlan:
    """Return the deletion of our endpoints of a URL; raises GuardError where there are only those of others."""
    ours = ours_at(listed, url, environment)
    if not ours and (others := [e for e in listed if same_url(e.url, url)]):
        raise GuardError(
            f"{others[0].endpoint_id} at {others[0].url} {_whose(others[0])}: it is not deleted",
            hint="Delete it in Stripe's dashboard" + _or_delete(others[0]),
            code="guard.other_endpoint",
        )
    return EndpointPlan(tuple(_deletion("drop", e, e.url) for e in ours))


def _or_delete(other: Endpoint) -> str:
    delete = _delete(other)
    return "." if delete is None else ", or: " + delete


def _delete(other: Endpoint) -> Advice | None:
    """Return the command that deletes an endpoint of another environment of lmx."""
    marker = other.marker
    if not marker.managed or marker.environment not in ENVIRONMENTS:
        return None
    return lmx("webhooks delete", "-e", marker.environment, "--url", other.url, own_environment=True)


def find_others(listed: Iterable[Endpoint], url: str, environment: str) -> tuple[Finding, ...]:
    """Return a finding for each other endpoint that delivers every event a second time."""
    return tuple(
        Finding(
            "other endpoint", e.url, f"{e.endpoint_id} {_whose(e)} and delivers each event a second time", _delete(e)
        )
        for e in others_at(listed, url, environment)
    )


def differing_events(endpoint: Endpoint) -> tuple[list[str], list[str]]:
    """Return the events that an endpoint misses, and those beyond ours."""
    events = set(endpoint.enabled_events)
    missing = [] if "*" in events else [event for event in EVENTS if event not in events]
    return missing, sorted(events.difference(EVENTS))


def _require_alone(listed: Sequence[Endpoint], relying: Sequence[Endpoint], wanted: Wanted) -> None:
    if wanted.allow_other:
        return
    if others := others_at(listed, wanted.url, wanted.environment):
        raise GuardError(
            f"{others[0].endpoint_id} at this URL {_whose(others[0])}: each event would be delivered twice",
            hint="Disable or delete it in Stripe's dashboard, or pass --allow-other.",
            code="guard.other_endpoint",
        )
    if relying:
        raise GuardError(
            f"{relying[0].endpoint_id} at {relying[0].url} uses the signing secret that would be replaced",
            hint="Delete it first (" + lmx("webhooks delete", "--url", relying[0].url) + "), or pass --allow-other: "
            "its secret is then kept as the previous one.",
            code="guard.other_endpoint",
        )


def _creation(ours: Sequence[Endpoint], head: Endpoint | None, secrets: StoredSecrets, wanted: Wanted) -> Change:
    place = f"{WEBHOOK_SECRET} in {'' if secrets.exists else 'a new secret, '}{wanted.secret_name}"
    if foreign := _is_foreign_to(wanted, ours, secrets):
        place += f"; the one stored there becomes {PREVIOUS_SECRET}"
    after = {"events": list(EVENTS), "api_version": wanted.api_version, "signing_secret": place}
    if not ours:
        reason = "replaces a signing secret that is not this endpoint's" if foreign else None
        return Change("endpoint", wanted.url, "create", None, after, reason)
    if head is None:
        reason = _why_lost(ours[0], secrets)
    else:
        version = head.api_version or "the account's default"
        reason = "a new signing secret" if wanted.roll else f"its API version is {version}"
    before = {"endpoints": [e.endpoint_id for e in ours], "api_version": ours[0].api_version}
    return Change("endpoint", wanted.url, "replace", before, after, reason)


def _fix(head: Endpoint) -> tuple[Step, ...]:
    before: dict[str, object] = {}
    after: dict[str, object] = {}
    if not head.enabled:
        before["enabled"], after["enabled"] = False, True
    if any(differing_events(head)):
        before["events"], after["events"] = sorted(head.enabled_events), list(EVENTS)
    if not after:
        return ()
    return (Step("fix", Change("endpoint", head.url, "update", before, after), head.endpoint_id),)


def _deletion(how: Literal["drop", "retire"], endpoint: Endpoint, url: str, reason: str | None = None) -> Step:
    before = {"endpoint": endpoint.endpoint_id, "api_version": endpoint.api_version}
    return Step(how, Change("endpoint", url, "delete", before, None, reason), endpoint.endpoint_id)


def why_secret(endpoint: Endpoint, secrets: StoredSecrets) -> str | None:
    """Return what is wrong with an endpoint's signing secret, None when receivers accept it."""
    if endpoint.stored is None:
        return "its signing secret was never stored"
    if secrets.is_current_of(endpoint) or secrets.is_previous_of(endpoint):
        return None
    return "its signing secret is not the stored one"


def _why_lost(endpoint: Endpoint, secrets: StoredSecrets) -> str:
    return why_secret(endpoint, secrets) or "another one replaces it"


def _whose(endpoint: Endpoint) -> str:
    if endpoint.marker.managed:
        return f"is lmx's of environment {endpoint.marker.environment}"
    return "is not lmx's"
