"""Each row of the contract's table through the real SDKs: a dry run, a real run, and one with nothing to do."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, Ran, key
from tests.items import enrollment_item, student_item
from tests.products.worlds import edit_course
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.sampling import sampled

COMPLETE, CREATE, RELEASE = "complete", "create", "release"
SITE = {"userId": "u", "courseId": COURSE}
STATES: dict[str, tuple[str, str | None]] = {
    "paid": (COMPLETE, None),
    "free": (COMPLETE, None),
    "partly_refunded": (COMPLETE, None),
    "dispute_won": (COMPLETE, None),
    "inquiry": (COMPLETE, None),
    "processing": ("processing", None),
    "failed": ("failed", None),
    "open": ("open", None),
    "expired": ("expired", None),
    "refunded": ("refunded", "refunded"),
    "disputed": ("disputed", "disputed"),
    "dispute_lost": ("disputed", "disputed"),
}
"""By state of the session: what reconcile does or why the enrollment stays pending, and the finding."""


@dataclass(frozen=True, slots=True)
class Row:
    """A world in which one user's enrollment is in question, and what a reconcile makes of it."""

    name: str
    build: Callable[[Sandbox, str], object]
    does: str
    finding: str | None = None
    args: tuple[str, ...] = ()


def _bought(state: str, **fields: Any) -> Callable[[Sandbox, str], object]:
    return lambda sandbox, user: worlds.put_bought(sandbox, user, state, **fields)


def _paid_without_item(**fields: Any) -> Callable[[Sandbox, str], object]:
    def build(sandbox: Sandbox, user: str) -> None:
        worlds.put_items(sandbox, [student_item(user)])
        worlds.seed(sandbox, user, **fields)

    return build


def _names(session_id: str | None, **seeded: Any) -> Callable[[Sandbox, str], object]:
    """An item that names no session, garbage or a session of nobody, beside a seeded one."""

    def build(sandbox: Sandbox, user: str) -> None:
        worlds.put_items(sandbox, [student_item(user)])
        if seeded:
            worlds.seed(sandbox, user, **seeded)
        worlds.put_pending(sandbox, user, session_id)

    return build


def _completed(state: str) -> Callable[[Sandbox, str], object]:
    def build(sandbox: Sandbox, user: str) -> None:
        session_id = worlds.seed(sandbox, user, state)
        worlds.put_pending(sandbox, user, session_id, paymentStatus="completed")

    return build


def _unnamed(**fields: Any) -> Callable[[Sandbox, str], object]:
    return lambda sandbox, user: worlds.seed(sandbox, None, payment_link="plink_1", id="cs_test_nobody", **fields)


def _twice(sandbox: Sandbox, user: str) -> None:
    worlds.put_bought(sandbox, user, id="cs_test_second")
    worlds.seed(sandbox, user, id="cs_test_first", offset=-40 * 3600)


def _refunded_beside(sandbox: Sandbox, user: str) -> None:
    worlds.put_bought(sandbox, user, "expired")
    worlds.seed(sandbox, user, "refunded", id="cs_test_beside", offset=-29 * 3600)


