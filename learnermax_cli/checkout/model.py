"""Checkout Sessions and Payment Links, the requests for them, and the ports of selling."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import Money
from learnermax_cli.core.ownership import decode_reference, is_ours, marker
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey
from learnermax_cli.enrollments.store_model import EnrollmentWriter
from learnermax_cli.products.model import LinkReader, ListedLink, ListedPrice, ListedProduct

# [stripe.params SessionCreateParams.expires_at]: 30 minutes to 24 hours after the session is created.
SHORTEST = timedelta(minutes=30)
LONGEST = timedelta(hours=24)
NAME_LIMIT = 72
"""How much of a course's name a message shows."""


@dataclass(frozen=True, slots=True)
class Form:
    """How a session is, or is to be, shown: `ui` is our word for Stripe's ui_mode, other modes stay as they are."""

    ui: str
    success_url: str | None
    cancel_url: str | None
    return_url: str | None
    allow_promotion_codes: bool


@dataclass(frozen=True, slots=True)
class CheckoutRequest:
    """What a checkout was asked to do."""

    course_id: str
    user_id: str
    form: Form
    expires_in: timedelta
    dry_run: bool = False
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Session:
    """A Checkout Session as Stripe has it now. Times are Unix seconds."""

    session_id: str
    status: str | None
    payment_status: str
    livemode: bool
    created: int
    expires_at: int
    form: Form
    price_ids: tuple[str, ...]
    metadata: Mapping[str, str] = field(hash=False)
    reference: str | None
    money: Money | None
    url: str | None
    client_secret: SecretText | None
    intent_id: str | None = None
    link_id: str | None = None
    customer_id: str | None = None

    @property
    def open(self) -> bool:
        """Whether it can still be paid."""
        return self.status == "open"

    @property
    def user_id(self) -> str | None:
        """The student that it names, if any."""
        return self.metadata.get("userId") or (decode_reference(self.reference) if self.reference else None)

    @property
    def course_id(self) -> str | None:
        """The course that it names, if any."""
        return self.metadata.get("courseId")

    @property
    def key(self) -> EnrollmentKey | None:
        """The enrollment that it is for, if it names one."""
        return EnrollmentKey(self.user_id, self.course_id) if self.user_id and self.course_id else None

    def is_for(self, key: EnrollmentKey, environment: str) -> bool:
        """Return whether it names this student and course; sessions of the site name no environment."""
        return self.key == key and self.metadata.get("environment", environment) == environment


@dataclass(frozen=True, slots=True)
class Offer:
    """A course that is on sale, with the price that Stripe charges for it."""

    course_id: str
    name: str
    price_id: str
    money: Money


@dataclass(frozen=True, slots=True)
class ProductWithPrice:
    """The product of a course as Stripe has it now, with its default price."""

    product: ListedProduct
    default_price: ListedPrice | None


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session to be created. The same values give the same idempotency key, and with it the same session."""

    environment: str
    key: EnrollmentKey
    price_id: str
    form: Form
    email: str | None
    customer_id: str | None
    enrolled_at: str
    expires_at: int
    former: str | None = None
    """The session that the enrollment named before: begun in the same second, it looks the same."""

    @property
    def metadata(self) -> dict[str, str]:
        """The metadata of session and payment intent."""
        return marker(self.environment, self.key.course_id, self.key.user_id)

    def made(self, session: Session) -> bool:
        """Return whether a session was created from these values."""
        return (
            session.session_id != self.former
            and is_ours(session.metadata, self.environment)
            and session.is_for(self.key, self.environment)
            and (session.price_ids, session.form, session.expires_at) == ((self.price_id,), self.form, self.expires_at)
        )


class SessionRefusedError(FailedError):
    """Stripe rejected a session, so there is none."""


class AttemptSpentError(FailedError):
    """An attempt creates no session any more, because Stripe keeps failures under all of its idempotency keys."""


class AttemptTooOldError(AttemptSpentError):
    """Stripe rejected the session's `expires_at`: the attempt that it is counted from is too long ago."""


class SessionGateway(Protocol):
    """Checkout Sessions at the payment provider."""

    def read_product(self, product_id: str) -> ProductWithPrice | None:
        """Read a product with its default price; None when there is no such product."""

    def read_session(self, session_id: str) -> Session | None:
        """Read one session; None when there is no such session for this key."""

    def list_sessions(self, since: int) -> Iterator[Session]:
        """Read the sessions created since a time, newest first."""

    def create_session(self, new: NewSession) -> Session:
        """Create a session once, whatever answer was lost, and return it as it is now.

        Raises SessionRefusedError or AttemptSpentError when there is none.
        """

    def expire_session(self, session_id: str) -> Session:
        """Expire a session and return it as it is then; one that was not open stays as it is."""


class PendingStore(EnrollmentWriter, Protocol):
    """The conditional writes of a checkout to the table; raises SupersededError when another run was faster."""

    def restart(self, enrollment: Enrollment, enrolled_at: str) -> None:
        """Start a pending enrollment afresh: another `enrolledAt`, and no session."""

    def put_session(self, key: EnrollmentKey, enrolled_at: str, session_id: str) -> None:
        """Write the session of a pending enrollment that was started at `enrolled_at`."""


@dataclass(frozen=True, slots=True)
class NewLink:
    """A link to be created; buyers are sent to `return_url` when there is one."""

    price_id: str
    metadata: Mapping[str, str] = field(hash=False)
    return_url: str | None


class LinkGateway(LinkReader, Protocol):
    """Payment Links at the payment provider."""

    def create_link(self, new: NewLink, replaces: Sequence[str]) -> ListedLink:
        """Create a link once, whatever answer was lost; `replaces` are the links that it replaces."""

    def deactivate_link(self, link_id: str) -> None:
        """Make a link inactive."""
