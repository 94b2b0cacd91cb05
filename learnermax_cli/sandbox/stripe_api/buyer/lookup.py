"""Finds what a buyer names: a session by its id, URL or client secret, a payment link by its id or URL."""

from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

from learnermax_cli.sandbox.stripe_api.resources.payment_links import LINK_PATH, link_id_of
from learnermax_cli.sandbox.stripe_api.resources.session_building import PAY_PATH
from learnermax_cli.sandbox.stripe_api.resources.session_expiry import KIND
from learnermax_cli.sandbox.stripe_api.state import StripeState
from learnermax_cli.sandbox.stripe_api.store import Data, Object


class BuyerError(ValueError):
    """What the buyer wants is not possible."""


class UnknownTargetError(BuyerError):
    """There is no such session or link."""


class Target(NamedTuple):
    """A session or payment link, what a link's URL says of the buyer, and whose data it is in."""

    data: Data
    found: Object
    reference: str | None = None
    email: str | None = None


def find_target(state: StripeState, text: str) -> Target:
    """Return the session or link of an id or URL; raises UnknownTargetError."""
    parts = urlsplit(text)
    if parts.path.startswith(LINK_PATH):
        query = parse_qs(parts.query)
        target = _target(state, "payment_link", link_id_of(parts.path.removeprefix(LINK_PATH)))
        reference, email = (query.get(name, [None])[0] for name in ("client_reference_id", "prefilled_email"))
        return Target(target.data, target.found, reference, email)
    if text.startswith("plink_"):
        return _target(state, "payment_link", text)
    return find_session(state, text)


def find_session(state: StripeState, session_id: str) -> Target:
    """Return a session as it is now, by its id, URL or client secret; raises UnknownTargetError."""
    return _target(state, KIND, urlsplit(session_id).path.removeprefix(PAY_PATH).partition("_secret_")[0])


def _target(state: StripeState, kind: str, object_id: str) -> Target:
    data = state.holder_of(kind, object_id)
    if data is not None:
        data.process_due(int(state.control.clock.now()))
    found = None if data is None else data[kind].get(object_id)
    if data is None or found is None:
        raise UnknownTargetError(f"no such {kind.replace('_', ' ')}: {object_id}")
    return Target(data, found)
