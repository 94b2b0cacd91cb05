"""Tickets of support: what a student has, and what is to be said and done about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.items import student_item
from tests.running import Sandbox
from tests.students.worlds import USER

OURS = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
SITE = {"courseId": COURSE}
LONG_AGO = "2026-01-01T00:00:00.000Z"


@dataclass(frozen=True, slots=True)
class Ticket:
    """A world, the state that it is shown in, whether a command settles it, and the state once it has."""

    name: str
    put: Callable[[Sandbox], str | None]
    state: str
    after: str | None = None
    """None: there is no command, or nothing is left to be shown."""
    remedy: str | None = None
    """The command without its options."""

    def __str__(self) -> str:
        return self.name


def _in(sandbox: Sandbox, **attributes: Any) -> str:
    """Put a student who has paid and is in."""
    session_id = worlds.seed(sandbox, USER)
    worlds.put_pending(sandbox, USER, session_id, paymentStatus="completed", progress=40, **attributes)
    return session_id


def _pending(state: str, **fields: Any) -> Callable[[Sandbox], str]:
    def put(sandbox: Sandbox) -> str:
        session_id = worlds.seed(sandbox, USER, state, **fields)
        worlds.put_pending(sandbox, USER, session_id)
        return session_id

    return put


def _then(*steps: Callable[[Sandbox, str], object], **attributes: Any) -> Callable[[Sandbox], str]:
    def put(sandbox: Sandbox) -> str:
        session_id = _in(sandbox, **attributes)
        for step in steps:
            step(sandbox, session_id)
        return session_id

    return put


def _refund(sandbox: Sandbox, session_id: str) -> None:
    sandbox.control.refund(session_id)


def _refund_part(sandbox: Sandbox, session_id: str) -> None:
    sandbox.control.refund(session_id, 5000)


def _refund_fails(sandbox: Sandbox, session_id: str) -> None:
    sandbox.control.change_refund(session_id, "failed")


def _dispute(*statuses: str, amount: int | None = None) -> Callable[[Sandbox, str], None]:
    def step(sandbox: Sandbox, session_id: str) -> None:
        sandbox.control.dispute(session_id, amount=amount)
        for status in statuses:
            sandbox.control.change_dispute(session_id, status)

    return step


def _second(sandbox: Sandbox, _: str) -> None:
    worlds.seed(sandbox, USER, id="cs_test_second", offset=-3600)


def _revoke(sandbox: Sandbox, _: str) -> None:
    worlds.reconcile(sandbox, "--since", "3d", "--revoke")


def _revoke_by_hand(sandbox: Sandbox, _: str) -> None:
    done = sandbox.run("enrollments", "revoke", COURSE, "--user", USER, "--reason", "shared the account", "--yes")
    assert 0 == done.returncode, done.stderr


def _pay_later(sandbox: Sandbox, _: str) -> None:
    """A checkout that was open when an operator revoked is paid."""
    late = worlds.seed(sandbox, USER, "open", id="cs_test_late", offset=-60)
    _revoke_by_hand(sandbox, late)
    sandbox.control.advance_clock(60)
    sandbox.control.pay(late, email=student_item(USER)["email"])


def _pay_again(sandbox: Sandbox, _: str) -> None:
    sandbox.control.advance_clock(60)
    worlds.seed(sandbox, USER, id="cs_test_again", offset=0)


def _no_session(sandbox: Sandbox) -> None:
    worlds.put_pending(sandbox, USER, None)


def _paid_unnamed(sandbox: Sandbox) -> str:
    worlds.put_pending(sandbox, USER, None)
    return worlds.seed(sandbox, USER)


def _link(user: str | None, **fields: Any) -> Callable[[Sandbox], str]:
    reference = {} if user is None else {"client_reference_id": user}

    def put(sandbox: Sandbox) -> str:
        email = student_item(USER)["email"]
        row = {"metadata": OURS, "email": email, "payment_link": "plink_1", **reference, **fields}
        return worlds.seed(sandbox, None, id="cs_test_link", **row)

    return put


def _link_for_nobody(sandbox: Sandbox) -> str:
    assert 0 == sandbox.run("products", "sync", "--yes").returncode  # the product that is sold decides
    return _link(None)(sandbox)


def _free(sandbox: Sandbox) -> None:
    worlds.put_pending(sandbox, USER, None, enrollmentType="free", paymentStatus="free")


def _owed(sandbox: Sandbox) -> str:
    return _in(sandbox, enrollmentEvent=worlds.owed_since(sandbox))


def _missing(sandbox: Sandbox) -> None:
    worlds.put_pending(sandbox, USER, "cs_test_gone")


def _somebody_elses(sandbox: Sandbox) -> str:
    session_id = worlds.seed(sandbox, "user-8")
    worlds.put_pending(sandbox, USER, session_id)
    return session_id


def _never_paid(sandbox: Sandbox) -> None:
    worlds.put_pending(sandbox, USER, None, paymentStatus="completed")


RECONCILE, RELEASE = "enrollments reconcile", "enrollments release"
KEEP, REVOKE, CREATE = "enrollments keep", "enrollments revoke", "enrollments create"
KEPT = {"accessKeptAt": LONG_AGO, "accessKeptReason": "goodwill"}

TICKETS = (
    Ticket("lost webhook", _pending("paid"), "paid", "completed", RECONCILE),
    Ticket("paid, item without session", _paid_unnamed, "paid", "completed", RECONCILE),
    Ticket("checkout open", _pending("open", offset=-3600), "open"),
    Ticket("expired session locks out", _pending("expired"), "expired", None, RELEASE),
    Ticket("delayed payment under way", _pending("processing"), "processing"),
    Ticket("delayed payment failed", _pending("failed"), "failed", None, RELEASE),
    Ticket("no session id", _no_session, "no session", None, RELEASE),
    Ticket("session gone", _missing, "missing session", None, RELEASE),
    Ticket("refunded before it completed", _pending("refunded"), "refunded", None, RELEASE),
    Ticket("in and paid", _in, "completed"),
    Ticket("paid twice", _then(_second), "paid twice"),
    Ticket("refunded in part", _then(_refund_part), "completed"),
    Ticket("refunded", _then(_refund), "in, but refunded", "revoked", RECONCILE),
    Ticket("refund failed", _then(_refund, _refund_fails), "completed"),
    Ticket("refunded, paid again", _then(_refund, _second), "paid", "completed", RECONCILE),
    Ticket("dispute open", _then(_dispute()), "in, but disputed"),
    Ticket("dispute won", _then(_dispute("won")), "completed"),
    Ticket("dispute lost", _then(_dispute("lost")), "in, but charged back", "revoked", RECONCILE),
    Ticket("dispute won, then lost", _then(_dispute("won", "lost")), "in, but charged back", "revoked", RECONCILE),
    Ticket("part lost", _then(_dispute("lost", amount=2000)), "in, but partly charged back", "kept", KEEP),
    Ticket("revoked by a run", _then(_refund, _revoke), "revoked"),
    Ticket("revoked, refund failed", _then(_refund, _revoke, _refund_fails), "paid", "completed", RECONCILE),
    Ticket("revoked by hand", _then(_revoke_by_hand), "revoked"),
    Ticket("revoked by hand, paid again", _then(_refund, _revoke_by_hand, _pay_again), "paid", "completed", RECONCILE),
    Ticket("paid after revoke", _then(_refund, _pay_later), "paid after revoke", "kept", KEEP),
    Ticket("kept", _then(_refund, **KEPT), "kept"),
    Ticket("link with reference", _link(USER), "paid", "completed", RECONCILE),
    Ticket("link without reference", _link_for_nobody, "payer unknown", "completed", CREATE),
    Ticket("link of the site", _link(USER, metadata=SITE), "paid, not enrolled", "completed", RECONCILE),
    Ticket("free course", _free, "free"),
    Ticket("mail owed", _owed, "completed", "completed", RECONCILE),
    Ticket("another user's metadata", _somebody_elses, "mismatch", None, RELEASE),
    Ticket("enrolled, not paid", _never_paid, "enrolled, not paid", "revoked", REVOKE),
)
"""Of USER, a student whose address no other one has."""
