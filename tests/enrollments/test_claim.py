"""`enrollments create --session`: a paid session that does not say by whom becomes a student's, once and for good."""

from typing import Any

import pytest

from tests import kills
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.items import student_item
from tests.products.worlds import Ran, edit_course, put_course
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.sampling import sampled

USER, SESSION = "user-7", "cs_test_nobody"
LINK = {"managedBy": "lmx", "environment": "sandbox", "courseId": COURSE}
CLAIM = ("enrollments", "create", COURSE, "--user", USER, "--session", SESSION, "--yes", "-o", "json")
WRITES = ("POST /v1/checkout/sessions/{id}", "POST /v1/payment_intents/{id}", "PutItem", "Publish", "UpdateItem")


def _sold(sandbox: Sandbox, state: str = "paid", **fields: Any) -> None:
    """Sell the synced course through a link, to nobody in particular."""
    worlds.put_basics(sandbox, USER, "other")
    assert 0 == sandbox.run("products", "sync", "--yes").returncode
    sold = {"payment_link": "plink_1", "metadata": LINK, "id": SESSION}
    worlds.seed(sandbox, None, state, **{**sold, **fields})


def _claim(sandbox: Sandbox, *args: str, user: str = USER, course: str = COURSE) -> Ran:
    words = ["enrollments", "create", course, "--user", user, "--session", SESSION, "-o", "json", *args]
    done = sandbox.run(*words)
    return Ran.read(done.returncode, done.stdout, done.stderr)


def test_session_is_claimed_and_completes_the_enrollment(sandbox: Sandbox) -> None:
    """A dry run shows it all; done again there is nothing to do, and every later run reads the session as ours."""
    _sold(sandbox)
    seq = last_entry(sandbox)
    dry = _claim(sandbox, "--dry-run")
    assert [] == writes_since(sandbox, seq)
    ran = _claim(sandbox, "--yes")
    assert [("session", "update"), ("enrollment", "create"), ("event", "publish")] == [
        (change["kind"], change["action"]) for change in ran.changes
    ]
    assert (0, dry.changes) == (ran.exit_code, ran.changes)
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    assert ("completed", SESSION) == (item["paymentStatus"], item["stripeSessionId"])
    assert 1 == len(worlds.read_events(sandbox))
    again = _claim(sandbox, "--yes")
    assert (0, []) == (again.exit_code, again.changes)
    run = worlds.reconcile(sandbox, "--since", "3d", "--audit")
    assert ([], []) == (run.changes, run.findings)


def test_remedy_of_a_payment_by_nobody_says_how_to_claim_it(sandbox: Sandbox) -> None:
    """Its detail has the line, with the student to be filled in."""
    _sold(sandbox)
    ran = worlds.reconcile(sandbox, "--since", "3d")
    assert [("payer unknown", SESSION)] == ran.findings
    line = f"lmx enrollments create {COURSE} --user USER_ID --session {SESSION}"
    assert line in ran.report["findings"][0]["detail"]


def test_reference_that_is_no_student_names_nobody(sandbox: Sandbox) -> None:
    """It no longer contradicts, once an operator said whose the session is."""
    _sold(sandbox, client_reference_id="gone")
    assert 0 == _claim(sandbox, "--yes").exit_code
    run = worlds.reconcile(sandbox, "--since", "3d", "--audit")
    assert ([], []) == (run.changes, run.findings)


def test_who_is_in_by_a_payment_that_went_back_is_in_by_this_one(sandbox: Sandbox) -> None:
    """The item is pointed at the claimed session."""
    _sold(sandbox)
    first = worlds.seed(sandbox, USER, "refunded")
    worlds.put_pending(sandbox, USER, first, paymentStatus="completed")
    assert ["update", "update"] == [change["action"] for change in _claim(sandbox, "--yes").changes]
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    assert SESSION == item["stripeSessionId"]


