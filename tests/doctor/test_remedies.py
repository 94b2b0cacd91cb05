"""What doctor says to do mends what it found: each remedy is carried out as it stands, on a terminal, with a yes."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
import stripe

from tests.checkout.worlds import enrollment_item, now
from tests.doctor.worlds import PREVIEW, SECRET_NAME, Examined, examine, keys_of, live_key, put_secret, restricted_key
from tests.items import course_item
from tests.running import Sandbox
from tests.sampling import sampled
from tests.terminals import show

Env = Mapping[str, str | None]
Break = Callable[[Sandbox], Env]
SITE_URL = "https://api.learnermax.example/api/webhooks/stripe"
_COMMAND = re.compile(r"\blmx [^,;()&]*[^,;()&.\s]")
_SETTING = re.compile(r"\b([A-Z_]{2,}=[^\s,]+)")


def put(sandbox: Sandbox, item: dict[str, Any]) -> Env:
    """Put an item into preview's table."""
    sandbox.dynamodb("preview").put_item(Item=item)
    return {}


def ago(sandbox: Sandbox, span: timedelta) -> str:
    """Return a past time as the site writes it."""
    return (now(sandbox) - span).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def stored(content: Mapping[str, str | None], tag: str = "preview") -> Break:
    """Return what puts the secret in place, some of its keys replaced or left out."""

    def break_it(sandbox: Sandbox) -> Env:
        put_secret(sandbox, keys_of(sandbox, **content), tag)
        return {}

    return break_it


def broken_version(sandbox: Sandbox) -> Env:
    """Put a text that is no JSON over a secret that was right."""
    put_secret(sandbox, keys_of(sandbox))
    sandbox.secretsmanager().put_secret_value(SecretId=SECRET_NAME, SecretString="not JSON")
    return {}


def deleted(sandbox: Sandbox) -> Env:
    """Schedule the secret for deletion."""
    put_secret(sandbox, keys_of(sandbox))
    sandbox.secretsmanager().delete_secret(SecretId=SECRET_NAME)
    return {}


