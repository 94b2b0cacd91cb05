"""`students show`: whom an id leads to, what is said where that is nobody or two, and what it costs."""

from typing import Any

import pytest

from tests.doctor.worlds import PREVIEW, restricted_key
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE
from tests.items import enrollment_item, student_item
from tests.running import Sandbox
from tests.students.tickets import OURS
from tests.students.worlds import USER, case_of, paste, show

ADDRESS = str(student_item(USER)["email"])
CLAIM = f"lmx enrollments create {COURSE} --user USER --session cs_test_other"
TABLE = "learnermax-education-sandbox"


def _notes(case: dict[str, Any]) -> list[str]:
    return [entry["detail"] for entry in case["timeline"] if entry["kind"] == "note"]


def test_case_is_whole(sandbox: Sandbox) -> None:
    """The student, the verdict, what happened in the order of time, and nothing else."""
    worlds.put_basics(sandbox, USER)
    session_id = worlds.seed(sandbox, USER, id="cs_test_1")
    worlds.put_pending(sandbox, USER, session_id)
    sandbox.control.refund(session_id, 5000)
    ran = show(sandbox, USER)
    student = {"user_id": USER, "email": ADDRESS, "name": USER.title(), "customer_id": None}
    case = case_of(ran)
    assert (student, [case]) == (ran.report["data"]["student"], ran.report["data"]["cases"])
    assert {
        "course_id": COURSE,
        "state": "paid",
        "verdict": "Paid, but still pending: what Stripe says has not reached the table.",
        "remedy": f"lmx enrollments reconcile --course {COURSE} --user {USER}",
        "url": None,
    } == {name: value for name, value in case.items() if name != "timeline"}
    assert [
        ("enrollment", "written, now pending, type paid"),
        ("session", f"complete, paid, 99.99 usd, by {ADDRESS}"),
        ("payment", "99.99 usd taken, succeeded"),
        ("event", "checkout.session.completed, no delivery pending"),
        ("refund", "50.00 usd, succeeded"),
    ] == [(entry["kind"], entry["detail"]) for entry in case["timeline"]]
    times = [entry["at"] for entry in case["timeline"]]
    assert sorted(times) == times


def test_event_that_was_not_delivered(sandbox: Sandbox) -> None:
    """The timeline says which event an endpoint is still to receive."""
    worlds.put_basics(sandbox, USER)
    sandbox.stripe().v1.webhook_endpoints.create(
        {"url": "http://127.0.0.1:9/hook", "enabled_events": ["checkout.session.completed"]}
    )
    row = {"course_id": COURSE, "user_id": USER, "amount": worlds.AMOUNT}
    sandbox.control.seed_sessions([row], deliver=True)
    assert "checkout.session.completed, not delivered to 1 endpoint" in {
        entry["detail"] for entry in case_of(show(sandbox, USER))["timeline"]
    }


@pytest.mark.parametrize(
    ("what", "message"),
    [
        ("nobody", f"table {TABLE} has no student nobody"),
        ("a#b", f"table {TABLE} has no student a#b"),
        ("cs_test_gone", "Stripe has no session cs_test_gone for this key"),
        ("cs_live_a1b2", "Stripe has no session cs_live_a1b2 for this key"),
        ("https://pay.example.com/c/pay/cs_test_gone#x", "Stripe has no session cs_test_gone for this key"),
        ("pi_gone", "Stripe has no payment intent pi_gone for this key"),
        ("ch_gone", "Stripe has no charge ch_gone for this key"),
        ("py_gone", "Stripe has no charge py_gone for this key"),
        ("re_gone", "Stripe has no refund re_gone for this key"),
        ("pyr_gone", "Stripe has no refund pyr_gone for this key"),
        ("du_gone", "Stripe has no dispute du_gone for this key"),
        ("dp_gone", "Stripe has no dispute dp_gone for this key"),
        ("cus_gone", "Stripe has no customer cus_gone for this key"),
        ("evt_gone", "Stripe has no event evt_gone for this key"),
        ("ch_/../customers", "Stripe has no charge ch_/../customers for this key"),
        (
            "nobody@example.com",
            f"nobody has the address nobody@example.com: not found in table {TABLE} (as it stands and in lower case), "
            "nor at Stripe among sessions and customers",
        ),
    ],
)
def test_nothing_is_found(sandbox: Sandbox, what: str, message: str) -> None:
    """Exit 1: what was looked for, and where."""
    ran = show(sandbox, what)
    assert (1, message) == (ran.exit_code, ran.report["error"]["message"])


