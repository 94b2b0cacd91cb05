"""What a checkout has to do, decided from values alone."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from learnermax_cli.checkout.model import Form, NewSession, Offer, Session
from learnermax_cli.checkout.plan_checkout import (
    Purchase,
    Resume,
    Reuse,
    Situation,
    Start,
    expires_at,
    plan_checkout,
    search_since,
)
from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.money import Money
from learnermax_cli.enrollments.model import Enrollment, EnrollmentKey, Student
from learnermax_cli.enrollments.payment_state import Reading

NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)
KEY = EnrollmentKey("user-7", "TEST-COURSE-003")
FORM = Form("hosted", "https://x.example/ok", None, None, allow_promotion_codes=False)
OFFER = Offer(KEY.course_id, "Bootcamp", "price_1", Money(9999, "usd"))
STUDENT = Student(KEY.user_id, "seven@example.com", None)
PURCHASE = Purchase("preview", OFFER, STUDENT, FORM, timedelta(hours=24))
OURS = {"managedBy": "lmx", "environment": "preview", "courseId": KEY.course_id, "userId": KEY.user_id}
THEIRS = {"courseId": KEY.course_id, "userId": KEY.user_id}


def _seconds(hours: float) -> int:
    return int((NOW + timedelta(hours=hours)).timestamp())


SESSION = Session(
    session_id="cs_test_1",
    status="open",
    payment_status="unpaid",
    livemode=False,
    created=_seconds(-1),
    expires_at=_seconds(23),
    form=FORM,
    price_ids=("price_1",),
    metadata=OURS,
    reference=KEY.user_id,
    money=None,
    url=None,
    client_secret=None,
)


def _pending(hours_ago: float = 1.0, session_id: str | None = None) -> Enrollment:
    begun = (NOW - timedelta(hours=hours_ago)).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return Enrollment(KEY, "pending", "paid", begun, session_id)


NAMING = _pending(session_id=SESSION.session_id)


def test_first_checkout_begins() -> None:
    """Nothing is there: a new attempt."""
    assert Start(None) == plan_checkout(Situation(None), PURCHASE, NOW)


def test_fitting_session_is_returned_again() -> None:
    """Open, same price, same form, open for half an hour: returned, whether lmx or the site created it."""
    for session in (SESSION, replace(SESSION, metadata=THEIRS), replace(SESSION, expires_at=_seconds(0.5))):
        assert Reuse(NAMING, session) == plan_checkout(Situation(NAMING, session), PURCHASE, NOW)


@pytest.mark.parametrize(
    "session",
    [
        replace(SESSION, price_ids=("price_2",)),
        replace(SESSION, price_ids=("2 x price_1",)),
        replace(SESSION, price_ids=("price_1", "price_1")),
        replace(SESSION, form=replace(FORM, allow_promotion_codes=True)),
        replace(SESSION, form=replace(FORM, ui="embedded")),
        replace(SESSION, expires_at=_seconds(0.5) - 1),
    ],
)
def test_session_that_does_not_fit_is_ended(session: Session) -> None:
    """Another price, quantity or form, or too little time: expired, and a new attempt."""
    assert Start(NAMING, (session,)) == plan_checkout(Situation(NAMING, session), PURCHASE, NOW)


def test_expired_session_needs_no_end() -> None:
    """A session that is over is simply replaced."""
    assert Start(NAMING) == plan_checkout(Situation(NAMING, replace(SESSION, status="expired")), PURCHASE, NOW)


@pytest.mark.parametrize(
    "metadata", [{**OURS, "environment": "prod"}, {**OURS, "userId": "user-8"}, {**OURS, "courseId": "OTHER"}]
)
def test_fitting_session_of_others_is_not_handed_out(metadata: dict[str, str]) -> None:
    """A session for the same price that was made for somebody or something else is neither returned nor ended."""
    with pytest.raises(FailedError) as caught:
        plan_checkout(Situation(NAMING, replace(SESSION, metadata=metadata)), PURCHASE, NOW)
    assert "failed.foreign_session" == caught.value.code


@pytest.mark.parametrize(
    "metadata",
    [THEIRS, {**OURS, "environment": "prod"}, {**OURS, "userId": "user-8"}, {**OURS, "courseId": "OTHER"}],
)
def test_session_of_others_is_not_ended(metadata: dict[str, str]) -> None:
    """The site's, another environment's, another student's and another course's open session stay: refused."""
    session = replace(SESSION, metadata=metadata, price_ids=("price_2",))
    with pytest.raises(FailedError) as caught:
        plan_checkout(Situation(NAMING, session), PURCHASE, NOW)
    assert "failed.foreign_session" == caught.value.code


def test_complete_session_stops() -> None:
    """Named or found: a complete session is for reconcile, with --replace too; one found has to be looked for."""
    complete = replace(SESSION, status="complete", payment_status="paid")
    read = {complete.session_id: Reading("paid", complete.session_id)}
    found = replace(complete, session_id="cs_test_found")
    listed = Situation(_pending(), None, (SESSION, found), {"cs_test_found": Reading("paid", "cs_test_found")})
    for situation, since in ((Situation(NAMING, complete, readings=read), False), (listed, True)):
        for purchase in (PURCHASE, replace(PURCHASE, replace=True)):
            with pytest.raises(FailedError) as caught:
                plan_checkout(situation, purchase, NOW)
            assert (True, since) == ("enrollments reconcile" in caught.value.hint, "--since" in caught.value.hint)


def test_complete_session_that_was_not_read_stops() -> None:
    """Without its payment nobody knows what it means."""
    complete = replace(SESSION, status="complete", payment_status="paid")
    with pytest.raises(FailedError) as caught:
        plan_checkout(Situation(NAMING, complete), replace(PURCHASE, replace=True), NOW)
    assert "See in the Dashboard what became of it." == caught.value.hint


@pytest.mark.parametrize(("hours_ago", "young"), [(0, True), (22.9999, True), (23, False), (30, False)])
def test_attempt_without_session_is_taken_up_for_23_hours(hours_ago: float, young: bool) -> None:
    """While Stripe knows its key the attempt goes on under it, later a new one begins."""
    enrollment = _pending(hours_ago)
    expected = Resume(enrollment) if young else Start(enrollment)
    assert expected == plan_checkout(Situation(enrollment), PURCHASE, NOW)


@pytest.mark.parametrize(
    ("minutes", "seconds_ago", "accepted"),
    [
        (30, 50, True),
        (30, 51, False),
        (30, 300, False),
        (120, 5_390, True),
        (120, 5_391, False),
        (24 * 60, -9, True),
        (24 * 60, -10, False),
    ],
)
def test_attempt_whose_end_would_be_refused_now_begins_anew(minutes: int, seconds_ago: int, accepted: bool) -> None:
    """Its `expires_at` is counted from its start: with less than 30 minutes left, or 24 hours, it is not resumed."""
    enrollment = _pending(seconds_ago / 3600)
    expected = Resume(enrollment) if accepted else Start(enrollment)
    purchase = replace(PURCHASE, expires_in=timedelta(minutes=minutes))
    assert expected == plan_checkout(Situation(enrollment), purchase, NOW)


def test_attempt_of_the_last_year_of_all_begins_anew() -> None:
    """A time that nothing can be added to is no error."""
    enrollment = replace(_pending(), enrolled_at="9999-12-31T23:59:59Z")
    assert Start(enrollment) == plan_checkout(Situation(enrollment), PURCHASE, NOW)


def test_session_that_nobody_noted_is_taken() -> None:
    """A fitting one is returned, the oldest of them, of one second the first by id; the others are ended."""
    enrollment = _pending()
    younger = replace(SESSION, session_id="cs_test_0", created=_seconds(-0.5))
    same = replace(SESSION, session_id="cs_test_2")
    for found in ((younger, SESSION, same), (same, younger, SESSION)):
        ends = tuple(session for session in found if session is not SESSION)
        assert Reuse(enrollment, SESSION, ends) == plan_checkout(Situation(enrollment, None, found), PURCHASE, NOW)


def test_dead_session_of_an_attempt_is_not_asked_for_again() -> None:
    """The key would replay it: a new attempt begins."""
    enrollment = _pending()
    dead = replace(SESSION, status="expired")
    assert Start(enrollment) == plan_checkout(Situation(enrollment, None, (dead,)), PURCHASE, NOW)


@pytest.mark.parametrize("session_id", ["", "none", "cs_live"])
def test_unusable_session_id_counts_as_none(session_id: str) -> None:
    """What cannot be a session's id is replaced, whatever else was found."""
    enrollment = replace(_pending(), session_id=session_id)
    assert Start(enrollment, (SESSION,)) == plan_checkout(Situation(enrollment, None, (SESSION,)), PURCHASE, NOW)
    assert Start(enrollment) == plan_checkout(Situation(enrollment), PURCHASE, NOW)


