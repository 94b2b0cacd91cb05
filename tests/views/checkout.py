"""Views of `lmx checkout`: sessions and links, made, found again, shown and ended."""

from tests.checkout.worlds import synced_course
from tests.enrollments.worlds import put_items, seed
from tests.items import student_item
from tests.products.worlds import add_price
from tests.running import Sandbox
from tests.views.data import ENV, LONG_NAME, USER, WIDE_NAME, put_link, session_id
from tests.views.model import View, Words

COURSE = "spec-driven-dev-premium"
_CREATE = f"checkout create {COURSE} --user {USER}"
_LINK = f"checkout link {COURSE}"


def on_sale(sandbox: Sandbox) -> str:
    """Put a synced course and a student in place; return the price id."""
    put_items(sandbox, [student_item(USER, name=WIDE_NAME)])
    return synced_course(sandbox, COURSE, "999.99", name=LONG_NAME)


def shop(sandbox: Sandbox) -> None:
    """Put a synced course and a student in place."""
    on_sale(sandbox)


def linked(sandbox: Sandbox) -> Words:
    """Put a course on sale through a link."""
    return {"LINK": put_link(sandbox, COURSE, on_sale(sandbox))}


def created(sandbox: Sandbox) -> Words:
    """Make a checkout; its session."""
    on_sale(sandbox)
    sandbox.run(*_CREATE.split(), env=dict(ENV))
    (session,) = sandbox.stripe().v1.checkout.sessions.list().data
    return {"SESSION": session.id, "URL": str(session.url)}


def paid(sandbox: Sandbox) -> Words:
    """Make a checkout that is paid; its session."""
    words = created(sandbox)
    sandbox.control.pay(words["SESSION"])
    return words


def delayed(sandbox: Sandbox) -> Words:
    """Make a checkout whose payment is under way; its session."""
    words = created(sandbox)
    sandbox.control.pay(words["SESSION"], "delayed")
    return words


def _expired(sandbox: Sandbox) -> Words:
    words = created(sandbox)
    sandbox.control.expire(words["SESSION"])
    return words


def _seeded(sandbox: Sandbox) -> Words:
    name = session_id(1)
    seed(sandbox, USER, "partly_refunded", id=name, amount=12_345_678, currency="jpy", payment_link="plink_1")
    return {"SESSION": name}


def _link_of_old_price(sandbox: Sandbox) -> None:
    on_sale(sandbox)
    put_link(sandbox, COURSE, add_price(sandbox, f"lmx_sandbox_{COURSE}", 89_999))


VIEWS = (
    View("checkout create plan", shop, f"{_CREATE} --dry-run", env=ENV, reads=True),
    View("checkout create", shop, _CREATE, env=ENV),
    View("checkout create again", created, _CREATE, env=ENV, reads=True),
    View("checkout create again plan", created, f"{_CREATE} --dry-run", env=ENV, reads=True),
    View("checkout create embedded", created, f"{_CREATE} --ui embedded --expires-in 30m", env=ENV),
    View("checkout create replacing plan", created, f"{_CREATE} --ui embedded --dry-run", env=ENV, reads=True),
    View("checkout link plan", shop, f"{_LINK} --dry-run", env=ENV, reads=True),
    View("checkout link", shop, f"{_LINK} --user {USER}", env=ENV),
    View("checkout link again", linked, _LINK, env=ENV, reads=True),
    View("checkout link of an old price plan", _link_of_old_price, f"{_LINK} --dry-run", env=ENV, reads=True),
    View("checkout link of an old price", _link_of_old_price, _LINK, env=ENV),
    View("checkout show open", created, "checkout show {SESSION}", reads=True),
    View("checkout show paid", _seeded, "checkout show {SESSION}", reads=True),
    View("checkout show expired", _expired, "checkout show {SESSION}", reads=True),
    View("checkout expire plan", created, "checkout expire {SESSION} --dry-run", reads=True),
    View("checkout expire", created, "checkout expire {SESSION}"),
    View("checkout expire again", _expired, "checkout expire {SESSION}", reads=True),
)