def test_two_students_have_one_address(sandbox: Sandbox) -> None:
    """Exit 1, both named; the payment that was made under it is shown all the same."""
    worlds.put_basics(sandbox, USER, "user-8")
    worlds.put_items(sandbox, [student_item("user-8", email=ADDRESS)])
    ran = show(sandbox, ADDRESS)
    assert (1, f"the address {ADDRESS} is that of 2 students: {USER}, user-8") == (
        ran.exit_code,
        ran.report["error"]["message"],
    )
    assert "lmx students show user-7 or lmx students show user-8" == ran.report["error"]["hint"]
    session_id = worlds.seed(sandbox, None, id="cs_test_other", metadata=OURS, email=ADDRESS)
    ran = show(sandbox, session_id)
    assert ran.report["data"]["student"] is None
    assert f"2 students have the address {ADDRESS}: {USER}, user-8" in _notes(case_of(ran))


def test_payer_is_no_student(sandbox: Sandbox) -> None:
    """Exit 0: shown as such, with the command that a person completes."""
    worlds.put_basics(sandbox, USER)
    assert 0 == sandbox.run("products", "sync", "--yes").returncode  # the product that is sold decides
    session_id = worlds.seed(sandbox, None, id="cs_test_other", metadata=OURS, email="else@example.com")
    for what in (session_id, "else@example.com"):
        ran = show(sandbox, what)
        case = case_of(ran)
        assert (None, "payer unknown", None) == (ran.report["data"]["student"], case["state"], case["remedy"])
        assert case["verdict"].endswith(CLAIM)
    assert "Run: " not in sandbox.run("students", "show", session_id).stdout
    paste(sandbox, CLAIM.replace("--user USER", f"--user {USER}"))
    assert ("completed", None) == (case_of(show(sandbox, USER))["state"], case_of(show(sandbox, USER))["remedy"])


def test_payment_names_a_student_who_is_gone(sandbox: Sandbox) -> None:
    """Nobody else can claim it."""
    worlds.put_basics(sandbox, USER)
    session_id = worlds.seed(sandbox, "deleted-user", email="else@example.com")
    case = case_of(show(sandbox, session_id))
    assert ("payer unknown", None) == (case["state"], case["remedy"])
    assert "enrollments create" not in case["verdict"]


def test_address_in_another_case(sandbox: Sandbox) -> None:
    """A payment under another spelling is found by Stripe's search, and the timeline says so."""
    worlds.put_basics(sandbox, USER)
    customer = sandbox.stripe().v1.customers.create({"email": "User-7@Example.com"}).id
    row: dict[str, Any] = {"metadata": OURS, "email": "User-7@Example.com", "customer": customer}
    worlds.seed(sandbox, None, id="cs_test_other", **row)
    case = case_of(show(sandbox, ADDRESS.upper()))
    remedy = f"lmx enrollments create {COURSE} --user {USER} --session cs_test_other"
    assert ("payer unknown", remedy) == (case["state"], case["remedy"])
    note = f"customer {customer} has the address {ADDRESS} in another spelling: found by Stripe's search"
    assert [note] == _notes(case)


def test_payment_without_a_course(sandbox: Sandbox) -> None:
    """It is the student's, and a person names the course; one that was not paid is left out."""
    worlds.put_basics(sandbox, USER)
    worlds.seed(sandbox, USER, "expired", metadata={"userId": USER})
    assert [] == show(sandbox, USER).report["data"]["cases"]
    worlds.seed(sandbox, USER, id="cs_test_other", metadata={"userId": USER})
    case = case_of(show(sandbox, USER), None)
    assert ("payer unknown", None) == (case["state"], case["remedy"])
    assert case["verdict"].endswith(f"lmx enrollments create COURSE --user {USER} --session cs_test_other")


def test_payment_of_another_student_under_the_address(sandbox: Sandbox) -> None:
    """It is that student's case, and not shown here."""
    worlds.put_basics(sandbox, USER, "user-8")
    worlds.seed(sandbox, "user-8", email=ADDRESS)
    worlds.seed(sandbox, None, metadata={"courseId": COURSE}, client_reference_id="user-8", email=ADDRESS)
    assert [] == show(sandbox, USER).report["data"]["cases"]


def test_customer_that_was_deleted(sandbox: Sandbox) -> None:
    """Its sessions still lead to the student."""
    worlds.put_basics(sandbox, USER)
    customer = sandbox.stripe().v1.customers.create({"email": ADDRESS}).id
    worlds.seed(sandbox, USER, customer=customer)
    sandbox.stripe().v1.customers.delete(customer)
    case = case_of(show(sandbox, customer))
    assert ("paid", [f"customer {customer} was deleted at Stripe"]) == (case["state"], _notes(case))