SINCE = ("--since", "3d")
REFUNDED_BESIDE = "expired; not released: cs_test_beside was refunded in full"
OTHER_USER = {"managedBy": "lmx", "environment": "sandbox", "userId": "other", "courseId": COURSE}
ELSEWHERE = {"managedBy": "lmx", "environment": "preview", "userId": "u", "courseId": COURSE}
OURS_WITHOUT_USER = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
LINK = {"metadata": OURS_WITHOUT_USER, "payment_link": "plink_1", "client_reference_id": "u"}
ROWS = (
    *(Row(state, _bought(state), does, finding) for state, (does, finding) in STATES.items() if state != "open"),
    Row("open", _bought("open", offset=-3600), "open"),
    Row("expired-release", _bought("expired"), RELEASE, args=("--release-expired",)),
    Row("failed-release", _bought("failed"), RELEASE, args=("--release-expired",)),
    Row("refunded-beside", _refunded_beside, REFUNDED_BESIDE, "refunded", args=("--release-expired",)),
    Row("open-stays", _bought("open", offset=-3600), "open", args=("--release-expired",)),
    Row("no-session", _names(None), "no session"),
    Row("no-session-release", _names(None), RELEASE, args=("--release-expired",)),
    Row("garbage", _names("not a session"), "no session"),
    Row("no-session-found", _names(None, state="paid"), COMPLETE, args=SINCE),
    Row("paid-elsewhere-no-release", _names(None, state="paid"), COMPLETE, args=("--release-expired",)),
    Row("missing-session", _names("cs_test_gone"), "missing session", "missing session"),
    Row("other-user", _bought("paid", metadata=OTHER_USER), "mismatch", "mismatch"),
    Row("other-course", _bought("paid", course_id="other"), "mismatch", "mismatch"),
    Row("other-environment", _bought("paid", metadata=ELSEWHERE), "mismatch", "mismatch"),
    Row("contradiction", _bought("paid", client_reference_id="other"), "mismatch", "mismatch"),
    Row("site", _bought("paid", metadata=SITE), COMPLETE),
    Row("paid-twice", _twice, COMPLETE, "paid twice", args=SINCE),
    Row("link", _paid_without_item(**LINK), CREATE, args=SINCE),
    Row("link-without-since", _paid_without_item(**LINK), "nothing"),
    Row("not-ours", _paid_without_item(metadata=SITE), "nothing", "paid, not enrolled", args=SINCE),
    Row("not-ours-create", _paid_without_item(metadata=SITE), CREATE, args=(*SINCE, "--create-missing")),
    Row("unknown-student", worlds.seed, "nothing", "payer unknown", args=SINCE),
    Row("payer-unknown", _unnamed(metadata=OURS_WITHOUT_USER), "nothing", "payer unknown", args=SINCE),
    Row("not-our-business", _unnamed(metadata={}), "nothing", args=SINCE),
    Row("audit-refunded", _completed("refunded"), "nothing", "in, but refunded", args=("--audit",)),
    Row("audit-never-paid", _completed("expired"), "nothing", "enrolled, not paid", args=("--audit",)),
    Row("audit-paid", _completed("paid"), "nothing", args=("--audit",)),
    Row("without-audit", _completed("refunded"), "nothing"),
)
USER = "u"
_WRITTEN = (COMPLETE, CREATE, RELEASE)


@pytest.mark.parametrize("row", sampled(ROWS, 4), ids=lambda row: row.name)
def test_row(sandbox: Sandbox, row: Row) -> None:
    """A dry run reads and lists what the real run then does, and a second real run writes nothing."""
    worlds.put_basics(sandbox)
    row.build(sandbox, USER)
    before = worlds.read_item(sandbox, USER)
    seq = last_entry(sandbox)
    dry = worlds.reconcile(sandbox, *row.args, "--dry-run")
    assert [] == writes_since(sandbox, seq)
    real = worlds.reconcile(sandbox, *row.args)
    assert (0, 0) == (dry.exit_code, real.exit_code)
    _require_as_expected(row, dry, "planned")
    _require_as_expected(row, real, "applied")
    assert (dry.changes, dry.report["digest"]) == (real.changes, real.report["digest"])
    _require_ends(sandbox, row, before)
    seq = last_entry(sandbox)
    again = worlds.reconcile(sandbox, *row.args)
    assert [] == writes_since(sandbox, seq)
    assert [] == again.changes


def _require_as_expected(row: Row, ran: Ran, outcome: str) -> None:
    event = [("event", key(USER), "publish", outcome)] if row.does in (COMPLETE, CREATE) else []
    change = [("enrollment", key(USER), row.does, outcome)] if row.does in _WRITTEN else []
    assert [*change, *event] == ran.outcomes
    named = "cs_test_nobody" if row.name == "payer-unknown" else key(USER)
    assert ([] if row.finding is None else [(row.finding, named)]) == ran.findings
    stays = {} if row.does in (*_WRITTEN, "nothing") else {key(USER): row.does}
    assert stays == ran.pending


def _require_ends(sandbox: Sandbox, row: Row, before: dict[str, Any] | None) -> None:
    events = worlds.read_events(sandbox)
    item = worlds.read_item(sandbox, USER)
    if row.does not in _WRITTEN:
        assert (before, []) == (item, events)
    elif row.does == RELEASE:
        assert (None, []) == (item, events)
    else:
        assert item is not None
        former: dict[str, Any] = before or enrollment_item(USER, COURSE, item["enrolledAt"])
        paid_by: dict[str, Any] = {
            name: item[name] for name in ("stripeSessionId", "stripePaymentIntentId") if name in item
        }
        expected: dict[str, Any] = {**former, "paymentStatus": "completed", **paid_by}
        assert expected == item
        assert str(item["stripeSessionId"]).startswith("cs_test_")
        assert ("stripePaymentIntentId" in item) == (row.name != "free")
        assert [worlds.event_of(sandbox, USER)] == events


def test_price_of_the_course_is_noted(sandbox: Sandbox) -> None:
    """Whoever paid an older price is in; the report notes both amounts."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, "user-7")
    edit_course(sandbox, COURSE, price=Decimal("149.99"))
    ran = worlds.reconcile(sandbox)
    assert "paid 99.99 usd, the course costs 149.99 usd" == ran.changes[0]["reason"]