@pytest.mark.parametrize("status", ["completed", "free", "expired", ""])
def test_student_who_is_in_is_refused(status: str) -> None:
    """Whatever is not pending counts as enrolled, as it does on the site."""
    with pytest.raises(FailedError) as caught:
        plan_checkout(Situation(replace(_pending(), status=status)), PURCHASE, NOW)
    assert "invalid.enrolled" == caught.value.code


def test_pending_bundle_is_not_this_purchase() -> None:
    """A pending enrollment of another type is not made into a purchase of the course."""
    with pytest.raises(FailedError) as caught:
        plan_checkout(Situation(replace(_pending(), enrollment_type="bundle")), PURCHASE, NOW)
    assert "invalid.enrollment_type" == caught.value.code


def test_pending_item_without_a_type_is_a_purchase() -> None:
    """Only an item of another stated type is refused."""
    enrollment = replace(_pending(), enrollment_type="")
    assert Resume(enrollment) == plan_checkout(Situation(enrollment), PURCHASE, NOW)


def test_missing_session_stops() -> None:
    """The item names a session that Stripe does not have: nothing is made beside it."""
    with pytest.raises(FailedError) as caught:
        plan_checkout(Situation(NAMING), PURCHASE, NOW)
    assert "failed.missing_session" == caught.value.code


