"""The composition root: builds settings and clients on first use, holds the clock. Adapters are imported here only."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING

from learnermax_cli.console import Console
from learnermax_cli.errors import ConfigError, GuardError
from learnermax_cli.interrupt import Interrupt
from learnermax_cli.meter import Meter
from learnermax_cli.settings import Flags, Settings, load_settings

if TYPE_CHECKING:
    from stripe import StripeClient

    from learnermax_cli.adapters.aws import AwsClients
    from learnermax_cli.checkout.model import LinkGateway, PendingStore, SessionGateway
    from learnermax_cli.courses.model import CourseStore
    from learnermax_cli.enrollments.listing import EnrollmentScanner
    from learnermax_cli.enrollments.model import EnrollmentReader, EnrollmentWriter, EventPublisher, PaymentGateway
    from learnermax_cli.planning.report import Report, StripeIdentity
    from learnermax_cli.products.model import CatalogGateway
    from learnermax_cli.secret_text import SecretText
    from learnermax_cli.secrets.model import SecretStore
    from learnermax_cli.stripe_keys import StripeKey


class App:
    """Everything a command works with."""

    def __init__(self, flags: Flags, environ: Mapping[str, str], console: Console) -> None:
        self.flags = flags
        self.environ = environ
        self.console = console
        self.meter = Meter(time.monotonic)
        self.interrupt = Interrupt()
        self.interrupt.install()
        self.plan_shown = False

    def now(self) -> datetime:
        """Return the present, in UTC; in a sandbox as its clock has it, so that a day can pass in a moment there."""
        sandbox = self.settings.sandbox
        return datetime.now(UTC) if sandbox is None else sandbox.now()

    @cached_property
    def settings(self) -> Settings:
        """The configuration; raises ConfigError on first use."""
        return load_settings(self.flags, self.environ)

    @cached_property
    def aws(self) -> "AwsClients":
        """The boto3 clients."""
        from learnermax_cli.adapters.aws import AwsClients

        return AwsClients(self.settings.aws, self.meter, self.console.debug)

    @cached_property
    def secret_store(self) -> "SecretStore":
        """Secrets Manager."""
        from learnermax_cli.adapters.secrets_manager import SecretsManagerStore

        return SecretsManagerStore(self.aws.secretsmanager())

    @cached_property
    def courses(self) -> "CourseStore":
        """The courses of the table."""
        from learnermax_cli.adapters.course_table import CourseTable

        return CourseTable(self.aws.dynamodb(), self.settings.table)

    @cached_property
    def enrollments(self) -> "EnrollmentReader":
        """The enrollments and students of the table."""
        from learnermax_cli.adapters.enrollment_table import EnrollmentTable

        return EnrollmentTable(self.aws.dynamodb(), self.settings.table)

    @cached_property
    def enrollment_writes(self) -> "EnrollmentWriter":
        """The conditional writes to enrollments."""
        from learnermax_cli.adapters.enrollment_writes import EnrollmentWrites

        return EnrollmentWrites(self.aws.dynamodb(), self.settings.table)

    @cached_property
    def all_enrollments(self) -> "EnrollmentScanner":
        """The scan for enrollments of any status."""
        from learnermax_cli.adapters.enrollment_scan import EnrollmentScan

        return EnrollmentScan(self.aws.dynamodb(), self.settings.table)

    @cached_property
    def pending_store(self) -> "PendingStore":
        """The writes of a checkout to pending enrollments."""
        from learnermax_cli.adapters.pending_table import PendingTable

        return PendingTable(self.aws.dynamodb(), self.settings.table)

    @cached_property
    def events(self) -> "EventPublisher | None":
        """The topic of the students' mails, if one is configured."""
        if self.settings.topic_arn is None:
            return None
        from learnermax_cli.adapters.sns_events import SnsEvents

        return SnsEvents(self.aws.sns(), self.settings.topic_arn)

    @cached_property
    def stripe_key(self) -> "StripeKey":
        """The key to work with: configured, else from the secret; raises an LmxError when it does not fit."""
        from learnermax_cli.secrets.read_key import read_stripe_key
        from learnermax_cli.stripe_keys import parse_stripe_key

        text: SecretText | None = self.settings.stripe_secret_key
        if text is None:
            text = read_stripe_key(self.secret_store, self.settings.secret_name)
        key = parse_stripe_key("STRIPE_SECRET_KEY", text)
        if key.kind not in ("secret", "restricted"):
            raise ConfigError(
                f"STRIPE_SECRET_KEY is a {key.kind} key",
                hint="Use a secret (sk_) or restricted (rk_) key.",
                code="config.key",
            )
        if key.mode != self.settings.expected_mode:
            raise GuardError(
                f"a {key.mode} mode key does not fit environment {self.settings.environment}",
                hint=f"Use a {self.settings.expected_mode} mode key, or another environment (-e).",
                code="guard.mode",
            )
        return key

    @cached_property
    def stripe(self) -> "StripeClient":
        """The Stripe client that all gateways share, and with it one rate limit."""
        from learnermax_cli.adapters.stripe_client import build_stripe

        return build_stripe(self.stripe_key, self.settings, self.meter, self.console.debug)

    @cached_property
    def catalog(self) -> "CatalogGateway":
        """Products and prices at Stripe."""
        from learnermax_cli.adapters.stripe_catalog import StripeCatalog

        return StripeCatalog(self.stripe)

    @cached_property
    def payments(self) -> "PaymentGateway":
        """Checkout Sessions and their payments at Stripe."""
        from learnermax_cli.adapters.stripe_payments import StripePayments

        return StripePayments(self.stripe)

    @cached_property
    def checkout_sessions(self) -> "SessionGateway":
        """Checkout Sessions at Stripe, to make and to end."""
        from learnermax_cli.adapters.stripe_sessions import StripeSessions

        return StripeSessions(self.stripe)

    @cached_property
    def links(self) -> "LinkGateway":
        """Payment Links at Stripe."""
        from learnermax_cli.adapters.stripe_links import StripeLinks

        return StripeLinks(self.stripe)

    @cached_property
    def stripe_identity(self) -> "StripeIdentity":
        """Whose Stripe data this is; raises GuardError when LMX_STRIPE_ACCOUNT names another account."""
        from learnermax_cli.adapters.stripe_account import read_account
        from learnermax_cli.planning.report import StripeIdentity

        account = read_account(self.stripe, self.stripe_key)
        expected = self.settings.stripe_account
        if expected is not None and account != expected:
            raise GuardError(
                f"the Stripe key belongs to account {account or 'unknown'}, not {expected}",
                hint="Use a key of that account, or change LMX_STRIPE_ACCOUNT.",
                code="guard.account",
            )
        return StripeIdentity(str(self.stripe_key.mode), account)

    def confirm(self, report: "Report", question: str, *, yes: bool) -> bool:
        """Show a plan and ask; raises GuardError where nobody can answer and --yes was not given."""
        self.console.show_plan(report)
        self.plan_shown = self.console.manner.format == "table"
        return self.console.require_confirmation(question, yes=yes)

    def after_report(self, report: "Report") -> None:
        """Tell GitHub Actions of the report, when it runs there."""
        if self.console.in_actions:
            from learnermax_cli.github import tell_actions
            from learnermax_cli.planning.report import without_private_lines

            tell_actions(without_private_lines(report), self.environ)