def live(sandbox: Sandbox) -> Env:
    """Store live mode keys."""
    names = {"STRIPE_SECRET_KEY": "secret", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": "publishable"}
    return stored({name: live_key(sandbox, kind) for name, kind in names.items()})(sandbox)


def of_another_account(*kinds: str) -> Break:
    """Return what stores keys of another account, of these kinds."""
    names = {"secret": "STRIPE_SECRET_KEY", "publishable": "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"}

    def break_it(sandbox: Sandbox) -> Env:
        account, keys = "new", {}
        for kind in kinds:
            made = sandbox.control.add_key(kind=kind, mode="test", account=account)
            account, keys[names[kind]] = str(made["account"]), str(made["value"])
        stored(keys)(sandbox)
        return {"LMX_STRIPE_ACCOUNT": sandbox.info.stripe_account}

    return break_it


def endpoint(url: str = SITE_URL, **fields: object) -> Break:
    """Return what registers an endpoint of ours whose signing secret is stored nowhere."""

    def break_it(sandbox: Sandbox) -> Env:
        params: dict[str, Any] = {"url": url, "enabled_events": ["*"], "api_version": stripe.api_version}
        made = sandbox.stripe().v1.webhook_endpoints.create(
            {**params, "metadata": {"managedBy": "lmx", "environment": "preview"}, **fields}  # type: ignore[typeddict-item]
        )
        sandbox.stripe().v1.webhook_endpoints.update(made.id, {"disabled": True})
        return {}

    return break_it


# By the check, then what breaks it.
FLAWS: dict[str, tuple[str, Break]] = {
    "names of two environments": ("Environment", lambda _: {"LMX_STRIPE_SECRET_NAME": "learnermax/stripe-keys-prod"}),
    "no secret": ("Secret", lambda _: {}),
    "secret to be deleted": ("Secret", deleted),
    "secret that is no JSON": ("Secret", broken_version),
    "secret without a key": ("Secret", stored({"NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": None})),
    "secret with nonsense": ("Secret", stored({"STRIPE_SECRET_KEY": "nonsense"})),
    "secret with live keys": ("Secret", live),
    "secret of two accounts": ("Secret", of_another_account("publishable")),
    "secret of another account": ("Secret", of_another_account("secret", "publishable")),
    "secret with another tag": ("Secret", stored({}, tag="prod")),
    "no key": ("Stripe key", lambda _: {"STRIPE_SECRET_KEY": None}),
    "other key than the stored one": (
        "Configured key",
        lambda sandbox: stored(
            {"STRIPE_SECRET_KEY": str(sandbox.control.add_key(kind="secret", mode="test")["value"])}
        )(sandbox),
    ),
    "no signing secret": ("Signing secret", stored({"STRIPE_WEBHOOK_SECRET": None})),
    "signing secret that is none": ("Signing secret", stored({"STRIPE_WEBHOOK_SECRET": "nonsense"})),
    "no endpoint": ("Webhook endpoint", lambda _: {}),
    "endpoint that drifted": ("Webhook endpoint", endpoint()),
    "endpoint of another site": ("Webhook endpoint", endpoint("https://elsewhere.example/api/webhooks/stripe")),
    "catalog that drifted": ("Catalog", lambda sandbox: put(sandbox, course_item("a", "19.99"))),
    "old pending enrollment": (
        "Pending enrollments",
        lambda sandbox: put(sandbox, enrollment_item("u", enrolledAt=ago(sandbox, timedelta(hours=25)))),
    ),
    "event that is owed": (
        "Events owed",
        lambda sandbox: put(
            sandbox,
            enrollment_item(
                "u",
                paymentStatus="completed",
                enrollmentEvent={"run": "r", "at": ago(sandbox, timedelta(minutes=11))},
            ),
        ),
    ),
    "no site": ("FRONTEND_URL", lambda _: {"FRONTEND_URL": None}),
    "site without https": ("FRONTEND_URL", lambda _: {"FRONTEND_URL": "http://preview.learnermax.example"}),
}


def of_others(sandbox: Sandbox) -> Env:
    """Let lmx register an endpoint, and somebody else the same once more."""
    assert 0 == sandbox.run("webhooks", "create", "--url", SITE_URL, env=PREVIEW).returncode
    sandbox.stripe().v1.webhook_endpoints.create({"url": SITE_URL, "enabled_events": ["*"]})
    return {}


def delete_theirs(sandbox: Sandbox) -> Env:
    """Delete what has no marker."""
    endpoints = sandbox.stripe().v1.webhook_endpoints
    [theirs] = [found for found in endpoints.list().data if not found.metadata.to_dict()]
    endpoints.delete(theirs.id)
    return {}


def rotated(sandbox: Sandbox) -> Env:
    """Turn rotation on."""
    put_secret(sandbox, keys_of(sandbox))
    sandbox.secretsmanager().rotate_secret(SecretId=SECRET_NAME, RotationRules={"AutomaticallyAfterDays": 30})
    return {}


def keep_elsewhere(sandbox: Sandbox) -> Env:
    """Keep the keys in another secret."""
    name = {"LMX_STRIPE_SECRET_NAME": "learnermax/our-stripe-keys"}
    assert 0 == sandbox.run("secrets", "push", env={**PREVIEW, **name}).returncode
    return name


def revoked(sandbox: Sandbox) -> Env:
    """Use a key that is revoked."""
    key = str(sandbox.control.add_key(kind="secret", mode="test")["value"])
    sandbox.control.set_key_status(key, "revoked")
    return {"STRIPE_SECRET_KEY": key}


# Where the remedy is something to do in Stripe's dashboard, or to name another of.
BY_HAND: dict[str, tuple[str, Break, Break]] = {
    "endpoint of somebody else": ("Webhook endpoint", of_others, delete_theirs),
    "secret that rotates": ("Secret owner", rotated, keep_elsewhere),
    "key that is revoked": (
        "Stripe key",
        revoked,
        lambda sandbox: {"STRIPE_SECRET_KEY": str(sandbox.control.add_key(kind="secret", mode="test")["value"])},
    ),
    "key without a permission": (
        "Stripe permissions",
        lambda sandbox: {"STRIPE_SECRET_KEY": restricted_key(sandbox, "event")},
        lambda sandbox: {"STRIPE_SECRET_KEY": restricted_key(sandbox)},
    ),
    "no topic": (
        "Topic",
        lambda _: {"TRANSACTIONAL_EMAIL_TOPIC_ARN": None},
        lambda sandbox: {"TRANSACTIONAL_EMAIL_TOPIC_ARN": sandbox.env["TRANSACTIONAL_EMAIL_TOPIC_ARN"]},
    ),
}
# What the sentence around a command asks for besides.
IN_WORDS = {
    "old pending enrollment": ["lmx enrollments reconcile --release-expired"],
    "other key than the stored one": ["lmx secrets push"],
}


def verdict(examined: Examined, check: str) -> tuple[str, str]:
    """Return the worst status of a check with its remedy; a check with nothing to say is fine."""
    rows = [row for row in examined.report["items"] if row["check"] == check]
    worst = next((row for row in rows if row["status"] != "ok"), None)
    return ("ok", "") if worst is None else (worst["status"], str(worst["remedy"]))


@pytest.mark.parametrize("flaw", sampled(FLAWS, 5))
def test_remedy_mends(sandbox: Sandbox, flaw: str) -> None:
    """Commands are run and settings made; then doctor has nothing more to say of it."""
    check, break_it = FLAWS[flaw]
    env = {**PREVIEW, **break_it(sandbox)}
    status, remedy = verdict(examine(sandbox, env), check)
    assert status in ("failed", "warning")
    made = dict(setting.replace("…", "site.example").split("=", 1) for setting in _SETTING.findall(remedy))
    commands = [*_COMMAND.findall(remedy), *IN_WORDS.get(flaw, ())]
    assert commands or made, remedy
    for command in commands:
        run_on_terminal(sandbox, env, command)
    assert ("ok", "") == verdict(examine(sandbox, {**env, **made}), check), (remedy, json.dumps(commands))


@pytest.mark.parametrize("flaw", BY_HAND)
def test_remedy_by_hand_mends(sandbox: Sandbox, flaw: str) -> None:
    """What it says is done where it says; a command that it names after that is run."""
    check, break_it, mend = BY_HAND[flaw]
    env = {**PREVIEW, **break_it(sandbox)}
    status, remedy = verdict(examine(sandbox, env), check)
    assert (True, True) == (status in ("failed", "warning"), bool(remedy))
    mended = {**env, **mend(sandbox)}
    for command in _COMMAND.findall(remedy):
        run_on_terminal(sandbox, mended, command)
    assert ("ok", "") == verdict(examine(sandbox, mended), check), remedy


def run_on_terminal(sandbox: Sandbox, env: Env, command: str) -> None:
    """Run a command that doctor named, on a terminal with a yes; without a configured key it has a file's."""
    words = command.replace("HOST", "api.learnermax.example").split()[1:]
    given = {name: value for name, value in {**sandbox.env, **env}.items() if value is not None}
    if "STRIPE_SECRET_KEY" not in given:
        keys = keys_of(sandbox, STRIPE_WEBHOOK_SECRET=None)
        (sandbox.cwd / ".env.local").write_text("".join(f"{name}={value}\n" for name, value in keys.items()))
    shown = show(*words, env=given, cwd=sandbox.cwd, columns=200, answer="y")
    assert 0 == shown.exit_code, shown.text
