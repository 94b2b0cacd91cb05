"""`lmx sandbox pay`, `settle`, `promo`, `expire`, `refund`, `dispute` and `clock`, as processes of their own."""

import json
from typing import Any

import pytest

from tests.running import Sandbox


@pytest.fixture
def session(sandbox: Sandbox) -> Any:
    """Return an open session that allows promotion codes."""
    return open_session(sandbox, allow_promotion_codes=True)


def open_session(sandbox: Sandbox, **params: Any) -> Any:
    """Make an open session."""
    client = sandbox.stripe()
    product = client.v1.products.create(
        {"name": "Course", "default_price_data": {"currency": "usd", "unit_amount": 4999}}
    )
    all_params: Any = {
        "mode": "payment",
        "line_items": [{"price": str(product.default_price), "quantity": 1}],
        "success_url": "https://learnermax.example/",
        **params,
    }
    return client.v1.checkout.sessions.create(all_params)


PAID = {
    "card": ("complete", "paid"),
    "delayed": ("complete", "unpaid"),
    "declined": ("open", "unpaid"),
    "free": ("complete", "no_payment_required"),
}


@pytest.mark.parametrize("method", PAID)
def test_pay(sandbox: Sandbox, session: Any, method: str) -> None:
    """By the session's URL, in every way that the page offers."""
    said = sandbox.run("sandbox", "pay", session.url, "--method", method, "--email", "ada@b.example", "-o", "json")

    data = json.loads(said.stdout)["data"]
    assert (0, session.id, *PAID[method]) == (
        said.returncode,
        data["session_id"],
        data["status"],
        data["payment_status"],
    )
    assert {"amount": 0 if method == "free" else 4999, "currency": "usd"} == data["amount_total"]


PAY_AGAIN = {
    "card": (
        "this session is complete",
        "It is paid. To complete its enrollment: lmx enrollments reconcile -e sandbox",
    ),
    "delayed": ("this session is complete", "See what became of it: lmx checkout show $session -e sandbox"),
    "expired": ("this session is expired", "Make another: lmx checkout create COURSE_ID --user USER_ID -e sandbox"),
}


@pytest.mark.parametrize("before", PAY_AGAIN)
def test_a_session_that_is_over_cannot_be_paid(sandbox: Sandbox, session: Any, before: str) -> None:
    """It ends in 1, says why, and names what helps: a list of pending enrollments may still name the session."""
    args = ("expire", session.id) if before == "expired" else ("pay", session.id, "--method", before)
    assert 0 == sandbox.run("sandbox", *args).returncode

    said = sandbox.run("sandbox", "pay", session.url)

    why, hint = PAY_AGAIN[before]
    assert (1, "") == (said.returncode, said.stdout)
    assert [f"Error: {why}", f"  {hint.replace('$session', session.id)}"] == said.stderr.splitlines()


REFUSED = {
    ("--method", "free"): (
        "this session does not allow promotion codes",
        "Make one that does: lmx checkout create COURSE_ID --user USER_ID --allow-promotion-codes -e sandbox",
    ),
    ("--email", "nobody"): ("this is no email address: nobody", "Give another --email, such as ada@example.com."),
}


@pytest.mark.parametrize("options", REFUSED)
def test_an_open_session_that_cannot_be_paid_so(sandbox: Sandbox, options: tuple[str, str]) -> None:
    """The remedy is another session, or another option."""
    said = sandbox.run("sandbox", "pay", open_session(sandbox).id, *options)
    why, hint = REFUSED[options]
    assert (1, [f"Error: {why}", f"  {hint}"]) == (said.returncode, said.stderr.splitlines())


def test_expire(sandbox: Sandbox, session: Any) -> None:
    """Once; the second time there is nothing to expire."""
    said = sandbox.run("sandbox", "expire", session.id)
    again = sandbox.run("sandbox", "expire", session.id)

    assert (0, f"{session.id}: expired, unpaid\n") == (said.returncode, said.stdout)
    assert (1, True) == (again.returncode, "Error: this session is expired\n" in again.stderr)


def test_clock(sandbox: Sandbox, session: Any) -> None:
    """A day later the session has expired."""
    before = sandbox.control.health()["now"]

    said = sandbox.run("sandbox", "clock", "--advance", "25h", "-o", "json")

    assert 90_000 == json.loads(said.stdout)["data"]["advanced_seconds"]
    assert 90_000 <= sandbox.control.health()["now"] - before
    assert "expired" == sandbox.stripe().v1.checkout.sessions.retrieve(session.id).status


@pytest.mark.parametrize("duration", ["25", "h", "-1h", "1h30"])
def test_what_is_no_duration_is_refused(sandbox: Sandbox, duration: str) -> None:
    """It is wrong usage, and the hint tells how to write one."""
    said = sandbox.run("sandbox", "clock", f"--advance={duration}")

    assert (2, True) == (said.returncode, "such as 90s, 30m, 25h or 3d" in said.stderr)


@pytest.fixture
def paid(sandbox: Sandbox, session: Any) -> Any:
    """Return a session that is paid."""
    sandbox.control.pay(session.id)
    return session


