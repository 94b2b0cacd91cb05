"""Runs that together make every call of each row of the table, and no other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from learnermax_cli.webhooks.model import EVENTS
from tests.checkout import worlds as checkouts
from tests.checkout.formers import lost
from tests.enrollments.worlds import COURSE, put_basics, put_bought, put_pending, seed
from tests.products.worlds import marker
from tests.running import Sandbox
from tests.secrets.support import FIRST, NAME, api_keys
from tests.views import checkout, courses, doctor, enrollments, products, secrets, webhooks
from tests.views.data import USER
from tests.views.model import Words, World
from tests.webhooks.endpoint_worlds import URL, create_secret, fingerprint, make_endpoint, ours
from tests.webhooks.replays import register
from tests.webhooks.signed import event_of
from tests.webhooks.worlds import put_signing_secret

_MODULES = (secrets, courses, products, checkout, enrollments, webhooks, doctor)
_VIEWS = {view.name: view for module in _MODULES for view in module.VIEWS}
DEAF = "http://127.0.0.1:9/api/webhooks/stripe"
PREVIEW = {"LMX_ENVIRONMENT": "preview"}
REPLACED = "--roll or a replaced endpoint"
_BUY = f"create {COURSE} --user {checkouts.USER}"
_OF = f"{COURSE} --user {USER}"
Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Scenario:
    """A run of the command of a row, in a world that is put in place first."""

    row: str
    world: World
    command: str
    ends: int = 0
    env: Mapping[str, str] = field(default_factory=dict)
    events: Callable[[Sandbox], Sequence[Event]] | None = None
    """What is delivered to the receiver that it starts."""


def _view(row: str, name: str, command: str | None = None, ends: int = 0) -> Scenario:
    """Return the run of a view, confirmed where it asks, or of another command in its world."""
    found = _VIEWS[name]
    asked = " --yes" if found.answer else ""
    env = {name: value for name, value in found.env.items() if value is not None}
    return Scenario(row, found.world, command or found.command + asked, ends, env)


def _money(sandbox: Sandbox) -> None:
    """Put in a payment of each kind: to be completed, gone back, disputed, beside an open session, by a link, over."""
    put_basics(sandbox, "link")
    put_bought(sandbox, "paid", customer="cus_paid")
    void = put_bought(sandbox, "refunded", "refunded")
    put_pending(sandbox, "refunded", void, paymentStatus="completed")
    put_bought(sandbox, "disputed", "disputed")
    put_bought(sandbox, "open", "open", offset=-60)
    seed(sandbox, "open")
    seed(sandbox, "link", payment_link="plink_1", client_reference_id="link", metadata=marker(COURSE))
    put_bought(sandbox, "expired", "expired")


def _other_keys(sandbox: Sandbox) -> None:
    """Put other keys into a secret that is scheduled for deletion."""
    _VIEWS["secrets push replace"].world(sandbox)
    sandbox.secretsmanager().delete_secret(SecretId=NAME)


def _customer_gone(sandbox: Sandbox) -> None:
    """Put in a student whose customer Stripe does not know, so that it rejects the session."""
    checkouts.on_sale(sandbox)
    checkouts.put_student(sandbox, stripeCustomerId="cus_gone")


def _disputed(sandbox: Sandbox) -> None:
    put_basics(sandbox)
    put_bought(sandbox, USER, "disputed")


def _lost(sandbox: Sandbox) -> None:
    put_basics(sandbox)
    put_bought(sandbox, USER, "dispute_lost")


def _bought_and_lost(sandbox: Sandbox) -> None:
    lost(sandbox)


def _won_by_nobody(sandbox: Sandbox) -> Words:
    """Put in a payment through a link that does not say by whom, and was disputed for a while."""
    checkouts.on_sale(sandbox)
    return {"SESSION": seed(sandbox, None, "dispute_won", payment_link="plink_1", metadata=marker(COURSE))}


def _customer(sandbox: Sandbox) -> Words:
    """Put in a customer who paid through a link, and is not enrolled yet."""
    put_basics(sandbox, USER)
    customer = sandbox.stripe().v1.customers.create({"email": "Somebody@example.com"}).id
    named = {"client_reference_id": USER, "metadata": marker(COURSE)}
    seed(sandbox, USER, "dispute_won", customer=customer, payment_link="plink_1", **named)
    return {"CUSTOMER": customer}


def _api_keys_stored(sandbox: Sandbox) -> None:
    create_secret(sandbox, api_keys(sandbox))


def _undelivered(sandbox: Sandbox) -> None:
    """Register an endpoint where nobody answers; let students pay, beside an open session and without an item."""
    endpoint = make_endpoint(sandbox, DEAF, enabled_events=list(EVENTS))
    put_signing_secret(sandbox, str(endpoint.secret))
    marked: Any = {"metadata": ours(secretStored=fingerprint(endpoint.secret))}
    sandbox.stripe().v1.webhook_endpoints.update(endpoint.id, marked)
    price = checkouts.on_sale(sandbox)
    checkouts.put_student(sandbox, "user-8", "eight@example.com")
    waiting, *paid = (
        checkouts.make_session(sandbox, price, metadata={**marker(COURSE), "userId": user}, client_reference_id=user)
        for user in (checkouts.USER, checkouts.USER, "user-8")
    )
    checkouts.put_enrollment(sandbox, stripeSessionId=waiting.id)
    for session in paid:
        sandbox.control.pay(session.id)
    sandbox.control.dispute(paid[-1].id, "won")


def _replayed(sandbox: Sandbox) -> None:
    register(sandbox)
    _money(sandbox)


def _ours_without_secret(sandbox: Sandbox) -> None:
    make_endpoint(sandbox, metadata=ours())


def _receiver(sandbox: Sandbox) -> None:
    put_signing_secret(sandbox)
    _money(sandbox)


def _completed(sandbox: Sandbox) -> Sequence[Event]:
    sessions = sandbox.stripe().v1.checkout.sessions.list({"limit": 100, "status": "complete"}).data
    return [event_of(sandbox, session.id) for session in sessions]


_ALL = (
    _view("secrets push", "secrets push", "secrets push --kms-key-id alias/lmx"),
    _view("secrets push", "secrets push replace"),
    _view("secrets push --restore", "secrets push", "secrets push --restore"),
    Scenario("secrets push --restore", _other_keys, "secrets push --restore --yes", env=PREVIEW),
    _view("secrets status", "secrets status differs", ends=8),
    _view("secrets pull", "secrets pull"),
    _view("secrets rollback", "secrets rollback", f"secrets rollback --to {FIRST} --yes"),
    _view("secrets rollback", "secrets rollback", f"secrets rollback --to {'9' * 32}", 2),
    _view("courses list", "courses list nothing"),
    _view("courses set-price", "courses set-price"),
    _view("courses seed", "courses seed", "courses seed --replace --yes"),
    _view("products sync", "products sync answered"),
    _view("products sync --dry-run", "products sync plan pending", ends=8),
    _view("products sync --dry-run", "products list one", "products sync --dry-run --course a"),
    _view("products list", "products list nothing"),
    _view("products list", "products list one"),
    Scenario("checkout create", _customer_gone, f"checkout {_BUY}", 1),
    Scenario("checkout create", _bought_and_lost, f"checkout {_BUY} --replace"),
    _view("checkout link", "checkout link of an old price"),
    _view("checkout link --user", "checkout link"),
    _view("checkout show", "checkout show paid"),
    _view("checkout expire", "checkout expire"),
    _view("enrollments list", "enrollments list nothing"),
    _view("enrollments list --course", "enrollments list nothing", f"enrollments list --course {COURSE}"),
    _view("enrollments list --user", "enrollments list nothing", f"enrollments list --user {USER}", 1),
    Scenario("enrollments create", _customer_gone, f"enrollments {_BUY}", 1),
    Scenario("enrollments create", _bought_and_lost, f"enrollments {_BUY} --replace"),
    _view("enrollments create in a free course", "enrollments create free"),
    Scenario(
        "enrollments create --session",
        _won_by_nobody,
        f"enrollments create {COURSE} --user {checkouts.USER} --session {{SESSION}} --yes",
    ),
    Scenario("enrollments reconcile", _money, "enrollments reconcile"),
    Scenario("enrollments reconcile --since", _money, "enrollments reconcile --since 3d --revoke"),
    Scenario("enrollments reconcile --course", _money, f"enrollments reconcile --course {COURSE}"),
    Scenario("enrollments reconcile --user", _money, "enrollments reconcile --user paid"),
    Scenario("enrollments reconcile --user", _money, f"enrollments reconcile --user disputed --course {COURSE}"),
    Scenario("enrollments reconcile --window-only", _money, "enrollments reconcile --since 3d --window-only"),
    Scenario("enrollments reconcile --release-expired", _money, "enrollments reconcile --release-expired"),
    Scenario("enrollments release", _lost, f"enrollments release {_OF} --yes"),
    _view("enrollments keep", "enrollments keep"),
    Scenario("enrollments keep of a pending enrollment", _disputed, f"enrollments keep {_OF} --reason test --yes"),
    _view("enrollments revoke", "enrollments revoke"),
    Scenario("students show", _customer, "students show {CUSTOMER}"),
    Scenario("students show", _money, "students show paid@example.com"),
    _view("webhooks create", "webhooks create"),
    Scenario("webhooks create", _api_keys_stored, f"webhooks create --url {URL}"),
    Scenario(f"webhooks create {REPLACED}", _undelivered, f"webhooks create --url {DEAF} --roll --overlap 0s --yes"),
    Scenario(f"webhooks create {REPLACED}", _ours_without_secret, f"webhooks create --url {URL} --yes"),
    _view("webhooks list", "webhooks list"),
    _view("webhooks delete", "webhooks delete"),
    Scenario("webhooks serve", _receiver, "webhooks serve --revoke", events=_completed),
    Scenario("webhooks replay", _replayed, "webhooks replay --since 3d --revoke"),
    _view("doctor", "doctor ill", ends=3),
)
SEARCHED = Scenario("students show", _won_by_nobody, f"students show {checkouts.USER}")
"""Customers are searched for a student with whose address nothing was paid."""
SCENARIOS = {scenario.row: tuple(one for one in _ALL if one.row == scenario.row) for scenario in _ALL}
"""The runs by the name of their row."""
