"""The clients of AWS and Stripe, built on first use and handed out only where the settings belong together."""

import time
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, cast

from learnermax_cli.config import guard
from learnermax_cli.config.settings import Settings, read_settings
from learnermax_cli.config.sources import Flags, Sources, find_sources
from learnermax_cli.core.errors import ConfigError, LmxError
from learnermax_cli.core.interrupt import Interrupt
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import BATCH, RetryPolicy
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.core.urls import find_passwords
from learnermax_cli.terminal.console import Console

if TYPE_CHECKING:
    from stripe import StripeClient
    from types_boto3_dynamodb.client import DynamoDBClient

    from learnermax_cli.adapters.aws.clients import AwsClients
    from learnermax_cli.config.keys import StripeKey
    from learnermax_cli.doctor.model import IdentityReader
    from learnermax_cli.planning.report import StripeIdentity
    from learnermax_cli.secrets.model import SecretStore, SecretValue


class Clients:
    """The settings of a run, the clients that go with them, and whose data they reach."""

    def __init__(self, flags: Flags, environ: Mapping[str, str], console: Console) -> None:
        self.flags = flags
        self.environ = environ
        self.console = console
        self.meter = Meter(time.monotonic)
        self.interrupt = Interrupt()
        self.retry_policy = BATCH
        """How long requests may take: set before the first client is built."""
        self.report_mismatches = False
        """Whether the run, which then writes nothing, reports what does not belong together instead of stopping."""
        self.notices: tuple[str, ...] = ()
        """Warnings about the settings, which belong to every report."""
        self._guarded = False
        self._secret_reading: tuple[SecretValue | None] | None = None

    def now(self) -> datetime:
        """Return the present, in UTC; in a sandbox as its clock has it, so that a day can pass in a moment there."""
        sandbox = self.settings.sandbox
        return datetime.now(UTC) if sandbox is None else sandbox.now()

    @cached_property
    def sources(self) -> Sources:
        """Where the settings come from; says which env file that is, and warns of names that are no settings."""
        proxies = (value for name, value in self.environ.items() if name.lower().endswith("_proxy"))
        self.console.known.add(*find_passwords(*proxies))
        sources = find_sources(self.flags, self.environ, self.console.known)
        if sources.env_file is not None:
            self.console.note(f"Reading {sources.env_file.path}")
        elif sources.search.path is None:
            self.console.debug(sources.no_file_line)
        if sources.ignored:
            self.console.debug(sources.ignored_line)
        self.notices = sources.warnings
        self.console.warn_once(self.notices)
        return sources

    @cached_property
    def settings(self) -> Settings:
        """The configuration; raises ConfigError on first use."""
        settings = read_settings(self.sources)
        if settings.sandbox is not None:
            self.console.known.add(settings.sandbox.secret_key)
        return settings

    @cached_property
    def aws(self) -> "AwsClients":
        """The boto3 clients, once all that is named is known to belong to the environment; raises GuardError."""
        self._require_guard()
        return self._aws

    @cached_property
    def dynamodb(self) -> "DynamoDBClient":
        """The client of the table, for a run whose Stripe key fits the environment too; raises GuardError."""
        aws = self.aws
        if not self.report_mismatches:
            guard.require_key_fits(self.settings)
        return aws.dynamodb()

    @cached_property
    def secret_store(self) -> "SecretStore":
        """Secrets Manager; a secret that is tagged with another environment is not described."""
        from learnermax_cli.adapters.aws.secrets_manager import SecretsManagerStore

        client = self.aws.secretsmanager()
        return SecretsManagerStore(client, self._require_secret_fits, self._note_secret)

    def read_secret(self) -> "SecretValue | None":
        """Read the secret's current value anew; the key, when it is asked for later, is taken from there."""
        value = self.secret_store.read_value(self.settings.secret_name)
        self._secret_reading = (value,)
        return value

    @cached_property
    def aws_identity(self) -> "IdentityReader":
        """Who the AWS credentials belong to."""
        from learnermax_cli.adapters.aws.probes import AwsIdentity

        return AwsIdentity(self._aws.sts(), self._aws.origin)

    @cached_property
    def stripe_key(self) -> "StripeKey":
        """The key to work with: configured, else from the secret; raises an LmxError when it does not fit."""
        from learnermax_cli.config.keys import SECRET_KEY, parse_stripe_key
        from learnermax_cli.secrets.content import find_stripe_key

        name, text = SECRET_KEY, self.settings.stripe_secret_key
        if text is None:
            name = f"{name} in secret {self.settings.secret_name}"
            # Taken once: where the key in it is wrong, a next time looks whether it was fixed.
            reading, self._secret_reading = self._secret_reading, None
            value = reading[0] if reading else self.secret_store.read_value(self.settings.secret_name)
            text = find_stripe_key(value, self.settings.secret_name)
        key = parse_stripe_key(name, text)
        if key.kind not in ("secret", "restricted"):
            raise ConfigError(
                f"{name} is a {key.kind} key",
                hint="Use a secret (sk_) or restricted (rk_) key.",
                code="config.key",
            )
        guard.require_mode(key.mode, self.settings)
        return key

    def identify(self, key: "StripeKey") -> "StripeIdentity":
        """Work with this key from here on, and return whose it is; raises GuardError for another account."""
        self.stripe_key = key
        return self.stripe_identity

    @cached_property
    def stripe(self) -> "StripeClient":
        """The Stripe client that all gateways share, once its account is known to be the right one."""
        if self.settings.stripe_account is not None:
            _ = self.stripe_identity
        return self._stripe

    @cached_property
    def stripe_identity(self) -> "StripeIdentity":
        """Whose Stripe data this is; raises GuardError when LMX_STRIPE_ACCOUNT names another account."""
        from learnermax_cli.adapters.stripe.client import read_account
        from learnermax_cli.planning.report import StripeIdentity

        account = read_account(self._stripe, self.stripe_key)
        if self.settings.stripe_account is not None:
            guard.require_stripe_account(account, self.settings.stripe_account)
        return StripeIdentity(str(self.stripe_key.mode), account)

    @property
    def known_table(self) -> str | None:
        """The table that the run works on; None where it has not asked for its settings, or they make no sense."""
        sources: Sources | None = vars(self).get("sources")
        with suppress(LmxError):
            return None if sources is None else cast("str | None", sources.read("EDUCATION_TABLE_NAME"))
        return None

    @property
    def place(self) -> str:
        """What the run works on, as far as it is known by now; asks nobody."""
        from learnermax_cli.planning.confirm import describe_place

        sources: Sources | None = vars(self).get("sources")
        environment = self.flags.environment or self.environ.get("LMX_ENVIRONMENT")
        return describe_place(
            environment if sources is None else sources.environment,
            vars(self).get("stripe_identity"),
            self.known_table,
        )

    def _require_guard(self) -> None:
        # The one place: whatever reads or writes at AWS or Stripe gets its client behind it, in a dry run too.
        if self.report_mismatches or self._guarded:
            return
        guard.require_names_fit(self.settings)
        if self.settings.aws_account is not None:
            caller = self.aws_identity.read_caller()
            guard.require_aws_account(caller.account, caller.origin, self.settings.aws_account)
        self._guarded = True

    def _require_secret_fits(self, name: str, tag: str | None) -> None:
        if not self.report_mismatches:
            guard.require_tag_fits(name, tag, self.settings)

    def _note_secret(self, text: SecretText) -> None:
        """Let nothing print what a secret holds, but publishable keys and what is a setting too."""
        from learnermax_cli.secrets.content import find_texts

        own, aws = self.settings, self.settings.aws
        shown = [own.table, own.secret_name, own.stripe_api_base, own.stripe_account, own.frontend_url, own.topic_arn]
        shown += [own.aws_account, aws.region, aws.profile, aws.endpoint_url]
        found = (value for value in find_texts(text) if not any(setting and value in setting for setting in shown))
        self.console.known.add(*found)

    @cached_property
    def _aws(self) -> "AwsClients":
        from learnermax_cli.adapters.aws.clients import AwsClients

        clients = AwsClients(self.settings.aws, self.meter, self.console, self._policy, self.interrupt.stop)
        clients.known = self.console.known
        return clients

    @property
    def _policy(self) -> RetryPolicy:
        return self.retry_policy.shorter(self.settings.timeout)

    @cached_property
    def _stripe(self) -> "StripeClient":
        """One client, and with it one rate limit; raises GuardError when something named is not the environment's."""
        from learnermax_cli.adapters.stripe.client import build_stripe
        from learnermax_cli.adapters.stripe.http import DEFAULT_RATE, PacedHttpClient
        from learnermax_cli.core.retries import RateLimiter

        self._require_guard()
        limiter = RateLimiter(self.settings.max_rate or DEFAULT_RATE)
        http = PacedHttpClient(limiter, self.meter, self.console, self._policy, self.interrupt.stop)
        return build_stripe(self.stripe_key, self.settings.stripe_api_base, http)