def test_refund_in_parts(sandbox: Sandbox, paid: Any) -> None:
    """The first by its amount, the second of all that is left, a third of nothing."""
    part = sandbox.run("sandbox", "refund", paid.id, "--amount", "10.00", "-o", "json")
    rest = sandbox.run("sandbox", "refund", paid.url)
    again = sandbox.run("sandbox", "refund", paid.id)

    second, first = sandbox.stripe().v1.refunds.list().data
    assert {
        "id": first.id,
        "charge": first.charge,
        "status": "succeeded",
        "amount": {"amount": 1000, "currency": "usd"},
    } == json.loads(part.stdout)["data"]
    assert (0, f"{second.id}: refund of 39.99 usd, succeeded\n") == (rest.returncode, rest.stdout)
    said = [
        f"Error: Charge {first.charge} has already been refunded.",
        f"  See what became of it: lmx students show {paid.id} -e sandbox",
    ]
    assert (1, said) == (again.returncode, again.stderr.splitlines())


def test_refund_beyond_the_charge(sandbox: Sandbox, paid: Any) -> None:
    """The remedy is another amount."""
    said = sandbox.run("sandbox", "refund", paid.id, "--amount", "1000")
    assert (1, "  Give a smaller --amount, or leave it out.") == (said.returncode, said.stderr.splitlines()[1])


def test_a_refund_that_fails(sandbox: Sandbox, paid: Any) -> None:
    """Once three days have passed, as the command says."""
    said = sandbox.run("sandbox", "refund", paid.id, "--fail")

    (refund,) = sandbox.stripe().v1.refunds.list().data
    later = "it fails in three days: lmx sandbox clock --advance 3d"
    assert (0, f"{refund.id}: refund of 49.99 usd, succeeded; {later}\n") == (said.returncode, said.stdout)
    assert 0 == sandbox.run("sandbox", "clock", "--advance", "3d").returncode
    assert "failed" == sandbox.stripe().v1.refunds.retrieve(refund.id).status


def test_a_dispute_is_opened_won_and_lost(sandbox: Sandbox, paid: Any) -> None:
    """The same one: an open one is not opened again."""
    opened = sandbox.run("sandbox", "dispute", paid.id, "--amount", "10")
    again = sandbox.run("sandbox", "dispute", paid.id)
    ended = [sandbox.run("sandbox", "dispute", paid.id, "--status", status).stdout for status in ("won", "lost")]

    (dispute,) = sandbox.stripe().v1.disputes.list().data
    assert (0, f"{dispute.id}: dispute over 10.00 usd, needs_response\n") == (opened.returncode, opened.stdout)
    assert (1, True) == (again.returncode, "Error: this session's payment is disputed already\n" in again.stderr)
    assert [f"{dispute.id}: dispute over 10.00 usd, {status}\n" for status in ("won", "lost")] == ended


def test_a_dispute_that_was_not_opened_is_lost(sandbox: Sandbox, paid: Any) -> None:
    """It is opened first, so that both events occur."""
    said = sandbox.run("sandbox", "dispute", paid.id, "--status", "lost", "-o", "json")

    assert (0, "lost", {"amount": 4999, "currency": "usd"}) == (
        said.returncode,
        json.loads(said.stdout)["data"]["status"],
        json.loads(said.stdout)["data"]["amount"],
    )
    types = {event.type for event in sandbox.stripe().v1.events.list().data}
    assert {"charge.dispute.created", "charge.dispute.closed"} <= types
    refused = sandbox.run("sandbox", "dispute", paid.id, "--status", "won", "--amount", "5")
    assert "Error: the amount of a dispute cannot be changed\n" in refused.stderr


@pytest.mark.parametrize(("options", "status"), [((), "paid"), (("--fail",), "unpaid")])
def test_settle(sandbox: Sandbox, session: Any, options: tuple[str, ...], status: str) -> None:
    """At once, and once."""
    sandbox.control.pay(session.id, "delayed")

    said = sandbox.run("sandbox", "settle", session.url, *options)
    again = sandbox.run("sandbox", "settle", session.id)

    assert (0, f"{session.id}: complete, {status}\n") == (said.returncode, said.stdout)
    assert (1, True) == (again.returncode, "Error: no payment of this session is processing\n" in again.stderr)


@pytest.mark.parametrize(
    ("option", "amount", "off"), [("--percent-off", "12.5", "12.5 %"), ("--amount-off", "5", "5.00 usd")]
)
def test_promo(sandbox: Sandbox, session: Any, option: str, amount: str, off: str) -> None:
    """The code lowers what is paid, also when it is typed in small letters; it is made once."""
    said = sandbox.run("sandbox", "promo", "SUMMER-26", option, amount)
    again = sandbox.run("sandbox", "promo", "summer-26", option, amount)

    assert (0, f"SUMMER-26: {off} off, where promotion codes are allowed\n") == (said.returncode, said.stdout)
    assert (1, True) == (again.returncode, "An active promotion code with `code: summer-26`" in again.stderr)
    paid = sandbox.control.pay_with_code(session.id, "summer-26")
    assert {"--percent-off": 4374, "--amount-off": 4499}[option] == paid.amount_total
