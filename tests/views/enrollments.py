"""Views of `lmx enrollments`: every state that Stripe may report, completed, released, revoked, failed in part."""

from typing import Any

from tests.enrollments.test_reconcile_rows import STATES
from tests.enrollments.worlds import COURSE, now, put_basics, put_bought, put_items, put_pending, seed, text_of
from tests.items import student_item
from tests.products.worlds import marker, put_course, synced_course
from tests.running import Sandbox
from tests.views.checkout import COURSE as SOLD
from tests.views.checkout import shop
from tests.views.courses import nothing
from tests.views.data import (
    ENV,
    LIVE,
    LONG_NAME,
    OTHER_USER,
    USER,
    put_enrolled,
    put_live_keys,
    put_sales,
    sale,
    session_id,
)
from tests.views.model import View

_LINK = {"payment_link": "plink_1", "client_reference_id": USER}
FIRST = f"{USER[:-4]}0000"
_SITE = {"userId": OTHER_USER, "courseId": COURSE}
_ODD = (
    sale(92, user_id="paid-by-another", metadata={**_SITE, "userId": "somebody-else"}),
    sale(93, user_id="paid-twice"),
    sale(95, user_id="other-amount", amount=4999),
    sale(99, user_id="refunded-later", state="refunded"),
)
_WITHOUT_ENROLLMENT: dict[int, dict[str, object]] = {
    94: {"user_id": "paid-twice", "offset": -3600 * 40},
    96: {"user_id": USER, **_LINK},
    97: {"user_id": OTHER_USER, "metadata": _SITE},
    98: {"payment_link": "plink_1", "email": "[bold]nobody[/]@example.com"},
}


def _bought() -> list[dict[str, object]]:
    return [
        sale(number, user_id=f"{USER[:-4]}{number:04}", state=state, offset=-3600 * (1 if state == "open" else 30))
        for number, state in enumerate(STATES)
    ]


def _every_state(sandbox: Sandbox) -> None:
    """Put in an enrollment for each state of a session, and payments without one."""
    put_basics(sandbox, USER, OTHER_USER)
    put_course(sandbox, "free-intro", None, name=LONG_NAME, pricingModel="free")
    put_sales(sandbox, [*_bought(), *_ODD])
    sandbox.control.seed_sessions([sale(number, **fields) for number, fields in _WITHOUT_ENROLLMENT.items()])
    put_pending(sandbox, "auth0|no-session", None)
    put_pending(sandbox, "missing-at-stripe", session_id(91))
    put_pending(sandbox, "refunded-later", session_id(99), paymentStatus="completed")
    put_enrolled(sandbox, "u-free", "free-intro", "free", enrollmentType="free")
    put_enrolled(sandbox, "odd [status]", COURSE, "refunded\nby hand")


def _owed(sandbox: Sandbox) -> None:
    put_basics(sandbox)
    put_sales(sandbox, _bought())
    intent = {"run": "r" * 32, "at": text_of(now(sandbox) - 60 * 11)}
    put_pending(sandbox, "mail-owed", session_id(1), paymentStatus="completed", enrollmentEvent=intent)


def _failing(sandbox: Sandbox) -> None:
    _every_state(sandbox)
    fault = {"service": "sns", "operation": "Publish", "times": None, "status": 400, "code": "InvalidParameter"}
    sandbox.control.add_fault("error", **fault)


def _in_doubt(sandbox: Sandbox) -> None:
    """Put in enrolled students whose money went back, or never came, in each way that is a finding or is settled."""
    put_basics(sandbox)
    states = {"charged-back": "dispute_lost", "in-dispute": "disputed"}
    states |= dict.fromkeys(("kept", "revoked", "paid-after"), "refunded")
    users = ("partly-charged-back", *states, "restored", "mail-long-owed")
    put_sales(sandbox, [sale(n, user_id=user, state=states.get(user, "paid")) for n, user in enumerate(users, 1)])
    long_ago, today = text_of(now(sandbox) - 86_400 * 20), text_of(now(sandbox) - 30)
    revoked = {"accessRevokedAt": today, "accessRevokedReason": "refunded"}
    more: dict[str, dict[str, Any]] = {
        "kept": {"accessKeptAt": today, "accessKeptReason": "goodwill"},
        "revoked": {"paymentStatus": "pending", **revoked},
        "paid-after": {"paymentStatus": "pending", **revoked, "accessRevokedBy": "operator"},
        "restored": {"paymentStatus": "pending", **revoked},
        "mail-long-owed": {"enrollmentEvent": {"run": "r" * 32, "at": long_ago}},
    }
    for number, user in enumerate(users, 1):
        attributes: dict[str, Any] = {"paymentStatus": "completed", **more.get(user, {})}
        put_pending(sandbox, user, session_id(number), **attributes)
    put_pending(sandbox, "never-paid", None, paymentStatus="completed")
    sandbox.control.dispute(session_id(1), amount=1_000)
    sandbox.control.change_dispute(session_id(1), "lost")
    late = seed(sandbox, "paid-after", "open", id=session_id(50), offset=-60)
    sandbox.control.pay(late)


def _hundreds(sandbox: Sandbox) -> None:
    """Put in hundreds of students who have paid, a few whose mails fail, and a few findings."""
    put_basics(sandbox)
    few = [sale(900 + n, user_id=f"refunded-{n}", state="refunded") for n in range(3)]
    put_sales(sandbox, [*(sale(n, user_id=f"{USER[:-4]}{n:04}") for n in range(300)), *few])
    fault = {"service": "sns", "operation": "Publish", "times": 2, "status": 400, "code": "InvalidParameter"}
    sandbox.control.add_fault("error", **fault)


