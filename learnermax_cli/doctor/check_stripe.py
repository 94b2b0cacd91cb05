"""Checks of Stripe: the key, its mode and account, what it may read, and the webhook endpoint."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from learnermax_cli.config.keys import StripeKey
from learnermax_cli.config.settings import Settings
from learnermax_cli.core.errors import CredentialsError, Exit, LmxError
from learnermax_cli.core.remedy import join, lmx
from learnermax_cli.doctor.model import (
    Permission,
    StripeProber,
    Verdict,
    example_url,
    failed,
    failed_by,
    not_checked,
    ok,
    warning,
)
from learnermax_cli.planning.report import StripeIdentity
from learnermax_cli.webhooks.endpoints import REPLACES, EndpointsJob, ListedEndpoints, create_again, read_endpoints
from learnermax_cli.webhooks.plan_endpoints import find_others, is_foreign, ours_at

KEY, RIGHTS, ENDPOINT = "Stripe key", "Stripe permissions", "Webhook endpoint"
_SALES = "enrollments create|reconcile|release|keep, students show, webhooks create|serve|replay"
# [doc "API keys", restricted keys]; refunds go with charges, there is no permission of their own.
PERMISSIONS = (
    Permission("Products", "/v1/products", "products sync|list, checkout create|link, enrollments create", "Write"),
    Permission("Prices", "/v1/prices", "products sync|list, checkout create|link, enrollments create", "Write"),
    Permission("Checkout Sessions", "/v1/checkout/sessions", f"checkout create|show|expire, {_SALES}", "Write"),
    Permission("Payment Links", "/v1/payment_links", "products sync, checkout link", "Write"),
    Permission("PaymentIntents", "/v1/payment_intents", f"checkout create, {_SALES}"),
    Permission("Charges and Refunds", "/v1/charges", f"checkout create, {_SALES}"),
    Permission("Disputes", "/v1/disputes", f"checkout create, {_SALES}"),
    Permission("Customers", "/v1/customers", "students show"),
    Permission("Events", "/v1/events", "students show, webhooks create|replay"),
    Permission("Webhook Endpoints", "/v1/webhook_endpoints", "webhooks create|list|delete", "Write"),
)
"""What the commands need by docs/permissions.py, as a test asserts; the level is that of a run without options."""


def check_key(key: StripeKey, identity: StripeIdentity, settings: Settings) -> Iterator[Verdict]:
    """Report whose key this is."""
    source = "configured here" if settings.stripe_secret_key else f"from secret {settings.secret_name}"
    yield ok(KEY, f"a {key.kind} key {source}, {identity.mode} mode, account {identity.account or 'unknown'}")


def check_rights(key: StripeKey, prober: StripeProber) -> Iterator[Verdict]:
    """Check what the key may read, and name the commands that need what it may not."""
    with ThreadPoolExecutor(len(PERMISSIONS)) as pool:
        flaws = [flaw for flaw in pool.map(lambda permission: _probe(prober, permission), PERMISSIONS) if flaw]
    yield from flaws
    if not flaws and key.kind == "restricted":
        writes = ", ".join(permission.title for permission in PERMISSIONS if permission.level == "Write")
        found = f"it may read all that the commands need; whether it may write ({writes}) cannot be checked"
        yield ok(RIGHTS, found)
    elif not flaws:
        yield ok(RIGHTS, "a secret key may do everything")


def _probe(prober: StripeProber, permission: Permission) -> Verdict | None:
    """Return why the key may not read, None when it may; a failure of one probe hides no other."""
    try:
        denial = prober.probe(permission)
    except LmxError as error:
        return failed_by(RIGHTS, error)
    if denial is None:
        return None
    name = f" ({denial.name})" if denial.name else ""
    found = f"the key may not read {permission.title}{name}, which these need: {permission.commands}"
    remedy = f"Give it “{permission.title}: {permission.level}” in Stripe's dashboard, Developers > API keys."
    return failed(RIGHTS, found, remedy, Exit.CREDENTIALS)


def check_endpoint(job: EndpointsJob) -> Iterator[Verdict]:
    """Check that Stripe delivers webhooks to this environment; raises LmxError when the endpoints can't be read."""
    environment = job.settings.environment
    try:
        read = read_endpoints(job)
    except CredentialsError as error:
        yield not_checked(ENDPOINT, error.message)
        return
    urls = sorted({endpoint.url for endpoint in read.endpoints if endpoint.marker.is_ours(environment)})
    if not urls:
        found = f"no endpoint of environment {environment} is registered: payments wait for the next reconcile"
        if read.secrets is not None and is_foreign((), read.secrets):
            found += f"; registering one {REPLACES}"
        yield failed(ENDPOINT, found, create_again(example_url(environment), (), read.secrets), Exit.CONFIG)
    for url in urls:
        yield _endpoint_verdict(url, read, environment)
        for finding in find_others(read.endpoints, url, environment):
            yield warning(ENDPOINT, f"{url}: " + finding.detail, "Disable or delete that one in Stripe's dashboard.")


def _endpoint_verdict(url: str, read: ListedEndpoints, environment: str) -> Verdict:
    flaws = [flaw for endpoint in read.endpoints if endpoint.url == url for flaw in read.drift[endpoint.endpoint_id]]
    if not flaws and read.warnings:
        found = join("; ", (f"{url} is enabled for the right events", *read.warnings))
        return warning(ENDPOINT, found, "Make the secret readable, then run " + lmx("doctor") + " again.")
    if not flaws:
        return ok(ENDPOINT, f"{url} is enabled for the right events")
    remedy = create_again(url, ours_at(read.endpoints, url, environment), read.secrets)
    if any(flaw.startswith("the host") for flaw in flaws):
        again = create_again(example_url(environment), (), read.secrets)
        remedy = lmx("webhooks delete", "--url", url) + " && " + again
    return failed(ENDPOINT, f"{url}: " + join("; ", flaws), remedy, Exit.CONFIG)
