"""The composition root: builds what a command works with, on first use, from the clients that `clients` hands out."""

from functools import cached_property
from typing import TYPE_CHECKING

from learnermax_cli.composition.clients import Clients

if TYPE_CHECKING:
    from learnermax_cli.adapters.aws.table import Table
    from learnermax_cli.checkout.model import LinkGateway, PendingStore, SessionGateway
    from learnermax_cli.courses.model import CourseStore
    from learnermax_cli.doctor.model import StripeProber, TableDescriber, TopicReader
    from learnermax_cli.enrollments.claim import ClaimGateway
    from learnermax_cli.enrollments.model import Payments
    from learnermax_cli.enrollments.store_model import EnrollmentLister, EnrollmentReader, EventPublisher
    from learnermax_cli.planning.confirm import Talk
    from learnermax_cli.products.model import CatalogGateway
    from learnermax_cli.students.model import CaseReader
    from learnermax_cli.webhooks.model import DeliveryReader, EndpointGateway, EventGateway, WebhookServer


class App(Clients):
    """Everything a command works with."""

    @cached_property
    def _table(self) -> "Table":
        from learnermax_cli.adapters.aws.table import Table

        return Table(self.dynamodb, self.settings.table, self.interrupt.stop, self._policy.in_all)

    @cached_property
    def courses(self) -> "CourseStore":
        """The courses of the table."""
        from learnermax_cli.adapters.aws.course_table import CourseTable

        return CourseTable(self._table)

    @cached_property
    def enrollments(self) -> "EnrollmentLister":
        """The enrollments and students of the table."""
        from learnermax_cli.adapters.aws.enrollment_table import EnrollmentTable

        return EnrollmentTable(self._table)

    @cached_property
    def enrollment_writes(self) -> "PendingStore":
        """The conditional writes to enrollments."""
        from learnermax_cli.adapters.aws.enrollment_writes import EnrollmentWrites

        return EnrollmentWrites(self._table)

    @cached_property
    def events(self) -> "EventPublisher | None":
        """The topic of the students' mails, if one is configured and they are wanted."""
        if self.settings.topic_arn is None or not self.settings.events:
            return None
        from learnermax_cli.adapters.aws.messages import SnsEvents

        return SnsEvents(self.aws.sns, self.settings.topic_arn)

    @cached_property
    def table_probe(self) -> "TableDescriber":
        """The table without its items."""
        from learnermax_cli.adapters.aws.probes import TableProbe

        return TableProbe(self.dynamodb, self.settings.table)

    @cached_property
    def table_items(self) -> "EnrollmentReader":
        """The enrollments of the table, and with a scan its courses with all that products are made of."""
        from learnermax_cli.adapters.aws.enrollment_table import EnrollmentTable
        from learnermax_cli.courses.model import USED_ATTRIBUTES

        return EnrollmentTable(self._table, USED_ATTRIBUTES)

    @cached_property
    def topic_probe(self) -> "TopicReader | None":
        """The topic without its messages, if one is configured."""
        if self.settings.topic_arn is None:
            return None
        from learnermax_cli.adapters.aws.probes import TopicProbe

        return TopicProbe(self.aws.sns, self.settings.topic_arn)

    @cached_property
    def stripe_probes(self) -> "StripeProber":
        """Requests that show what a Stripe key may read."""
        from learnermax_cli.adapters.stripe.client import StripeProbes

        return StripeProbes(self.stripe)

    @cached_property
    def catalog(self) -> "CatalogGateway":
        """Products and prices at Stripe."""
        from learnermax_cli.adapters.stripe.catalog import StripeCatalog

        return StripeCatalog(self.stripe)

    @cached_property
    def payments(self) -> "Payments":
        """Checkout Sessions and their payments at Stripe."""
        from learnermax_cli.adapters.stripe.payments import StripePayments

        return StripePayments(self.stripe)

    @cached_property
    def student_cases(self) -> "CaseReader":
        """What Stripe knows of one student."""
        from learnermax_cli.adapters.stripe.lookup import StripeLookup

        return StripeLookup(self.stripe)

    @cached_property
    def checkout_sessions(self) -> "SessionGateway":
        """Checkout Sessions at Stripe, to make and to end."""
        from learnermax_cli.adapters.stripe.sessions import StripeSessions

        return StripeSessions(self.stripe)

    @cached_property
    def claims(self) -> "ClaimGateway":
        """Whose a paid session is, at Stripe."""
        from learnermax_cli.adapters.stripe.claims import StripeClaims

        return StripeClaims(self.stripe)

    @cached_property
    def links(self) -> "LinkGateway":
        """Payment Links at Stripe."""
        from learnermax_cli.adapters.stripe.catalog import StripeLinks

        return StripeLinks(self.stripe)

    @cached_property
    def endpoints(self) -> "EndpointGateway":
        """Webhook endpoints at Stripe."""
        from learnermax_cli.adapters.stripe.endpoints import StripeEndpoints

        return StripeEndpoints(self.stripe, self.console.known)

    @cached_property
    def stripe_events(self) -> "EventGateway":
        """The events of the last 30 days at Stripe."""
        from learnermax_cli.adapters.stripe.events import StripeEvents

        return StripeEvents(self.stripe)

    @cached_property
    def delivery_reader(self) -> "DeliveryReader":
        """What reads deliveries and checks their signatures."""
        from learnermax_cli.adapters.stripe.deliveries import StripeDeliveries

        return StripeDeliveries()

    @cached_property
    def webhook_server(self) -> "WebhookServer":
        """The HTTP server of `webhooks serve`."""
        from learnermax_cli.adapters.http_server import UvicornServer

        return UvicornServer()

    @property
    def talk(self) -> "Talk":
        """The console, as jobs see it."""
        return self.console
