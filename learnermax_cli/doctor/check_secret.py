"""Check of the secret: there, readable, ours to write, its keys well-formed, of one mode and account."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from learnermax_cli.config import guard
from learnermax_cli.config.keys import PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET
from learnermax_cli.core.errors import ConfigError, Exit, GuardError
from learnermax_cli.doctor.model import Verdict, failed, failed_by, lmx, ok, warning
from learnermax_cli.secrets.access import read_stored, require_ours, require_readable
from learnermax_cli.secrets.content import describe_value
from learnermax_cli.secrets.model import SecretDescription
from learnermax_cli.secrets.plan_push import require_keys
from learnermax_cli.webhooks.model import WEBHOOK_PATH

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App

SECRET, SIGNING = "Secret", "Signing secret"


def check_secret(app: "App") -> Iterator[Verdict]:
    """Say what the secret holds, in words that give no value away; raises LmxError when it can't be read."""
    name = app.settings.secret_name
    stored = read_stored(app.secret_store, name)
    if stored is None:
        yield failed(SECRET, f"there is no secret {name}", lmx("secrets push", app), Exit.CONFIG)
        return
    require_readable(stored.description)
    guard.require_tag_fits(name, stored.description.environment, app.settings)
    values = {key: value for key, value in (stored.content or {}).items() if isinstance(value, str)}
    yield _keys_verdict(app, name, values)
    yield from _owner_verdicts(stored.description)
    yield from _signing_verdicts(app, name, values)
    configured = app.settings.stripe_secret_key
    if configured is not None and values.get(SECRET_KEY) not in (None, configured.reveal()):
        found = f"{SECRET_KEY} here is not the one in {name}, which the site uses"
        yield warning("Keys here and there", found, f"{lmx('secrets status', app)}; then push or pull")


def _keys_verdict(app: "App", name: str, values: Mapping[str, str]) -> Verdict:
    push = lmx("secrets push", app)
    try:
        keys = require_keys({key: values.get(key, "") for key in (SECRET_KEY, PUBLISHABLE_KEY)}, f"secret {name}")
    except ConfigError as error:
        return failed(SECRET, error.message, push, Exit.CONFIG)
    if keys.mode != app.settings.expected_mode:
        found = f"{name} holds {keys.mode} mode keys, environment {app.settings.environment} takes "
        found += f"{app.settings.expected_mode} mode keys"
        remedy = f"{push}, with {app.settings.expected_mode} mode keys"
        return failed(SECRET, found, remedy, Exit.GUARD)
    account, expected = keys.secret.account or keys.publishable.account, app.settings.stripe_account
    if None not in (account, expected) and account != expected:
        found = f"{name} holds keys of account {account}, but LMX_STRIPE_ACCOUNT is {expected}"
        return failed(SECRET, found, f"{push}, with keys of {expected}; or change LMX_STRIPE_ACCOUNT", Exit.GUARD)
    held = (f"{key} ({describe_value(key, values[key])})" for key in (SECRET_KEY, PUBLISHABLE_KEY))
    return ok(SECRET, f"{name} holds {' and '.join(held)}")


def _signing_verdicts(app: "App", name: str, values: Mapping[str, str]) -> Iterator[Verdict]:
    """Say what is wrong with the signing secret, which a push leaves as it is: `webhooks create` mends it."""
    mend = lmx(f"webhooks create --url https://HOST{WEBHOOK_PATH}", app)
    if not values.get(WEBHOOK_SECRET):
        found = f"{name} holds no {WEBHOOK_SECRET}: no receiver can tell Stripe's webhooks from others"
        yield warning(SIGNING, found, mend)
    elif describe_value(WEBHOOK_SECRET, values[WEBHOOK_SECRET]) != "webhook":
        yield failed(SIGNING, f"{WEBHOOK_SECRET} in {name} is no signing secret of Stripe's", mend, Exit.CONFIG)


def _owner_verdicts(description: SecretDescription) -> Iterator[Verdict]:
    try:
        require_ours(description)
    except GuardError as refusal:
        yield failed_by("Secret's writer", refusal)
