"""What the journal of the sandbox says that runs needed: actions of AWS, permissions of a restricted Stripe key."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from docs.make_permissions import by_resource
from docs.permissions import Row
from learnermax_cli.doctor.check_stripe import PERMISSIONS
from learnermax_cli.sandbox.stripe_api.expand import expanded_kinds
from learnermax_cli.sandbox.stripe_api.routes import ROUTES
from tests.running import Sandbox

_ROUTES = {route.operation: route for route in ROUTES}
TITLES = {_ROUTES[f"GET {permission.path}"].resource: permission.title for permission in PERMISSIONS}
"""Stripe's name in the Dashboard for what the sandbox asks a permission for."""
_RESOURCES = {"secretsmanager": "secret", "sns": "topic", "sqs": "queue"}
# AWS asks for it where a secret is made with tags, as lmx does [doc "CreateSecret"].
_IMPLIED = {"secretsmanager:CreateSecret": "secretsmanager:TagResource"}
FREE = {"sts", "account"}
"""What needs no permission (GetCallerIdentity), and what no restricted key may be given (the account)."""


@dataclass(frozen=True, slots=True)
class Calls:
    """What was needed: resource and action of AWS; name and level at Stripe."""

    aws: frozenset[tuple[str, str]]
    stripe: Mapping[str, str]


def read_calls(entries: Iterable[Mapping[str, Any]]) -> Calls:
    """Return what the entries of the journal needed, each permission in the highest level."""
    aws: set[tuple[str, str]] = set()
    stripe: dict[str, str] = {}
    for entry in entries:
        if entry["service"] == "stripe":
            for title, level in _of_stripe(entry):
                stripe[title] = "Write" if "Write" in (level, stripe.get(title)) else "Read"
        elif entry["service"] not in FREE:
            aws |= set(_of_aws(entry))
    return Calls(frozenset(aws), stripe)


def _of_stripe(entry: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Yield permissions; what is expanded needs its own to read [doc "Object permissions"]."""
    route = _ROUTES[entry["operation"]]
    if route.resource not in FREE:
        yield TITLES[route.resource], "Write" if route.write else "Read"
    for kind in expanded_kinds(entry["params"].get("expand", {}).values(), route.kind):
        yield TITLES[kind], "Read"


def _of_aws(entry: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    service, params = entry["service"], entry["params"]
    resource = _RESOURCES.get(service) or params.get("index", "table")
    action = f"{service}:{entry['operation']}"
    yield resource, action
    if action in _IMPLIED:
        yield resource, _IMPLIED[action]


def least_key(sandbox: Sandbox, row: Row) -> str:
    """Make a restricted key that may do what a row says, and no more; return it."""
    permissions = row.permissions
    levels = {resource: permissions[title].lower() for resource, title in TITLES.items() if title in permissions}
    return str(sandbox.control.add_key(kind="restricted", permissions=levels)["value"])


def require_equal(row: Row, entries: Sequence[Mapping[str, Any]], *beside: Row) -> None:
    """Assert that runs asked for what a row says, and those beside it, and that nothing was refused."""
    assert set() == {entry["operation"] for entry in entries if entry["status"] == 403} - {"GET /v1/account"}
    made = read_calls(entries)
    actions = row.actions.union(*(other.actions for other in beside))
    assert (by_resource(actions), row.permissions) == (by_resource(made.aws), made.stripe)
