"""Creates, expires and reads Checkout Sessions; implements `checkout.model.SessionGateway`."""

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import stripe

from learnermax_cli.adapters.stripe.answers import Raw, read_as
from learnermax_cli.adapters.stripe.catalog import parse_price, parse_product
from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.reads import id_of, list_raw, path_id, read_or_none, sold_prices
from learnermax_cli.adapters.stripe.writes import (
    MAX_ATTEMPTS,
    KeysSpentError,
    create_once,
    idempotency_key,
    write_until_answered,
)
from learnermax_cli.checkout.model import (
    LONGEST,
    SHORTEST,
    AttemptSpentError,
    AttemptTooOldError,
    Form,
    NewSession,
    ProductWithPrice,
    Session,
    SessionRefusedError,
)
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import Money
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.core.times import read_http_date, unix_time

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

_PATH = "/v1/checkout/sessions"
# [stripe.checkout.Session.ui_mode] of the pinned version; hosted_page is the default and is not sent.
_UIS = {"hosted_page": "hosted", "embedded_page": "embedded"}
# A Date header has whole seconds, and the answer may be a little later than the check.
_DATE_PRECISION = timedelta(seconds=2)


class StripeSessions:
    """Reads raw answers, writes through the typed services."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def read_product(self, product_id: str) -> ProductWithPrice | None:
        """Read a product with its default price; None when there is no such product."""
        with stripe_errors(f"reading product {product_id}"):
            raw = read_or_none(self._client, "/v1/products", product_id, expand=["default_price"])
        if raw is None or raw.get("deleted"):
            return None
        price = raw["default_price"]
        return ProductWithPrice(read_as(parse_product, raw), read_as(parse_price, price) if price else None)

    def read_session(self, session_id: str) -> Session | None:
        """Read one session; None when there is no such session for this key."""
        with stripe_errors(f"reading session {session_id}"):
            raw = read_or_none(self._client, _PATH, session_id, expand=["line_items"])
        return None if raw is None else read_as(_session, raw)

    def list_sessions(self, since: int) -> Iterator[Session]:
        """Read the sessions created since a time, newest first."""
        for page in list_raw(self._client, _PATH, created={"gte": since}, expand=["data.line_items"]):
            yield from (read_as(_session, raw) for raw in page)

    def create_session(self, new: NewSession) -> Session:
        """Create a session once, whatever answer was lost, and return it as it is now."""
        params = _create_params(new)
        # enrolled_at distinguishes attempts with the same parameters.
        wanted = {**params, "enrolledAt": new.enrolled_at}

        def create(key: str) -> stripe.checkout.Session:
            try:
                return self._client.v1.checkout.sessions.create(params, {"idempotency_key": key})
            except stripe.InvalidRequestError as error:
                raise _refused(new, error) from error

        try:
            return create_once(
                f"creating a session for {new.key}",
                (idempotency_key("session", wanted, attempt) for attempt in range(MAX_ATTEMPTS)),
                create,
                _session,
                lambda raw: self._find_made(new) if raw is None else self.read_session(raw["id"]),
            )
        except KeysSpentError as error:
            raise AttemptSpentError(
                error.message, hint="Run the command again: it begins a new attempt.", code=error.code
            ) from error

    def expire_session(self, session_id: str) -> Session:
        """Expire a session and return it as it is then; one that was not open is left alone."""
        refusal: stripe.InvalidRequestError | None = None
        with stripe_errors(f"expiring session {session_id}"):
            try:
                write_until_answered(lambda: self._client.v1.checkout.sessions.expire(path_id(session_id)))
            except stripe.InvalidRequestError as error:
                refusal = error
            # Rejected or done: what counts is the session as it is now.
            session = self.read_session(session_id)
            if refusal is not None and (session is None or session.open):
                raise refusal
        if session is None or session.open:
            raise FailedError(
                f"session {session_id} is still open, though Stripe accepted its expiry",
                hint="Run the command again.",
                code="failed.stripe",
            )
        return session

    def _find_made(self, new: NewSession) -> Session | None:
        # expires_at is counted from the attempt, so a session of an earlier attempt never matches.
        since = new.expires_at - 25 * 3600
        return next((session for session in self.list_sessions(since) if new.made(session)), None)


def _create_params(new: NewSession) -> "SessionCreateParams":
    params: SessionCreateParams = {
        "mode": "payment",
        "line_items": [{"price": new.price_id, "quantity": 1}],
        "client_reference_id": new.key.user_id,
        "metadata": new.metadata,
        "payment_intent_data": {"metadata": new.metadata},
        "expires_at": new.expires_at,
        "expand": ["line_items"],
    }
    if new.customer_id is not None:
        params["customer"] = new.customer_id
    elif new.email is not None:
        params["customer_email"] = new.email
        # Otherwise a payment makes no Customer [stripe.checkout.Session.customer_creation].
        params["customer_creation"] = "always"
    if new.form.ui == "embedded":
        params["ui_mode"] = "embedded_page"
    for name, url in (
        ("success_url", new.form.success_url),
        ("cancel_url", new.form.cancel_url),
        ("return_url", new.form.return_url),
    ):
        if url is not None:
            params[name] = url  # type: ignore[literal-required]
    if new.form.allow_promotion_codes:
        params["allow_promotion_codes"] = True
    return params


def _refused(new: NewSession, error: stripe.InvalidRequestError) -> FailedError:
    message = error.user_message or "no message"
    if error.param == "expires_at" or (error.param is None and _is_out_of_bounds(new.expires_at, error)):
        hint = "Check the clock of this machine, then run the command again."
        return AttemptTooOldError(
            f"Stripe rejected the session's expiry time: {message}", hint=hint, code="failed.clock"
        )
    hints = {
        "customer": f"Fix or remove stripeCustomerId of student {new.key.user_id}: Stripe must know it for this key.",
        "customer_email": f"Fix the email of student {new.key.user_id}.",
    }
    hint = hints.get(error.param or "", "Fix what the message names, then run the command again.")
    return SessionRefusedError(
        f"Stripe rejected the session for {new.key}: {message}", hint=hint, code="failed.refused"
    )


def _is_out_of_bounds(expires_at: int, error: stripe.InvalidRequestError) -> bool:
    """Return whether it is `expires_at` that Stripe rejected, by its clock: newer versions name no `param`."""
    try:
        answered = read_http_date((error.headers or {}).get("Date"), "Stripe")
    except FailedError:
        return False
    left = timedelta(seconds=expires_at - answered.timestamp())
    return not SHORTEST + _DATE_PRECISION <= left < LONGEST - _DATE_PRECISION


def _session(raw: Raw) -> Session:
    secret = raw.get("client_secret")
    return Session(
        session_id=raw["id"],
        status=raw["status"],
        payment_status=raw["payment_status"],
        livemode=raw["livemode"],
        created=unix_time(raw["created"]),
        expires_at=unix_time(raw["expires_at"]),
        form=_form(raw),
        price_ids=sold_prices(raw.get("line_items")),
        metadata=raw["metadata"] or {},
        reference=raw.get("client_reference_id"),
        money=None if raw["amount_total"] is None else Money(raw["amount_total"], raw["currency"]),
        url=raw.get("url"),
        client_secret=None if secret is None else SecretText(secret),
        intent_id=id_of(raw.get("payment_intent")),
        link_id=id_of(raw.get("payment_link")),
        customer_id=id_of(raw.get("customer")),
    )


def _form(raw: Raw) -> Form:
    # The answer leaves out what does not apply to the ui_mode [stripe.checkout.Session.return_url].
    mode = raw.get("ui_mode") or "hosted_page"
    urls = (raw.get("success_url"), raw.get("cancel_url"), raw.get("return_url"))
    return Form(_UIS.get(mode, mode), *urls, bool(raw.get("allow_promotion_codes")))