def test_customer_without_a_session(sandbox: Sandbox) -> None:
    """The address of the customer leads to the student; without one, exit 1."""
    worlds.put_basics(sandbox, USER)
    customers = sandbox.stripe().v1.customers
    assert USER == show(sandbox, customers.create({"email": ADDRESS}).id).report["data"]["student"]["user_id"]
    ran = show(sandbox, customers.create({"name": "Nobody"}).id)
    assert (1, "invalid.unknown_student") == (ran.exit_code, ran.report["error"]["code"])


def test_address_with_a_plus(sandbox: Sandbox) -> None:
    """It is compared as it stands."""
    worlds.put_basics(sandbox)
    worlds.put_items(sandbox, [student_item(USER, email="ada+lmx@example.com")])
    worlds.seed(sandbox, None, id="cs_test_other", metadata=OURS, email="ada+lmx@example.com")
    assert "payer unknown" == case_of(show(sandbox, "ada+lmx@example.com"))["state"]


def test_payment_of_another_environment(sandbox: Sandbox) -> None:
    """It is not ours, and where it is to be looked at is said."""
    worlds.put_basics(sandbox, USER)
    metadata = {**OURS, "environment": "preview", "userId": USER}
    worlds.seed(sandbox, USER, id="cs_test_other", metadata=metadata)
    case = case_of(show(sandbox, USER))
    verdict = "cs_test_other is of environment preview: lmx students show cs_test_other -e preview"
    assert ("not ours", None, verdict) == (case["state"], case["remedy"], case["verdict"])


def test_key_without_customers_events_and_disputes(sandbox: Sandbox) -> None:
    """What was not looked up is said; the rest is."""
    put = sandbox.dynamodb("preview").put_item
    put(Item=student_item(USER))
    session_id = worlds.seed(sandbox, USER, metadata={**OURS, "environment": "preview", "userId": USER})
    put(Item=enrollment_item(USER, COURSE, worlds.text_of(worlds.now(sandbox)), stripeSessionId=session_id))
    sandbox.control.dispute(session_id)
    env = {**PREVIEW, "STRIPE_SECRET_KEY": restricted_key(sandbox, "customer", "event", "dispute")}
    case = case_of(show(sandbox, USER, env))
    assert "disputed" == case["state"]
    assert ["events were not looked up", f"what went back of {session_id} were not looked up"] == sorted(
        note.partition(":")[0] for note in _notes(case) if "were not looked up:" in note
    )


def test_more_sessions_than_are_read(sandbox: Sandbox) -> None:
    """Of what was not read nothing is said, but how to see it."""
    worlds.put_basics(sandbox, USER)
    at = worlds.text_of(worlds.now(sandbox))
    for number in range(9):
        session = worlds.seed(sandbox, USER, id=f"cs_test_{number}", course_id=f"course-{number}", email="else@x.com")
        worlds.put_items(sandbox, [enrollment_item(USER, f"course-{number}", at, stripeSessionId=session)])
    ran = show(sandbox, USER)
    unknown = [case for case in ran.report["data"]["cases"] if case["state"] == "unknown"]
    assert ran.report["meter"]["stripe_reads"] <= 8
    assert {"paid", "unknown"} == {case["state"] for case in ran.report["data"]["cases"]}
    assert [None] * len(unknown) == [case["remedy"] for case in unknown]
    command = unknown[0]["verdict"].rpartition("lmx students show ")[2]
    assert "paid" == case_of(show(sandbox, command), unknown[0]["course_id"])["state"]


def test_reads_do_not_grow_with_the_table(sandbox: Sandbox) -> None:
    """Three courses with sessions that no list has, refunds, disputes and an address in capitals, and many others."""
    address = "User-7@Example.com"
    customer = sandbox.stripe().v1.customers.create({"email": address}).id
    worlds.put_basics(sandbox)
    worlds.put_items(sandbox, [student_item(USER, email=address, stripeCustomerId=customer)])
    worlds.put_items(sandbox, [student_item(f"other-{number}") for number in range(300)])
    sandbox.control.seed_sessions(generate={"count": 300, "courses": [COURSE], "user_prefix": "other-"})
    for number, state in enumerate(("refunded", "disputed", "dispute_lost")):
        course = f"course-{number}"
        session = f"cs_test_{number}"
        worlds.seed(sandbox, USER, state, id=session, course_id=course, email="else@example.com")
        item = enrollment_item(USER, course, worlds.text_of(worlds.now(sandbox)), stripeSessionId=session)
        worlds.put_items(sandbox, [{**item, "paymentStatus": "completed"}])
    for what, most in ((USER, 8), (address, 12), ("cs_test_1", 12)):
        ran = show(sandbox, what)
        states = [case["state"] for case in ran.report["data"]["cases"]]
        assert ["in, but refunded", "in, but disputed", "in, but charged back"] == states
        meter = ran.report["meter"]
        assert (meter["stripe_reads"] <= most, meter["dynamodb_read_units"] <= 6) == (True, True), meter
