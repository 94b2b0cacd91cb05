"""Checkout Sessions at Stripe: made once, ended, read; implements `checkout.model.SessionGateway`."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

import stripe

from learnermax_cli.adapters.stripe.client import stripe_errors
from learnermax_cli.adapters.stripe.writes import MAX_ATTEMPTS, idempotency_key, is_replayed, is_server_failure
from learnermax_cli.checkout.model import (
    AttemptSpentError,
    AttemptTooOldError,
    Form,
    NewSession,
    Session,
    SessionRefusedError,
    Shelf,
)
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import Money
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.products.model import ListedPrice, ListedProduct

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

_PAGE = 100  # the most that a list call returns
_PATH = "/v1/checkout/sessions"
# [stripe.checkout.Session.ui_mode] of the pinned version; hosted_page is the default and is not asked for.
_UIS = {"hosted_page": "hosted", "embedded_page": "embedded"}


class StripeSessions:
    """Reads raw answers, writes through the typed services."""

    def __init__(self, client: stripe.StripeClient) -> None:
        self._client = client

    def read_shelf(self, product_id: str) -> Shelf | None:
        """Read a product with its default price; None when there is no such product."""
        with stripe_errors(f"reading product {product_id}"):
            raw = self._get(f"/v1/products/{product_id}", expand=["default_price"])
        if raw is None or raw.get("deleted"):
            return None
        price = raw["default_price"]
        return Shelf(_product(raw), _price(price) if isinstance(price, dict) else None)

    def read_session(self, session_id: str) -> Session | None:
        """Read one session; None when there is no such session for this key."""
        with stripe_errors(f"reading session {session_id}"):
            raw = self._get(f"{_PATH}/{session_id}", expand=["line_items"])
        return None if raw is None else _session(raw)

    def list_sessions(self, since: int) -> Iterator[Session]:
        """Read the sessions created since a time, newest first."""
        after: dict[str, Any] = {}
        while True:
            with stripe_errors("listing sessions"):
                page = self._get(_PATH, limit=_PAGE, created={"gte": since}, expand=["data.line_items"], **after)
            assert page is not None
            yield from (_session(raw) for raw in page["data"])
            if not page["has_more"] or not page["data"]:
                return
            after = {"starting_after": page["data"][-1]["id"]}

    def create_session(self, new: NewSession) -> Session:
        """Make a session once, whatever answer was lost, and return it as it stands now."""
        params = _create_params(new)
        for attempt in range(MAX_ATTEMPTS):
            # enrolled_at tells attempts apart that ask for the same.
            key = idempotency_key("session", {**params, "enrolledAt": new.enrolled_at}, attempt)
            with stripe_errors(f"creating a session for {new.key}"):
                try:
                    created = self._client.v1.checkout.sessions.create(params, {"idempotency_key": key})
                except stripe.InvalidRequestError as error:
                    raise _refused(new, error) from error
                except stripe.APIError as error:
                    if not is_server_failure(error):
                        raise
                    found = self._find_made(new)
                else:
                    found = self._as_it_stands(created)
            if found is not None:
                return found
        raise AttemptSpentError(
            f"Stripe failed {MAX_ATTEMPTS} times to create a session for {new.key}",
            hint="Running again is safe: it begins a new attempt.",
            code="failed.stripe",
        )

    def expire_session(self, session_id: str) -> Session:
        """End a session and return it as it stands then; one that was not open stays as it is."""
        for _ in range(MAX_ATTEMPTS):
            refusal: stripe.StripeError | None = None
            with stripe_errors(f"expiring session {session_id}"):
                try:
                    self._client.v1.checkout.sessions.expire(session_id)
                except stripe.InvalidRequestError as error:
                    refusal = error
                except stripe.APIError as error:
                    if not is_server_failure(error):
                        raise
                # Whether it was refused, done, or failed half-way: what counts is what is there now.
                session = self.read_session(session_id)
                if session is not None and not session.open:
                    return session
                if refusal is not None:
                    raise refusal
        raise FailedError(
            f"Stripe failed {MAX_ATTEMPTS} times to expire session {session_id}",
            hint="Running again is safe.",
            code="failed.stripe",
        )

    def _as_it_stands(self, created: stripe.checkout.Session) -> Session | None:
        if is_replayed(created):  # it tells the past, not the present
            return self.read_session(created.id)
        assert created.last_response is not None
        return _session(cast("dict[str, Any]", created.last_response.data))

    def _find_made(self, new: NewSession) -> Session | None:
        # The wish's expires_at is counted from its attempt, so a session of a former attempt is never taken for it.
        since = new.expires_at - 25 * 3600
        return next((session for session in self.list_sessions(since) if new.made(session)), None)

    def _get(self, path: str, **params: Any) -> dict[str, Any] | None:
        try:
            return cast("dict[str, Any]", cast("Any", self._client.raw_request("get", path, **params)).data)
        except stripe.InvalidRequestError as error:
            if error.code == "resource_missing":
                return None
            raise


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
    if error.param == "expires_at":
        hint = "Check the clock of this machine, then run again."
        return AttemptTooOldError(f"Stripe refuses the session's end: {message}", hint=hint, code="failed.clock")
    hints = {
        "customer": f"Mend or remove stripeCustomerId of student {new.key.user_id}: Stripe must know it for this key.",
        "customer_email": f"Mend the email of student {new.key.user_id}.",
    }
    hint = hints.get(error.param or "", "Mend what it names, and run again.")
    return SessionRefusedError(f"Stripe makes no session for {new.key}: {message}", hint=hint, code="failed.refused")


def _session(raw: Mapping[str, Any]) -> Session:
    lines = raw.get("line_items") or {"data": []}
    secret = raw.get("client_secret")
    return Session(
        session_id=raw["id"],
        status=raw["status"],
        payment_status=raw["payment_status"],
        livemode=raw["livemode"],
        created=raw["created"],
        expires_at=raw["expires_at"],
        form=_form(raw),
        price_ids=tuple(_price_of(line) for line in lines["data"]),
        metadata=raw["metadata"] or {},
        reference=raw.get("client_reference_id"),
        money=None if raw["amount_total"] is None else Money(raw["amount_total"], raw["currency"]),
        url=raw.get("url"),
        client_secret=None if secret is None else SecretText(secret),
        intent_id=_id(raw.get("payment_intent")),
        link_id=_id(raw.get("payment_link")),
        customer_id=_id(raw.get("customer")),
    )


def _form(raw: Mapping[str, Any]) -> Form:
    # What does not go with a ui_mode is left out of the answer [stripe.checkout.Session.return_url].
    mode = raw.get("ui_mode") or "hosted_page"
    urls = (raw.get("success_url"), raw.get("cancel_url"), raw.get("return_url"))
    return Form(_UIS.get(mode, mode), *urls, bool(raw.get("allow_promotion_codes")))


def _price_of(line: Mapping[str, Any]) -> str:
    # Two of the same are another purchase than one.
    price = _id(line["price"]) or "none"
    return price if line["quantity"] == 1 else f"{line['quantity']} x {price}"


def _product(raw: Mapping[str, Any]) -> ListedProduct:
    images = tuple(raw["images"])
    default = _id(raw["default_price"])
    return ListedProduct(raw["id"], raw["name"], raw["description"], images, raw["active"], default, raw["metadata"])


def _price(raw: Mapping[str, Any]) -> ListedPrice:
    plain = raw["type"] == "one_time" and raw["unit_amount"] is not None and raw["billing_scheme"] == "per_unit"
    money = Money(raw["unit_amount"], raw["currency"]) if plain else None
    return ListedPrice(raw["id"], _id(raw["product"]) or "", money, raw["active"], raw["metadata"], raw["created"])


def _id(value: Any) -> str | None:
    found: str | None = value["id"] if isinstance(value, dict) else value
    return found