@pytest.mark.parametrize(
    ("build", "code"),
    [
        ({"state": "refunded"}, "invalid.not_paid"),
        ({"state": "open"}, "invalid.not_paid"),
        ({"metadata": {**LINK, "environment": "preview"}}, "invalid.not_paid"),
        ({"metadata": {**LINK, "userId": "other"}}, "invalid.named"),
        ({"client_reference_id": "other"}, "invalid.named"),
        ({"course_id": "another"}, "invalid.other_course"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_refused_before_anything_is_written(sandbox: Sandbox, build: dict[str, Any], code: str) -> None:
    """Not validly paid, of another environment, another student's, or of another course."""
    _sold(sandbox, **build)
    seq = last_entry(sandbox)
    ran = _claim(sandbox, "--yes")
    assert (1, code, []) == (ran.exit_code, ran.report["error"]["code"], writes_since(sandbox, seq))


def test_session_is_named_by_its_url_too_and_what_is_none_is_said_before_stripe_is_asked(sandbox: Sandbox) -> None:
    """As everywhere else that takes a session."""
    _sold(sandbox)
    words = ("enrollments", "create", COURSE, "--user", USER, "--dry-run", "--session")
    assert 0 == sandbox.run(*words, f"https://checkout.stripe.com/c/pay/{SESSION}#fid").returncode
    seq, done = last_entry(sandbox), sandbox.run(*words, "pi_1")
    said = ["Error: 'pi_1' is not the id of a session", "  What it is about: lmx students show pi_1"]
    assert (2, said, seq) == (done.returncode, done.stderr.splitlines(), last_entry(sandbox))


def test_refused_for_who_is_enrolled_and_for_a_free_course(sandbox: Sandbox) -> None:
    """By another payment that holds; a free course needs none; a session that is not there; nobody to answer."""
    _sold(sandbox)
    assert 5 == _claim(sandbox).exit_code
    worlds.put_bought(sandbox, USER)
    worlds.reconcile(sandbox)
    assert "invalid.enrolled" == _claim(sandbox, "--yes").report["error"]["code"]
    put_course(sandbox, "free", None, pricingModel="free")
    assert "invalid.free" == _claim(sandbox, "--yes", course="free").report["error"]["code"]
    edit_course(sandbox, COURSE, stripeProductId="prod_other")
    assert "invalid.no_student" == _claim(sandbox, "--yes", user="nobody").report["error"]["code"]


def test_who_was_revoked_by_hand_is_kept_first(sandbox: Sandbox) -> None:
    """A claim says who decided, and what lets the student in, instead of that there is nothing to do."""
    _sold(sandbox)
    assert 0 == _claim(sandbox, "--yes").exit_code
    by_hand = ("enrollments", "revoke", COURSE, "--user", USER, "--reason", "fraud", "--yes")
    assert 0 == sandbox.run(*by_hand).returncode
    seq, ran = last_entry(sandbox), _claim(sandbox, "--yes")
    error = ran.report["error"]
    assert (1, "invalid.revoked", []) == (ran.exit_code, error["code"], writes_since(sandbox, seq))
    assert f"access of {key(USER)} was revoked by hand (fraud)" == error["message"]


def test_second_claim_for_another_student_is_refused(sandbox: Sandbox) -> None:
    """The session names its student from then on."""
    _sold(sandbox)
    assert 0 == _claim(sandbox, "--yes").exit_code
    ran = _claim(sandbox, "--yes", user="other")
    assert (1, "invalid.named") == (ran.exit_code, ran.report["error"]["code"])


SCENARIO = kills.Scenario("claim", _sold, WRITES)


@pytest.mark.parametrize("when", kills.MOMENTS)
@pytest.mark.parametrize("index", sampled(range(len(WRITES)), 5))
def test_killed_claim_is_made_good_by_the_next(sandbox: Sandbox, index: int, when: str) -> None:
    """Wherever the first ends, the second ends in the state of one clean run."""
    _sold(sandbox)
    kills.kill_at(sandbox, (SCENARIO, index), when, CLAIM)
    sandbox.control.advance_clock(700)
    assert 0 == _claim(sandbox, "--yes").exit_code
    worlds.reconcile(sandbox, "--since", "3d")
    item = worlds.read_item(sandbox, USER)
    assert item is not None
    assert ("completed", SESSION, False) == (item["paymentStatus"], item["stripeSessionId"], "enrollmentEvent" in item)
    assert {student_item(USER)["userId"]} == {event["studentId"] for event in worlds.read_events(sandbox)}
    assert key(USER) in worlds.read_statuses(sandbox)
