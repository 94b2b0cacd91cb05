"""`lmx sandbox pay`, `expire` and `clock`, as processes of their own."""

import json
from typing import Any

import pytest

from tests.running import Sandbox


@pytest.fixture
def session(sandbox: Sandbox) -> Any:
    """Return an open session that allows promotion codes."""
    client = sandbox.stripe()
    product = client.v1.products.create(
        {"name": "Course", "default_price_data": {"currency": "usd", "unit_amount": 4999}}
    )
    return client.v1.checkout.sessions.create(
        {
            "mode": "payment",
            "line_items": [{"price": str(product.default_price), "quantity": 1}],
            "success_url": "https://learnermax.example/",
            "allow_promotion_codes": True,
        }
    )


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


def test_a_session_that_is_paid_cannot_be_paid_again(sandbox: Sandbox, session: Any) -> None:
    """It ends in 1 and says why."""
    assert 0 == sandbox.run("sandbox", "pay", session.id).returncode

    said = sandbox.run("sandbox", "pay", session.id)

    assert (1, "") == (said.returncode, said.stdout)
    assert "Error: this session is complete\n" in said.stderr


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
