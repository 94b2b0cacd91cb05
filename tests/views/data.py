"""Data as nasty as it gets: long names and ids, wide letters, markup that is none, large amounts, many currencies."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.enrollments.worlds import AMOUNT, COURSE, now, put_items, text_of
from tests.items import enrollment_item, student_item
from tests.products.worlds import marker, put_course
from tests.running import Sandbox
from tests.secrets.support import api_keys

LONG_NAME = ("Spec-Driven Development with Agents, from the First Prompt to Production: " * 4)[:255].strip()
WIDE_NAME = "データ構造とアルゴリズム入門:基礎から実践まで学ぶ完全コース"
MARKUP_NAME = "[bold red]Sale![/] [link=https://evil.example]here[/link] 🎓🚀 100% **off** <b>now</b>"
BROKEN_NAME = "Two lines\nand a \x1b[31mred\x1b[0m one\twith a tab \u202egnol oot"
USER = "7f3c1c1e-5a0b-4c7d-9e2f-0123456789ab"
OTHER_USER = "auth0|66f0c2d1e4b0a1b2c3d4e5f6"
SESSION = "cs_test_a1" + "B2c3D4e5F6g7" * 4 + "H8i9J0k1"
SITE = "https://learnermax.example"
ENV = {"FRONTEND_URL": SITE}
LIVE: Mapping[str, str | None] = {
    "LMX_ENVIRONMENT": "prod",
    "LMX_ALLOW_MISMATCH": "learnermax-education-sandbox",
    **dict.fromkeys(("STRIPE_SECRET_KEY", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY", "TRANSACTIONAL_EMAIL_TOPIC_ARN")),
}
"""For a run with live keys, which `put_live_keys` puts into the env file."""


def session_id(number: int) -> str:
    """Return one of many ids of 66 characters, as Stripe's are."""
    return f"{SESSION[:-4]}{number:04}"


def put_live_keys(sandbox: Sandbox) -> None:
    """Put the live keys of the sandbox's account into the env file."""
    keys = api_keys(sandbox, "live").items()
    (sandbox.cwd / ".env.local").write_text("".join(f"{name}={key}\n" for name, key in keys))


def sale(number: int, **fields: object) -> dict[str, object]:
    """Return a session to seed, thirty hours old and paid unless told, with an id of its number."""
    return {"id": session_id(number), "course_id": COURSE, "offset": -3600 * 30, "amount": AMOUNT, **fields}


def put_sales(sandbox: Sandbox, sales: Sequence[Mapping[str, object]]) -> None:
    """Put in sessions, each with its student and the pending enrollment that names it."""
    sandbox.control.seed_sessions(sales)
    enrolled_at = text_of(now(sandbox) - 3600 * 30)
    users = {str(sold["user_id"]): sold["id"] for sold in sales}
    items = [enrollment_item(user, COURSE, enrolled_at, stripeSessionId=named) for user, named in users.items()]
    put_items(sandbox, [*map(student_item, users), *items])


def put_link(sandbox: Sandbox, course: str, price_id: str) -> str:
    """Make a payment link of ours that sells a price; return its URL."""
    made: Any = {"line_items": [{"price": price_id, "quantity": 1}], "metadata": marker(course)}
    return sandbox.stripe().v1.payment_links.create(made).url


def put_nasty_courses(sandbox: Sandbox) -> None:
    """Put in every kind of course: sold, free, announced, refused, odd."""
    put_course(sandbox, "spec-driven-dev-premium", "4999", name=LONG_NAME)
    put_course(sandbox, "algorithms-ja", "7980", name=WIDE_NAME, currency="jpy", priceUnit="minor")
    put_course(sandbox, "sale-markup", "49.99", name=MARKUP_NAME)
    put_course(sandbox, "broken-name", "19.99", name=BROKEN_NAME, description="One.\nTwo.")
    put_course(sandbox, "enterprise-license", "125000.00", name="Enterprise", priceUnit="major")
    put_course(sandbox, "kuwait", "12.345", name="Dinars", currency="kwd", priceUnit="major")
    put_course(sandbox, "cheap", "0.10", name="Below the minimum")
    put_course(sandbox, "nameless", "19.99", name="")
    put_course(sandbox, "relative-image", "19.99", name="Relative", imageUrl="/course-covers/spec-driven.png")
    put_course(sandbox, "soon", "99.00", name="Coming soon", comingSoon=True)
    put_course(sandbox, "free-intro", None, name="Free", pricingModel="free")


def put_enrolled(sandbox: Sandbox, user: str, course: str, status: str = "pending", **more: object) -> None:
    """Put a student and an enrollment of some hours ago."""
    enrolled_at = text_of(now(sandbox) - 3600 * 30)
    item = enrollment_item(user, course, enrolled_at, paymentStatus=status, **more)
    put_items(sandbox, [student_item(user), item])
