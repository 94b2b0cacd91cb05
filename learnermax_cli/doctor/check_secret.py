"""Check of the secret: readable, ours to write, its keys well-formed, of one mode and account."""

from collections.abc import Iterator, Mapping

from learnermax_cli.config import guard
from learnermax_cli.config.keys import PUBLISHABLE_KEY, SECRET_KEY, WEBHOOK_SECRET
from learnermax_cli.config.settings import Settings
from learnermax_cli.core.errors import ConfigError, Exit, GuardError
from learnermax_cli.core.remedy import lmx
from learnermax_cli.doctor.model import CREATE_ENDPOINT, Verdict, failed, failed_by, ok, warning
from learnermax_cli.secrets.content import describe_value, read_stored, require_ours, require_readable
from learnermax_cli.secrets.model import SecretDescription, SecretStore
from learnermax_cli.secrets.plan_push import require_keys
from learnermax_cli.webhooks.endpoints import ASKS_FIRST

SECRET, SIGNING, CONFIGURED, OWNER = "Secret", "Signing secret", "Configured key", "Secret owner"
_PUSH = lmx("secrets push")


def check_secret(store: SecretStore, settings: Settings) -> Iterator[Verdict]:
    """Check what the secret holds, and show no value of it; raises LmxError when it can't be read."""
    name = settings.secret_name
    stored = read_stored(store, name)
    if stored is None:
        yield failed(SECRET, f"secret {name} does not exist", _PUSH, Exit.CONFIG)
        return
    require_readable(stored.description)
    guard.require_tag_fits(name, stored.description.environment, settings)
    values = {key: value.text for key, value in (stored.content or {}).items() if value.text is not None}
    yield _keys_verdict(settings, values)
    yield from _owner_verdicts(stored.description)
    yield from _signing_verdicts(name, values)
    configured = settings.stripe_secret_key
    if configured is not None and values.get(SECRET_KEY) not in (None, configured.reveal()):
        found = f"{SECRET_KEY} here differs from the one in {name}, which the site uses"
        yield warning(CONFIGURED, found, lmx("secrets status") + " (then push or pull)")


def _keys_verdict(settings: Settings, values: Mapping[str, str]) -> Verdict:
    name = settings.secret_name
    try:
        keys = require_keys({key: values.get(key, "") for key in (SECRET_KEY, PUBLISHABLE_KEY)}, f"secret {name}")
    except ConfigError as error:
        return failed(SECRET, error.message, _PUSH, Exit.CONFIG)
    mode = settings.expected_mode
    if keys.mode != mode:
        found = f"{name} holds {keys.mode} mode keys, environment {settings.environment} takes {mode} mode keys"
        return failed(SECRET, found, _PUSH + f", with {mode} mode keys", Exit.GUARD)
    account, expected = keys.secret.account or keys.publishable.account, settings.stripe_account
    if None not in (account, expected) and account != expected:
        found = f"{name} holds keys of account {account}, but LMX_STRIPE_ACCOUNT is {expected}"
        return failed(SECRET, found, _PUSH + f", with keys of {expected}; or change LMX_STRIPE_ACCOUNT", Exit.GUARD)
    held = (f"{key} ({describe_value(key, values[key])})" for key in (SECRET_KEY, PUBLISHABLE_KEY))
    return ok(SECRET, f"{name} holds {' and '.join(held)}")


def _signing_verdicts(name: str, values: Mapping[str, str]) -> Iterator[Verdict]:
    """Check the signing secret, which a push leaves as it is: `webhooks create` stores it."""
    if not values.get(WEBHOOK_SECRET):
        found = f"{name} has no {WEBHOOK_SECRET}: receivers cannot verify that webhooks come from Stripe"
        yield warning(SIGNING, found, CREATE_ENDPOINT)
    elif describe_value(WEBHOOK_SECRET, values[WEBHOOK_SECRET]) != "webhook":
        found = f"{WEBHOOK_SECRET} in {name} is not a signing secret"
        yield failed(SIGNING, found, CREATE_ENDPOINT + ASKS_FIRST, Exit.CONFIG)


def _owner_verdicts(description: SecretDescription) -> Iterator[Verdict]:
    try:
        require_ours(description)
    except GuardError as refusal:
        yield failed_by(OWNER, refusal)