def test_unreadable_time_begins_anew() -> None:
    """An enrollment with an unreadable time starts afresh, and nothing is searched for."""
    enrollment = replace(_pending(), enrolled_at="yesterday")
    assert (Start(enrollment), None) == (
        plan_checkout(Situation(enrollment), PURCHASE, NOW),
        search_since(enrollment, NOW),
    )


def test_search_covers_the_life_of_a_session() -> None:
    """Sessions are looked for from a little before the attempt, as long as one of them may still be open."""
    assert [_seconds(-25) - 600, None] == [search_since(_pending(hours), NOW) for hours in (25, 25.0001)]


def test_end_is_inside_of_stripes_bounds() -> None:
    """The end is counted from enrolledAt, and leaves room for the moment until Stripe makes the session."""
    at = "2026-11-01T12:00:00.789Z"
    spans = [timedelta(minutes=30), timedelta(hours=2), timedelta(hours=24)]
    assert [31 * 60, 2 * 3600, 24 * 3600 - 10] == [expires_at(at, span) - _seconds(0) for span in spans]


def test_wish_knows_what_came_of_it() -> None:
    """Marker, student, price, form and end tell the session of an attempt from all others."""
    new = NewSession("preview", KEY, "price_1", FORM, None, None, "2026-11-01T11:00:00.000Z", SESSION.expires_at)
    others = [
        replace(SESSION, metadata=THEIRS),
        replace(SESSION, expires_at=SESSION.expires_at + 1),
        replace(SESSION, price_ids=("price_2",)),
    ]
    assert [True, False, False, False] == [new.made(session) for session in (SESSION, *others)]
