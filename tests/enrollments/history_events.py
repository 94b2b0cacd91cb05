"""How sessions come into being in a history, and what may happen to them then."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from learnermax_cli.enrollments.model import EnrollmentKey, Reversal
from tests.enrollments.history import History, Sale
from tests.enrollments.values import REALM, reversals

GRAVE = ("needs_response", "under_review", "lost", "appeal_under_review", "prevented")
LOST = ("lost", "prevented")
HARMLESS = ("won", "warning_needs_response", "warning_closed")


@dataclass(frozen=True, slots=True)
class Opening:
    """A way to open a session: what it says of itself, and whether its payment is the named user's here."""

    says: Mapping[str, object] = field(default_factory=dict, hash=False)
    counts: bool = True

    def open(self, history: History, key: EnrollmentKey) -> Sale:
        """Open a session that names user and course, as far as this way does."""
        named = {"course_id": key.course_id, "metadata_user": key.user_id, "reference_user": key.user_id}
        return history.open_sale(key if self.counts else None, **{**named, **self.says})


OPENINGS = {
    "lmx": Opening({"customer_id": "cus_1"}),
    "site": Opening({"managed": False, "environment": None}),
    "link": Opening({"metadata_user": None, "link_id": "plink_1", "customer_id": "cus_2"}),
    "link of nobody": Opening({"metadata_user": None, "reference_user": None, "link_id": "plink_1"}, counts=False),
    "elsewhere": Opening({"environment": f"not-{REALM.environment}"}, counts=False),
    "contradiction": Opening({"reference_user": "somebody-else"}, counts=False),
    "live mode": Opening({"livemode": True}, counts=False),
    "subscription": Opening({"mode": "subscription"}, counts=False),
}


def possible_events(sale: Sale) -> list[str]:
    """Return what may happen to a session now."""
    if sale.payment.status == "open":
        return ["pay", "pay later", "promotion", "expire"]
    if sale.payment.intent_status == "processing":
        return ["arrive", "fail"]
    if sale.money_in and sale.payment.intent_id is not None:
        return ["refund", "refund in part", "refund fails", *GRAVE, *HARMLESS]
    return []


def happen(sale: Sale, event: str) -> None:
    """Let something happen to a session."""
    intent_id = sale.payment.intent_id or f"pi_{sale.payment.session_id}"
    match event:
        case "pay" | "arrive":
            sale.money_in = True
            sale.become(status="complete", payment_status="paid", intent_id=intent_id, intent_status="succeeded")
        case "promotion":
            sale.money_in = True
            sale.become(status="complete", payment_status="no_payment_required")
        case "pay later":
            sale.become(status="complete", intent_id=intent_id, intent_status="processing")
        case "fail":
            sale.become(intent_status="requires_payment_method")
        case "expire":
            sale.become(status="expired")
        case "refund":
            sale.money_gone = True
            sale.become(reversals=_reversals(sale))
        case "refund fails":
            sale.refund_failed, sale.money_gone = sale.refund_failed or sale.money_gone, False
            sale.become(reversals=_reversals(sale))
        case "refund in part":
            pass  # the charge says refunded only when all of it was
        case _:
            sale.disputed, sale.lost, sale.dispute = event in GRAVE, event in LOST, event
            sale.become(reversals=_reversals(sale))


def _reversals(sale: Sale) -> tuple[Reversal, ...]:
    failed = (reversals(refunded=True)[0]._replace(status="failed"),) if sale.refund_failed else ()
    return (*failed, *reversals((sale.dispute,) if sale.dispute else (), refunded=sale.money_gone))
