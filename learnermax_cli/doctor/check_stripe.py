"""Checks of Stripe: the key, its mode and account, what it may read, and the webhook endpoint."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from learnermax_cli.core.errors import CredentialsError, Exit, LmxError
from learnermax_cli.core.remedy import join
from learnermax_cli.doctor.model import Denial, Permission, Verdict, failed, failed_by, lmx, not_checked, ok, warning
from learnermax_cli.doctor.permissions import PERMISSIONS
from learnermax_cli.webhooks.endpoints import ListedEndpoints, read_endpoints
from learnermax_cli.webhooks.model import WEBHOOK_PATH
from learnermax_cli.webhooks.plan_endpoints import find_others

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

KEY, RIGHTS, ENDPOINT = "Stripe key", "Stripe permissions", "Webhook endpoint"


def check_key(app: "App") -> Iterator[Verdict]:
    """Say whose key this is; raises LmxError when it does not work, or is of another mode or account than it should."""
    key, identity = app.stripe_key, app.stripe_identity
    source = "configured here" if app.settings.stripe_secret_key else f"from secret {app.settings.secret_name}"
    yield ok(KEY, f"a {key.kind} key {source}, {identity.mode} mode, account {identity.account or 'unknown'}")


def check_rights(app: "App") -> Iterator[Verdict]:
    """Say what the key may not read, and which commands need that."""
    with ThreadPoolExecutor(len(PERMISSIONS)) as pool:
        probed = list(pool.map(lambda permission: _probe(app, permission), PERMISSIONS))
    flaws = [flaw for flaw in probed if flaw is not None]
    yield from flaws
    if flaws:
        return
    if app.stripe_key.kind == "restricted":
        writes = ", ".join(permission.title for permission in PERMISSIONS if permission.level == "Write")
        found = f"reads all that the commands need; whether it may write ({writes}) shows only when it does"
        yield ok(RIGHTS, found)
    else:
        yield ok(RIGHTS, "a secret key may do everything")


def _probe(app: "App", permission: Permission) -> Verdict | None:
    """Return what keeps the key from reading, None when nothing does; one that fails hides no other."""
    try:
        denial = app.stripe_probes.probe(permission)
    except LmxError as error:
        return failed_by(RIGHTS, error)
    return None if denial is None else _denied(denial)


def _denied(denial: Denial) -> Verdict:
    wanted = denial.permission
    name = f" ({denial.name})" if denial.name else ""
    return failed(
        RIGHTS,
        f"the key may not read {wanted.title}{name}, which these need: {wanted.commands}",
        f"Give it “{wanted.title}: {wanted.level}” in Stripe's dashboard, Developers > API keys.",
        Exit.CREDENTIALS,
    )


def check_endpoint(app: "App") -> Iterator[Verdict]:
    """Say whether Stripe delivers webhooks to this environment; raises LmxError when it does not tell."""
    environment = app.settings.environment
    try:
        read = read_endpoints(app)
    except CredentialsError as error:
        yield not_checked(ENDPOINT, error.message)
        return
    ours = [endpoint for endpoint in read.endpoints if endpoint.marker.is_ours(environment)]
    if not ours:
        found = f"none of environment {environment} is registered: payments wait for the next reconcile"
        yield failed(ENDPOINT, found, lmx(f"webhooks create --url https://HOST{WEBHOOK_PATH}", app), Exit.CONFIG)
    for url in sorted({endpoint.url for endpoint in ours}):
        yield _endpoint_verdict(app, url, read)
        for finding in find_others(read.endpoints, url, environment):
            yield warning(ENDPOINT, f"{url}: {finding.detail}", "Disable or delete that one in Stripe's dashboard.")


def _endpoint_verdict(app: "App", url: str, read: ListedEndpoints) -> Verdict:
    flaws = [flaw for endpoint in read.endpoints if endpoint.url == url for flaw in read.drift[endpoint.endpoint_id]]
    if not flaws and read.warnings:
        found = "; ".join((f"{url} is enabled for the right events", *read.warnings))
        return warning(ENDPOINT, found, "Mend what keeps the secret from being read, then run doctor again.")
    if not flaws:
        return ok(ENDPOINT, f"{url} is enabled for the right events")
    elsewhere = any(flaw.startswith("the host") for flaw in flaws)
    mend = lmx(f"webhooks create --url {url}", app)
    moved = f"{lmx(f'webhooks delete --url {url}', app)}; then webhooks create with the site's host"
    return failed(ENDPOINT, f"{url}: " + join("; ", flaws), moved if elsewhere else mend, Exit.CONFIG)
