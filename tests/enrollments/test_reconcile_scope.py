"""Which enrollments and sessions a reconcile looks at, and how disputes are read."""

from collections import Counter

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.items import course_item
from tests.ran import last_entry
from tests.running import Sandbox

DAY = 86_400
OURS = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
DISPUTES = "GET /v1/disputes"


@pytest.mark.parametrize("args", [("--user", "a"), ("--course", COURSE), ("--user", "a", "--course", COURSE)])
def test_link_payment_in_scope_is_created(sandbox: Sandbox, args: tuple[str, ...]) -> None:
    """A payment through a link, of a student without any enrollment, is found for its user and for its course."""
    worlds.put_basics(sandbox, "a")
    worlds.seed(sandbox, "a", metadata=OURS, payment_link="plink_1", client_reference_id="a")
    ran = worlds.reconcile(sandbox, "--since", "3d", *args)
    assert ("enrollment", key("a"), "create", "applied") == ran.outcomes[0]


def test_others_are_left(sandbox: Sandbox) -> None:
    """With --course or --user nobody else is touched, neither pending nor paid without an item."""
    worlds.put_basics(sandbox, "c")
    worlds.put_items(sandbox, [course_item("other", "99.99")])
    for user in ("a", "b"):
        worlds.put_bought(sandbox, user)
    worlds.seed(sandbox, "c")
    worlds.seed(sandbox, None, metadata=OURS, payment_link="plink_1", id="cs_test_nobody")
    assert [] == worlds.reconcile(sandbox, "--since", "3d", "--course", "other").outcomes
    ran = worlds.reconcile(sandbox, "--since", "3d", "--user", "a")
    assert ([key("a")] * 2, []) == ([name for _, name, _, _ in ran.outcomes], ran.findings)
    assert {key("a"): "completed", key("b"): "pending"} == worlds.read_statuses(sandbox)


def test_unknown_course(sandbox: Sandbox) -> None:
    """A course that is not there and has no enrollments is a mistake of the operator's."""
    ran = worlds.reconcile(sandbox, "--course", "gone")
    assert (1, "course gone not found") == (ran.exit_code, ran.report["error"]["message"])


def test_payments_out_of_the_window_are_not_looked_for(sandbox: Sandbox) -> None:
    """Of payments without an item, only those created between --since and --until are found."""
    worlds.put_basics(sandbox, "early", "within", "late")
    for user, days in (("early", 9), ("within", 5), ("late", 1)):
        worlds.seed(sandbox, user, offset=-days * DAY)
    ran = worlds.reconcile(sandbox, "--since", "7d", "--until", "3d")
    assert {key("within"): "completed"} == worlds.read_statuses(sandbox)
    assert 1 == ran.summary["create"]


def test_item_from_before_since_is_not_released(sandbox: Sandbox) -> None:
    """With --since, an expired item is released only when every session since it was written is in the window."""
    worlds.put_basics(sandbox)
    worlds.put_bought(sandbox, "a", "expired")
    assert {key("a"): "expired"} == worlds.reconcile(sandbox, "--release-expired", "--since", "24h").pending
    assert [("enrollment", key("a"), "release", "applied")] == worlds.reconcile(
        sandbox, "--release-expired", "--since", "3d"
    ).outcomes


def test_disputes_of_others_cost_nothing(sandbox: Sandbox) -> None:
    """Disputes of payments that belong to no pending enrollment are not asked for."""
    worlds.put_basics(sandbox)
    for number in range(5):
        worlds.seed(sandbox, f"other-{number}", "disputed")
    worlds.put_bought(sandbox, "a")
    seq = last_entry(sandbox)
    assert 1 == worlds.reconcile(sandbox).summary["complete"]
    assert DISPUTES not in worlds.stripe_requests(sandbox, seq)


@pytest.mark.parametrize("strategy", ["list", "retrieve"])
@pytest.mark.parametrize(("count", "asked"), [(2, 2), (8, 1)])
def test_few_disputes_are_read_one_by_one(sandbox: Sandbox, strategy: str, count: int, asked: int) -> None:
    """Two disputes are two requests; eight are one list, unless sessions are retrieved one by one anyway."""
    worlds.put_basics(sandbox)
    users = [f"user-{number}" for number in range(count)]
    for number, user in enumerate(users):
        worlds.put_bought(sandbox, user, "dispute_won" if number % 2 else "dispute_lost")
    seq = last_entry(sandbox)
    ran = worlds.reconcile(sandbox, "--strategy", strategy)
    assert Counter(completed=count // 2, pending=count // 2) == Counter(worlds.read_statuses(sandbox).values())
    assert count // 2 == len(ran.findings)
    expected = count if strategy == "retrieve" else asked
    assert expected == worlds.stripe_requests(sandbox, seq).count(DISPUTES)


def test_a_second_dispute_of_one_payment_counts(sandbox: Sandbox) -> None:
    """A payment whose first dispute was won and whose second is open is disputed, however they are read."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, "a")
    sandbox.control.dispute(session_id)
    sandbox.control.change_dispute(session_id, "won")
    assert [("enrollment", key("a"), "complete", "planned")] == worlds.reconcile(sandbox, "--dry-run").outcomes[:1]
    sandbox.control.dispute(session_id)
    for args in ((), ("--since", "3d"), ("--strategy", "retrieve")):
        assert {key("a"): "disputed"} == worlds.reconcile(sandbox, *args).pending


def test_unknown_student(sandbox: Sandbox) -> None:
    """A slip of the hand fails, as it does for a course: a script would take it for done."""
    worlds.put_basics(sandbox, "a")
    for scope in (("--user", "nobody"), ("--user", "nobody", "--course", COURSE)):
        ran = worlds.reconcile(sandbox, *scope)
        error = ran.report["error"]
        assert (1, "invalid.unknown_student") == (ran.exit_code, error["code"])
        hint = "Check it: a user id or an e-mail address. List the enrollments: lmx enrollments list"
        assert ("student nobody not found", hint) == (
            error["message"],
            error["hint"],
        )
    assert 0 == worlds.reconcile(sandbox, "--user", "a").exit_code


def test_one_enrollment_is_examined_whatever_its_status(sandbox: Sandbox) -> None:
    """With --course and --user together the item's own payment is read, so that one line settles one case."""
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, "a")
    worlds.reconcile(sandbox)
    sandbox.control.refund(session_id)
    scopes = [(), ("--user", "a"), ("--course", COURSE), ("--course", COURSE, "--user", "a")]
    assert [[], [], [], ["in, but refunded"]] == [
        [finding["kind"] for finding in worlds.reconcile(sandbox, *scope).report["findings"]] for scope in scopes
    ]
