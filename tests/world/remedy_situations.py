"""Situations in which a command names a remedy: how each comes about, and the command."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.checkout import formers
from tests.checkout import worlds as checkout
from tests.doctor.worlds import keys_of
from tests.enrollments import worlds as enrollments
from tests.items import course_item, student_item
from tests.products.worlds import COURSE, edit_course, make_product, marker, put_course
from tests.running import Sandbox
from tests.webhooks import endpoint_worlds as endpoints

USER = "user-7"


@dataclass(frozen=True, slots=True)
class Situation:
    """How it comes about, and the command that names a remedy."""

    name: str
    build: Callable[[Sandbox], Mapping[str, str | None] | None]
    command: str
    env: Mapping[str, str | None] = field(default_factory=lambda: checkout.ENV)


def _pending(state: str, **fields: object) -> Callable[[Sandbox], None]:
    def build(sandbox: Sandbox) -> None:
        enrollments.put_basics(sandbox)
        enrollments.put_bought(sandbox, USER, state, **fields)

    return build


def _missing(sandbox: Sandbox) -> None:
    enrollments.put_basics(sandbox, USER)
    enrollments.put_pending(sandbox, USER, "cs_test_" + "a1" * 29)


def _not_enrolled(sandbox: Sandbox) -> None:
    enrollments.put_basics(sandbox, USER)
    enrollments.seed(sandbox, USER, metadata={"userId": USER, "courseId": COURSE})


def _in_but_refunded(sandbox: Sandbox) -> None:
    _pending("paid")(sandbox)
    assert 0 == sandbox.run("enrollments", "reconcile").returncode
    sandbox.control.refund(checkout.sessions(sandbox)[0].id)


def _partly_charged_back(sandbox: Sandbox) -> None:
    _pending("paid")(sandbox)
    assert 0 == sandbox.run("enrollments", "reconcile").returncode
    session_id = checkout.sessions(sandbox)[0].id
    sandbox.control.dispute(session_id, amount=1_000)
    sandbox.control.change_dispute(session_id, "lost")


def _paid_after_revoke(sandbox: Sandbox) -> None:
    _pending("paid")(sandbox)
    assert 0 == sandbox.run("enrollments", "reconcile").returncode
    opened = enrollments.seed(sandbox, USER, "open", id="cs_test_late", offset=-60)
    words = ("enrollments", "revoke", COURSE, "--user", USER, "--reason", "shared the account", "--yes")
    assert 0 == sandbox.run(*words).returncode
    sandbox.control.refund(checkout.sessions(sandbox)[-1].id)
    sandbox.control.advance_clock(60)
    sandbox.control.pay(opened)


def _never_paid(sandbox: Sandbox) -> None:
    enrollments.put_basics(sandbox, USER)
    enrollments.put_pending(sandbox, USER, None, paymentStatus="completed")


def _former(build: Callable[[Sandbox], str]) -> Callable[[Sandbox], None]:
    def world(sandbox: Sandbox) -> None:
        build(sandbox)

    return world


def _theirs(former: str) -> Callable[[Sandbox], None]:
    def world(sandbox: Sandbox) -> None:
        formers.put_theirs(sandbox, former)

    return world


def _paid_beside(sandbox: Sandbox) -> None:
    price_id = checkout.on_sale(sandbox)
    checkout.put_enrollment(sandbox, enrolledAt=checkout.ago(sandbox, 0.1))
    sandbox.control.pay(checkout.make_session(sandbox, price_id).id)


def _orphan(sandbox: Sandbox) -> None:
    make_product(sandbox, "lmx_sandbox_gone", "gone", 4999, marker("gone"))


def _stale_link(sandbox: Sandbox) -> None:
    checkout.on_sale(sandbox)
    assert 0 == sandbox.run("checkout", "link", COURSE).returncode
    edit_course(sandbox, COURSE, price=formers.PRICE)
    assert 0 == sandbox.run("products", "sync", "--yes").returncode


def _priceless(sandbox: Sandbox) -> None:
    put_course(sandbox, "a", None)


def _ambiguous(sandbox: Sandbox) -> None:
    sandbox.dynamodb().put_item(Item=course_item("a", "4999"))


def _other_keys(sandbox: Sandbox) -> Mapping[str, str | None]:
    env = {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": None}
    assert 0 == sandbox.run("secrets", "push", "--yes", env=env).returncode
    return {**env, "STRIPE_SECRET_KEY": str(sandbox.control.add_key(kind="secret", mode="test")["value"])}


def _keys_missing_here(sandbox: Sandbox) -> Mapping[str, str | None]:
    env = {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": None}
    assert 0 == sandbox.run("secrets", "push", "--yes", env=env).returncode
    here = {"STRIPE_SECRET_KEY": keys_of(sandbox)["STRIPE_SECRET_KEY"]}
    (sandbox.cwd / ".env.local").write_text("".join(f"{name}={value}\n" for name, value in here.items()))
    (sandbox.cwd / ".gitignore").write_text(".env.local\n")
    return {**env, "STRIPE_SECRET_KEY": None, "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": None}


def _drifted(**change: Any) -> Callable[[Sandbox], None]:
    def build(sandbox: Sandbox) -> None:
        endpoints.created(sandbox)
        sandbox.stripe().v1.webhook_endpoints.update(endpoints.healthy(sandbox).id, change)  # type: ignore[arg-type]

    return build


def _nothing(_: Sandbox) -> None:
    return None


def _long_id(sandbox: Sandbox) -> None:
    checkout.on_sale(sandbox)
    sandbox.dynamodb().put_item(Item=student_item("u" * 180 + "@"))


RECONCILE = "enrollments reconcile --since 3d"
CREATE = f"checkout create {COURSE} --user {USER}"
SITUATIONS = (
    Situation("refunded", _pending("refunded"), RECONCILE),
    Situation("dispute lost", _pending("dispute_lost"), RECONCILE),
    Situation("mismatch", _theirs("other user, paid"), "enrollments reconcile"),
    Situation("missing session", _missing, "enrollments reconcile"),
    Situation("paid, not enrolled", _not_enrolled, RECONCILE),
    Situation("in, but refunded", _in_but_refunded, RECONCILE),
    Situation("in, but partly charged back", _partly_charged_back, RECONCILE),
    Situation("paid after revoke", _paid_after_revoke, RECONCILE),
    Situation("enrolled, not paid", _never_paid, "enrollments reconcile --audit"),
    *(Situation(f"checkout of {name}", _former(build), CREATE) for name, build in formers.OVER.items()),
    *(Situation(f"checkout of {name}", _theirs(name), CREATE) for name in formers.THEIRS),
    Situation("paid through another session", _paid_beside, CREATE),
    Situation("release of what is paid", _paid_beside, f"enrollments release {COURSE} --user {USER} --yes"),
    Situation("orphan product", _orphan, "products sync --dry-run"),
    Situation("stale link", _stale_link, "products sync"),
    Situation("no price", _priceless, "products sync --dry-run"),
    Situation("ambiguous price", _ambiguous, "products sync --dry-run"),
    Situation("keys that differ", _other_keys, "secrets status"),
    Situation("keys missing here", _keys_missing_here, "secrets status"),
    Situation("endpoint that is disabled", _drifted(disabled=True), "webhooks list"),
    Situation("endpoint at another host", _drifted(url="https://elsewhere.test/hook"), "webhooks list"),
    Situation("endpoint without stored secret", _drifted(metadata={"secretStored": ""}), "webhooks list"),
    Situation("no endpoint", _nothing, "webhooks list"),
    Situation("no course", _nothing, "courses list"),
    Situation("no product", lambda sandbox: put_course(sandbox, COURSE, "49.99"), "products list"),
    Situation("id too long for a link", _long_id, f"checkout link {COURSE} --user {'u' * 180}@"),
    Situation("unknown student", _nothing, "enrollments reconcile --user nobody"),
)
# Each command that a situation reaches, with one of those that name it.
NAMED_BY = {
    "checkout create": "id too long for a link",
    "checkout link": "stale link",
    "courses seed": "no course",
    "courses set-price": "no price",
    "enrollments keep": "in, but partly charged back",
    "enrollments list": "unknown student",
    "enrollments reconcile": "in, but refunded",
    "enrollments release": "refunded",
    "enrollments revoke": "enrolled, not paid",
    "products sync": "orphan product",
    "secrets pull": "keys missing here",
    "secrets push": "keys that differ",
    "webhooks create": "no endpoint",
    "webhooks delete": "endpoint at another host",
}
