"""Endpoints, receivers and the sandbox itself, where lmx refuses."""

from collections.abc import Mapping

from tests.failures.model import HOSTILE, PREVIEW, URL, Failure, World, all_of
from tests.failures.worlds import paid
from tests.running import Sandbox
from tests.secrets.support import NAME, api_keys, create_secret

_SESSIONS = "Name a session as this lists them: lmx enrollments list --status pending -e sandbox"
_PAID = "Name the session of a payment, as this lists them: lmx enrollments list -e sandbox"
_AMOUNT = "Give it in major units, such as 10.00."
_SITE: Mapping[str, str | None] = {**PREVIEW, "FRONTEND_URL": "https://learnermax.example"}


def _keys(sandbox: Sandbox) -> None:
    create_secret(sandbox, api_keys(sandbox))


def _endpoint(**metadata: str) -> World:
    def world(sandbox: Sandbox) -> dict[str, str]:
        made = sandbox.stripe().v1.webhook_endpoints.create({"url": URL, "enabled_events": ["*"], "metadata": metadata})
        return {"endpoint": made.id}

    return all_of(_keys, world)


def _registered(sandbox: Sandbox) -> dict[str, str]:
    assert 0 == sandbox.run("webhooks", "create", "--url", URL).returncode
    (endpoint,) = sandbox.stripe().v1.webhook_endpoints.list()
    return {"endpoint": endpoint.id}


WEBHOOKS = (
    Failure(
        "webhooks create --url https://user:word@host.example/",
        2,
        "the URL of --url holds a user name or password",
        "Give it as https://HOST/api/webhooks/stripe; http is for this machine and -e sandbox alone.",
        env=_SITE,
    ),
    Failure(
        f"webhooks create --url {URL} --overlap 48h",
        2,
        "--overlap is '48h', not between 0s and 24h",
        "Give a duration such as 90s, 5m or 0s.",
    ),
    Failure(
        f"webhooks create --url {URL}",
        5,
        "$endpoint at this URL is not lmx's: each event would be delivered twice",
        "Disable or delete it in Stripe's dashboard, or pass --allow-other.",
        _endpoint(),
        _SITE,
    ),
    Failure(
        "webhooks create --url https://two.learnermax.example/api/webhooks/stripe",
        5,
        f"$endpoint at {URL} uses the signing secret that would be replaced",
        f"Delete it first (lmx webhooks delete --url {URL}), or pass --allow-other: its secret is then "
        "kept as the previous one.",
        _registered,
    ),
    Failure(
        f"webhooks delete --url {URL}",
        5,
        f"$endpoint at {URL} is not lmx's: it is not deleted",
        "Delete it in Stripe's dashboard.",
        _endpoint(),
        _SITE,
    ),
    Failure(
        f"webhooks delete --url {URL} -e preview",
        5,
        f"$endpoint at {URL} is lmx's of environment prod: it is not deleted",
        f"Delete it in Stripe's dashboard, or: lmx webhooks delete -e prod --url {URL}",
        _endpoint(managedBy="lmx", environment="prod"),
        _SITE,
    ),
    Failure(
        "webhooks serve --path '$hostile'",
        2,
        "'$harmless' can't be the path of deliveries",
        "Give --path such as /api/webhooks/stripe.",
    ),
    Failure(
        "webhooks serve --port 0",
        3,
        f"STRIPE_WEBHOOK_SECRET is neither configured nor in secret {NAME}",
        "Register the endpoint: lmx webhooks create --url URL",
    ),
    Failure(
        "webhooks replay --since 40d",
        2,
        "--since 40d is too long ago: Stripe keeps events for 30 days",
        "For older payments: lmx enrollments reconcile --since 40d",
    ),
)
SANDBOX = (
    Failure("sandbox pay 'cs_[red]\x1b'", 1, "no such checkout.session: cs_[red]\\x1b", _SESSIONS),
    Failure("sandbox expire $session", 1, "this session is complete", _SESSIONS, paid),
    Failure(
        "sandbox refund $session --amount '$hostile'", 2, f"--amount is {HOSTILE!r}, no amount in usd", _AMOUNT, paid
    ),
    Failure("sandbox refund $session --amount 0", 2, "--amount is '0', not positive", _AMOUNT, paid),
    Failure("sandbox settle $session", 1, "no payment of this session is processing", _SESSIONS, paid),
    Failure("sandbox promo SUMMER", 2, "give either --percent-off or --amount-off", "Such as --percent-off 20."),
    Failure("sandbox promo SUMMER --amount-off 5.001", 2, "--amount-off is '5.001', no amount in usd", _AMOUNT),
    Failure(
        "sandbox promo 'A B' --amount-off 5",
        1,
        "A promotion code has letters, digits and dashes only.",
        "A code has letters, digits and dashes, and is made once.",
    ),
    Failure("sandbox dispute cs_none", 1, "no such checkout.session: cs_none", _PAID),
    Failure(
        "sandbox clock --advance '$hostile'",
        2,
        f"--advance is {HOSTILE!r}, not a duration",
        "Give a duration such as 90s, 30m, 25h or 3d.",
    ),
    Failure(
        "sandbox clock --advance 367d",
        2,
        "--advance is '367d', not between 0s and 366d",
        "Give a duration such as 90s, 30m, 25h or 3d.",
    ),
    Failure(
        "sandbox trigger charge.failed",
        2,
        "charge.failed cannot be triggered",
        "Events that can: checkout.session.completed, checkout.session.async_payment_succeeded, "
        "checkout.session.async_payment_failed, checkout.session.expired",
    ),
    Failure(
        "sandbox trigger checkout.session.completed --course nope",
        1,
        "course nope not found",
        "List the courses: lmx courses list -e sandbox",
    ),
    Failure(
        "sandbox trigger checkout.session.completed",
        1,
        "no paid course of the sandbox is synced, so there is nothing to buy",
        "Run lmx courses seed -e sandbox, then lmx products sync -e sandbox.",
    ),
    Failure(
        "sandbox status",
        3,
        "no sandbox is running",
        "Start one: lmx sandbox start",
        env={"LMX_SANDBOX_HOME": "/nowhere"},
    ),
)
FAILURES = (*WEBHOOKS, *SANDBOX)
