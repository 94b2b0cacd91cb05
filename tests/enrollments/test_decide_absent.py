"""Payments without an enrollment item, and sessions that name nobody."""

import pytest

from learnermax_cli.enrollments.decide import decide, decide_unnamed
from learnermax_cli.enrollments.decide_case import Decision
from learnermax_cli.enrollments.model import Payment
from learnermax_cli.planning.change import Finding
from tests.enrollments.values import CREATED, RULES, absent, dashboard, delayed, not_ours, payment, rules, unpaid

WHO = "user-7/TEST-COURSE-003"
BOTH = "cs_test_a and cs_test_b are both paid: refund one"
NOTHING = Decision("unchanged", "no enrollment")
CREATE_MISSING = rules(create_missing=True)
LINK = payment("cs_test_link", link_id="plink_1", metadata_user=None)


def test_payment_through_a_link_creates_the_enrollment() -> None:
    """Paid, ours, course and student known: the enrollment is created."""
    assert Decision("create", "paid", LINK) == decide(absent(LINK), RULES)


def test_payment_without_our_marker_is_a_finding() -> None:
    """The same without our marker is reported, with the command that enrolls the student."""
    detail = "cs_test_site is paid but was not made by lmx"
    remedy = (
        "lmx enrollments reconcile --course TEST-COURSE-003 --user user-7 --since 2026-10-31T06:00:00Z --create-missing"
    )
    finding = Finding("paid, not enrolled", WHO, detail, remedy, dashboard("cs_test_site"))
    expected = Decision("unchanged", "no enrollment", findings=(finding,))
    assert expected == decide(absent(not_ours()), RULES)


def test_payment_of_our_marker_without_environment_is_not_ours() -> None:
    """Ours means our marker and our environment, both."""
    subject = absent(payment(environment=None))
    assert ["paid, not enrolled"] == [finding.kind for finding in decide(subject, RULES).findings]


def test_create_missing() -> None:
    """With --create-missing a payment without our marker creates the enrollment too."""
    assert Decision("create", "paid", not_ours()) == decide(absent(not_ours()), CREATE_MISSING)


def test_first_of_two_payments_that_are_not_ours_creates_the_enrollment() -> None:
    """Where none is ours the earlier one creates the enrollment, as it completes one that is there."""
    first, second = not_ours("cs_test_b", created=CREATED - 60), not_ours("cs_test_a")
    finding = Finding("paid twice", WHO, BOTH, url=dashboard("cs_test_a"))
    assert Decision("create", "paid", first, (finding,)) == decide(absent(second, first), CREATE_MISSING)


def test_our_payment_goes_before_another() -> None:
    """Of two payments the one that is ours creates the enrollment, and the other is a payment too many."""
    own, site = payment("cs_test_b"), not_ours("cs_test_a", created=CREATED - 60)
    finding = Finding("paid twice", WHO, BOTH, url=dashboard("cs_test_a"))
    assert Decision("create", "paid", own, (finding,)) == decide(absent(site, own), RULES)


def test_unknown_student() -> None:
    """A payment in the name of a student who is not in the table has an unknown payer."""
    detail = "cs_test_own is paid, but the student was not found"
    finding = Finding("payer unknown", WHO, detail, url=dashboard("cs_test_own"))
    expected = Decision("unchanged", "no student", findings=(finding,))
    assert expected == decide(absent(payment(), student_known=False), RULES)


def test_unknown_course() -> None:
    """A payment of ours for a course that is gone is reported, and creates nothing."""
    detail = "cs_test_own is paid, but the course was not found"
    finding = Finding("paid, not enrolled", WHO, detail, url=dashboard("cs_test_own"))
    expected = Decision("unchanged", "no course", findings=(finding,))
    assert expected == decide(absent(payment(), course_known=False), CREATE_MISSING)


def test_unknown_course_of_others_is_not_our_business() -> None:
    """A payment without our marker for a course that is not in the table is somebody else's, whoever made it."""
    expected = [Decision("unchanged", "no course")] * 2
    subjects = [absent(not_ours(), course_known=False, student_known=known) for known in (True, False)]
    assert expected == [decide(subject, CREATE_MISSING) for subject in subjects]


@pytest.mark.parametrize(
    "other",
    [
        unpaid("open"),
        unpaid("expired"),
        delayed("processing"),
        delayed("canceled"),
        payment(refunded=True),
        payment(disputes=("lost",)),
        payment(environment="prod"),
        payment(managed=False, environment="prod"),
        payment(livemode=True, managed=False),
    ],
)
def test_nothing_is_created_without_a_valid_payment_here(other: Payment) -> None:
    """What is not paid, not any more, or not here, creates nothing, whatever was asked for."""
    assert NOTHING == decide(absent(other), CREATE_MISSING)


def test_contradiction_of_ours_is_a_mismatch() -> None:
    """A session of ours that names two users creates nothing and needs a person."""
    detail = "cs_test_own names user user-7 and, as client_reference_id, user-8: "
    detail += "see in the Dashboard whose payment it is"
    finding = Finding("mismatch", WHO, detail, url=dashboard("cs_test_own"))
    expected = Decision("unchanged", "no enrollment", findings=(finding,))
    assert expected == decide(absent(payment(reference_user="user-8")), CREATE_MISSING)


UNNAMED = payment("cs_test_link", link_id="plink_1", metadata_user=None, reference_user=None)


def test_paid_link_session_of_nobody() -> None:
    """Paid through a link of ours without a user: payer unknown, by the session's id."""
    claim = "lmx enrollments create TEST-COURSE-003 --user USER_ID --session cs_test_link"
    detail = f"paid for course TEST-COURSE-003, but the session does not say by whom; once you know: {claim}"
    expected = Finding("payer unknown", "cs_test_link", detail, url=dashboard("cs_test_link"))
    assert expected == decide_unnamed(UNNAMED, RULES)


def test_paid_session_of_ours_without_course() -> None:
    """Paid and ours, but for no course: a person must look."""
    detail = "paid for an unknown course, but the session does not say by whom"
    expected = Finding("payer unknown", "cs_test_own", detail, url=dashboard("cs_test_own"))
    assert expected == decide_unnamed(payment(course_id=None), RULES)


@pytest.mark.parametrize(
    "subject",
    [
        not_ours(metadata_user=None, reference_user=None),
        payment(metadata_user=None, reference_user=None, environment="prod"),
        payment(metadata_user=None, reference_user=None, refunded=True),
        unpaid("open", metadata_user=None, reference_user=None),
    ],
    ids=["no marker", "other environment", "refunded", "open"],
)
def test_not_our_business(subject: Payment) -> None:
    """A session of nobody known, that is not a payment of ours, is nothing to report."""
    assert None is decide_unnamed(subject, CREATE_MISSING)
