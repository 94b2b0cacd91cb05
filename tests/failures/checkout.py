"""Checkouts that lmx refuses."""

from decimal import Decimal

from tests.checkout import worlds as checkout
from tests.failures.model import SESSION, URL, USER, Failure, World, all_of
from tests.failures.worlds import course, enrolled, on_sale, paid
from tests.products import worlds as products
from tests.products.worlds import COURSE, PRODUCT
from tests.running import Sandbox

_SYNC = f"lmx products sync --course {COURSE}"
_CREATE = f"checkout create {COURSE} --user {USER}"
_OPTIONS = f"--course {COURSE} --user {USER}"


def _student(user: str = USER, **attributes: object) -> World:
    return lambda sandbox: checkout.put_student(sandbox, user, **attributes)  # type: ignore[arg-type]


def _edited(**attributes: object) -> World:
    return all_of(on_sale, lambda sandbox: products.edit_course(sandbox, COURSE, **attributes))


def _foreign(sandbox: Sandbox) -> dict[str, str]:
    session = checkout.make_session(sandbox, checkout.on_sale(sandbox))
    return {"session": session.id}


def _repriced(sandbox: Sandbox) -> dict[str, str]:
    checkout.on_sale(sandbox)
    products.edit_course(sandbox, COURSE, price=Decimal("79.00"))
    (price,) = sandbox.stripe().v1.prices.list({"product": PRODUCT})
    return {"price": price.id}


def _inactive(sandbox: Sandbox) -> None:
    checkout.on_sale(sandbox)
    sandbox.stripe().v1.products.update(PRODUCT, {"active": False})


def _refused(error: str, remedy: str, world: World, command: str = _CREATE) -> Failure:
    return Failure(command, 1, error, remedy, world)


FAILURES = (
    _refused(
        f"course {COURSE} is free",
        f"Enroll the student without payment: lmx enrollments create {COURSE} --user {USER}",
        course(COURSE, None, pricingModel="free"),
    ),
    _refused(
        f"course {COURSE} is not synced: product {PRODUCT} is not on sale at Stripe",
        f"Sync it first: {_SYNC}",
        _inactive,
    ),
    _refused(
        f"course {COURSE} is not synced: product prod_gone is gone at Stripe",
        f"Sync it first: {_SYNC}",
        course(COURSE, stripeProductId="prod_gone", stripePriceId="price_gone"),
    ),
    _refused(
        f"the price of course {COURSE} has drifted: Stripe charges 99.99 usd ($price), the course states 79.00 usd",
        f"Sync it first: {_SYNC}",
        _repriced,
    ),
    _refused(
        f"course {COURSE} cannot be sold: its price is not a number but the text 'dear'",
        f"Fix it: lmx courses set-price {COURSE} PRICE, then {_SYNC}",
        _edited(price="dear"),
    ),
    _refused(
        "student $harmless not found",
        "Name an existing student with --user: a user id or an e-mail address.",
        on_sale,
        f"checkout create {COURSE} --user '$hostile'",
    ),
    _refused(
        "student user-8 has neither email nor Stripe customer",
        "Give the student's item an email, or a stripeCustomerId.",
        all_of(on_sale, _student("user-8", email=None)),
        f"checkout create {COURSE} --user user-8",
    ),
    _refused(
        f"Stripe rejected the session for user-8/{COURSE}: No such customer: 'cus_gone'",
        "Fix or remove stripeCustomerId of student user-8: Stripe must know it for this key.",
        all_of(on_sale, _student("user-8", stripeCustomerId="cus_gone")),
        f"checkout create {COURSE} --user user-8",
    ),
    _refused(
        f"{USER} is already enrolled in {COURSE} (odd[red]\\x1b)",
        f"Nothing to do. The enrollment: lmx enrollments list --user {USER}",
        enrolled(paymentStatus="odd[red]\x1b"),
    ),
    _refused(
        f"{USER}/{COURSE} is pending as a free enrollment, not as a paid one",
        f"Remove it first: lmx enrollments release {COURSE} --user {USER}",
        enrolled(enrollmentType="free"),
    ),
    _refused(
        f"{USER}/{COURSE} names session {SESSION}, which Stripe does not have for this key",
        f"Check that the key is of the right account and mode; if it is: lmx enrollments release {COURSE} "
        f"--user {USER} --allow-missing-session",
        enrolled(stripeSessionId=SESSION),
    ),
    _refused(
        f"session $session of {USER}/{COURSE} is complete (paid)",
        f"Settle it first: lmx enrollments reconcile {_OPTIONS}",
        paid,
    ),
    Failure(
        f"{_CREATE} --expires-in 5m",
        2,
        "--expires-in is '5m', not between 30m and 24h",
        "Give a duration such as 30m, 2h or 1h30m.",
    ),
    Failure(
        f"{_CREATE} --ui embedded --success-url {URL}",
        2,
        "--success-url does not go with --ui embedded",
        "An embedded form takes only --return-url.",
    ),
    Failure(
        "checkout show '$hostile'",
        2,
        "'$harmless' is not the id of a session",
        "A session's id looks like cs_test_… or cs_live_….",
    ),
    Failure(
        "checkout show prod_1",
        2,
        "'prod_1' is not the id of a session",
        "A session's id looks like cs_test_… or cs_live_….",
    ),
    Failure("checkout show pi_1", 2, "'pi_1' is not the id of a session", "What it is about: lmx students show pi_1"),
    _refused(
        "Stripe has no session cs_test_gone for this key",
        "Check the id, and that it is of this account and of test mode (-e).",
        lambda _: None,
        "checkout show cs_test_gone",
    ),
    Failure(
        "checkout expire $session",
        5,
        "session $session was not created by lmx for environment sandbox, so lmx does not expire it",
        "Name its environment with -e, or expire it in the Dashboard; no flag lifts this.",
        _foreign,
    ),
    _refused(
        f"session $session of {USER}/{COURSE} is complete (paid)",
        "It cannot be paid any more, so there is nothing to expire. What it means for the enrollment: "
        f"lmx enrollments reconcile {_OPTIONS} --since $made --dry-run",
        paid,
        "checkout expire $session",
    ),
)
