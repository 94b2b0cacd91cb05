"""`secrets push` from end to end: find the keys, check them, plan, confirm, write, report."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from learnermax_cli.config import guard
from learnermax_cli.planning.change import planned
from learnermax_cli.planning.report import Changes, Report, StripeIdentity
from learnermax_cli.secrets.apply_push import Push, PushRequest
from learnermax_cli.secrets.check import PushKeys, require_keys, require_same_account
from learnermax_cli.secrets.confirm import require_yes
from learnermax_cli.secrets.push_report import plan_line, push_report
from learnermax_cli.secrets.source import find_keys

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.secrets.plan_push import PushPlan


@dataclass(frozen=True, slots=True)
class PushOptions:
    """What `secrets push` was asked to do."""

    dry_run: bool = False
    yes: bool = False
    prune: bool = False
    restore: bool = False
    kms_key_id: str | None = None
    allow_mode_mismatch: bool = False
    verify: bool = True


def run_push(app: "App", options: PushOptions) -> Report:
    """Return the report of a push; every check comes before the first write."""
    settings = app.settings
    source = find_keys(settings, app.flags, app.environ)
    app.console.note(f"Stripe keys from {source.name}.")
    keys = require_keys(source.values, source.name)
    if not options.allow_mode_mismatch:
        guard.require_pushed_mode(keys.mode, settings)
    report = Report(
        "secrets push",
        settings.environment,
        Changes(),
        dry_run=options.dry_run,
        stripe=_identify(app, keys, verify=options.verify),
        extra={"secret": settings.secret_name, "source": source.name},
    )
    push = Push(app.secret_store, _request(app, keys, options))

    def approve(plan: "PushPlan") -> None:
        changes = planned([] if plan.change is None else [plan.change])
        shown = replace(report, body=Changes(changes), warnings=push.warnings(), summary_line=plan_line(plan))
        require_yes(app, shown, f"Replace what {settings.secret_name} holds?", yes=options.yes)

    return push_report(report, push.preview() if options.dry_run else push.carry_out(approve, app.interrupt))


def _request(app: "App", keys: PushKeys, options: PushOptions) -> PushRequest:
    return PushRequest(
        app.settings.secret_name,
        app.settings.environment,
        keys.values(),
        prune=options.prune,
        restore=options.restore,
        kms_key_id=options.kms_key_id,
    )


def _identify(app: "App", keys: PushKeys, *, verify: bool) -> StripeIdentity:
    """Return whose keys these are, asked at Stripe unless told not to; raises LmxError for the wrong ones."""
    expected = app.settings.stripe_account
    if not verify:
        account = keys.secret.account or keys.publishable.account
        if expected is not None:
            guard.require_stripe_account(account, expected)
        return StripeIdentity(keys.mode, account)
    # From here on this run works with the key that it is about to store.
    app.stripe_key = keys.secret
    identity = app.stripe_identity
    require_same_account(identity.account, keys.publishable)
    return identity