def _live(sandbox: Sandbox) -> None:
    put_basics(sandbox, USER)
    put_live_keys(sandbox)
    put_pending(sandbox, USER, None)


def _free_course(sandbox: Sandbox) -> None:
    put_course(sandbox, "free-intro", None, name=LONG_NAME, pricingModel="free")
    put_items(sandbox, [student_item(USER)])


def _in_free_course(sandbox: Sandbox) -> None:
    _free_course(sandbox)
    put_enrolled(sandbox, USER, "free-intro", "free", enrollmentType="free")


def _stuck(sandbox: Sandbox) -> None:
    put_basics(sandbox)
    put_bought(sandbox, USER, "expired", id=session_id(1))


def _refunded(sandbox: Sandbox) -> None:
    put_basics(sandbox)
    put_sales(sandbox, [sale(1, user_id=USER, state="refunded")])
    put_pending(sandbox, USER, session_id(1), paymentStatus="completed", progress=40)


def _sold_to_nobody(sandbox: Sandbox) -> None:
    put_items(sandbox, [student_item(USER)])
    synced_course(sandbox, SOLD)
    sold = {"course_id": SOLD, "metadata": marker(SOLD), "payment_link": "plink_1"}
    sandbox.control.seed_sessions([sale(1, **sold)])


_RELEASE = f"enrollments release {COURSE} --user {USER}"
_KEEP = f"enrollments keep {COURSE} --user {USER} --reason goodwill"
_REVOKE = f"enrollments revoke {COURSE} --user {USER} --reason refunded"
_CLAIM = f"enrollments create {SOLD} --user {USER} --session {session_id(1)}"

VIEWS = (
    View("enrollments list nothing", nothing, "enrollments list", reads=True),
    View("enrollments list", _every_state, "enrollments list", reads=True),
    View("enrollments list owed", _owed, "enrollments list --owed", reads=True),
    View("enrollments list owed by none", _stuck, "enrollments list --owed", reads=True),
    View("enrollments list in doubt", _in_doubt, "enrollments list", reads=True),
    View("enrollments list of one", _every_state, f"enrollments list --user {FIRST} --course {COURSE}", reads=True),
    View("enrollments create free plan", _free_course, f"enrollments create free-intro --user {USER} -n", reads=True),
    View("enrollments create free", _free_course, f"enrollments create free-intro --user {USER}"),
    View("enrollments create free again", _in_free_course, f"enrollments create free-intro --user {USER}", reads=True),
    View("enrollments create paid", shop, f"enrollments create {SOLD} --user {USER}", env=ENV),
    View("enrollments create paid plan", shop, f"enrollments create {SOLD} --user {USER} -n", env=ENV, reads=True),
    View("enrollments reconcile nothing", nothing, "enrollments reconcile", reads=True),
    View("enrollments reconcile plan", _every_state, "enrollments reconcile --since 3d --audit -n", reads=True),
    View("enrollments reconcile", _every_state, "enrollments reconcile"),
    View("enrollments reconcile window", _every_state, "enrollments reconcile --since 3d --exit-code", ends=8),
    View("enrollments reconcile releasing", _every_state, "enrollments reconcile --release-expired -v"),
    View("enrollments reconcile limited", _every_state, "enrollments reconcile --max-changes 3", ends=5),
    View("enrollments reconcile failed in part", _failing, "enrollments reconcile", ends=1),
    View("enrollments reconcile owed", _owed, "enrollments reconcile"),
    View("enrollments reconcile in doubt", _in_doubt, "enrollments reconcile --since 3d --audit -n", reads=True),
    View("enrollments reconcile in doubt revoking", _in_doubt, "enrollments reconcile --since 3d --revoke"),
    View("enrollments reconcile of hundreds", _hundreds, "enrollments reconcile", ends=1, slow=True),
    View("enrollments reconcile quiet", _failing, "enrollments reconcile -q", ends=1),
    View("enrollments reconcile live", _live, "enrollments reconcile --release-expired", env=LIVE),
    View("enrollments release live declined", _live, _RELEASE, answer="n", ends=1, env=LIVE),
    View(
        "enrollments reconcile without topic",
        _owed,
        "enrollments reconcile -e preview",
        env={"TRANSACTIONAL_EMAIL_TOPIC_ARN": None, "LMX_ENVIRONMENT": "preview"},
    ),
    View("enrollments release nothing", nothing, _RELEASE, reads=True),
    View("enrollments release plan", _stuck, f"{_RELEASE} --dry-run", reads=True),
    View("enrollments release", _stuck, _RELEASE, answer="y"),
    View("enrollments release declined", _stuck, _RELEASE, answer="n", ends=1),
    View("enrollments reconcile refunded", _refunded, "enrollments reconcile --since 3d", reads=True),
    View("enrollments reconcile revoking", _refunded, "enrollments reconcile --since 3d --revoke"),
    View("enrollments keep plan", _refunded, f"{_KEEP} --dry-run", reads=True),
    View("enrollments keep", _refunded, _KEEP, answer="y"),
    View("enrollments revoke plan", _refunded, f"{_REVOKE} --dry-run", reads=True),
    View("enrollments revoke", _refunded, _REVOKE, answer="y"),
    View("enrollments revoke declined", _refunded, _REVOKE, answer="n", ends=1),
    View("enrollments revoke nobody", nothing, _REVOKE, ends=1, reads=True),
    View("enrollments create of a session plan", _sold_to_nobody, f"{_CLAIM} --dry-run", reads=True),
    View("enrollments create of a session", _sold_to_nobody, _CLAIM, answer="y"),
)
