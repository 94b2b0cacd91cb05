"""What `--release-expired` removes: only what nobody paid for, once every session since then is known."""

from dataclasses import replace
from datetime import timedelta

import pytest

from learnermax_cli.enrollments.decide import decide
from learnermax_cli.enrollments.decide_case import Case, Decision
from learnermax_cli.enrollments.model import Payment
from learnermax_cli.planning.change import Finding
from tests.enrollments.values import (
    CREATED,
    KEY,
    NOW,
    RULES,
    case,
    dashboard,
    decided,
    delayed,
    enrollment,
    payment,
    rules,
    unpaid,
)

RELEASE = rules(release_expired=True)
YOUNG = "2026-11-01T06:00:00.000Z"


def _known(subject: Case) -> Case:
    return replace(subject, all_sessions_known=True)


@pytest.mark.parametrize(
    ("own", "state"),
    [
        (unpaid("expired"), "expired"),
        (delayed("requires_payment_method"), "failed"),
        (delayed("canceled"), "failed"),
        (None, "no session"),
    ],
)
def test_released(own: Payment | None, state: str) -> None:
    """Expired, failed, and without session for more than a day: released when asked for, and not otherwise."""
    subject = _known(case(own))
    assert Decision("release", state) == decide(subject, RELEASE)
    assert Decision("unchanged", state) == decide(subject, RULES)


def test_not_released_while_other_sessions_are_unknown() -> None:
    """Nothing is released before every session since the item was written has been read."""
    assert ("unchanged", "expired") == decided(case(unpaid("expired")), RELEASE)


@pytest.mark.parametrize(
    "own",
    [
        unpaid("open"),
        delayed("processing"),
        delayed("requires_action"),
        payment(refunded=True),
        payment(disputes=("lost",)),
        payment(course_id="other"),
        payment(status="odd"),
    ],
)
def test_not_released(own: Payment) -> None:
    """A session that may still be paid, or that a person must look at, keeps its item."""
    assert "unchanged" == decide(_known(case(own)), RELEASE).verdict


@pytest.mark.parametrize(
    "other",
    [unpaid("open", "cs_test_other"), delayed("processing", "cs_test_other"), payment("cs_test_other", status="odd")],
)
def test_another_session_in_the_way(other: Payment) -> None:
    """An expired session does not release its item while another one of user and course may be paid."""
    assert ("unchanged", "expired") == decided(_known(case(unpaid("expired"), other)), RELEASE)


@pytest.mark.parametrize(
    ("other", "state", "detail"),
    [
        (payment("cs_test_other", refunded=True), "refunded", "cs_test_other was refunded in full"),
        (payment("cs_test_other", disputes=("lost",)), "disputed", "cs_test_other is disputed: lost"),
        (unpaid("open", "cs_test_other"), None, "cs_test_other is open"),
    ],
)
def test_what_is_in_the_way_is_told(other: Payment, state: str | None, detail: str) -> None:
    """An item that is not released says why, and what a person must look at is a finding; unasked it says nothing."""
    subject = _known(case(unpaid("expired"), other))
    remedy = "lmx enrollments release TEST-COURSE-003 --user user-7"
    findings = () if state is None else (Finding(state, str(KEY), detail, remedy, dashboard("cs_test_other")),)
    told = Decision("unchanged", "expired", findings=findings, notes=(f"not released: {detail}",))
    assert told == decide(subject, RELEASE)
    assert Decision("unchanged", "expired") == decide(subject, RULES)


def test_several_expired_sessions() -> None:
    """Expired and failed sessions are not in each other's way."""
    subject = _known(case(unpaid("expired"), delayed("canceled", "cs_test_other")))
    assert ("release", "expired") == decided(subject, RELEASE)


def test_session_read_again_before_the_release() -> None:
    """The item's own session among all sessions, as another value, is the same session."""
    assert ("release", "expired") == decided(_known(case(unpaid("expired"), unpaid("expired"))), RELEASE)


def test_young_item_without_session_is_left() -> None:
    """An item without session of less than a day may be one whose checkout is being made."""
    subject = _known(case(enrollment=enrollment(None, enrolled_at=YOUNG)))
    assert ("unchanged", "no session") == decided(subject, RELEASE)


def test_young_item_without_session_is_left_though_an_earlier_session_expired() -> None:
    """A new checkout is not removed under the student's hands because a former session of theirs has expired."""
    former = unpaid("expired", created=CREATED)
    subject = _known(case(None, former, enrollment=enrollment(None, enrolled_at=YOUNG)))
    assert ("unchanged", "expired") == decided(subject, RELEASE)


@pytest.mark.parametrize("session_id", [None, "garbage"])
@pytest.mark.parametrize(
    ("others", "state"), [((), "no session"), ((unpaid("expired", "cs_test_other"),), "expired")], ids=["none", "other"]
)
def test_item_without_a_usable_session_id(session_id: str | None, others: tuple[Payment, ...], state: str) -> None:
    """An id that Stripe cannot have counts as none: released after a day, though another session of theirs expired."""
    old = _known(case(None, *others, enrollment=enrollment(session_id)))
    young = _known(case(None, *others, enrollment=enrollment(session_id, enrolled_at=YOUNG)))
    assert [("release", state), ("unchanged", state)] == [decided(subject, RELEASE) for subject in (old, young)]


def test_young_item_with_an_expired_session_is_released() -> None:
    """A session can expire after half an hour; its item goes without waiting for a day."""
    subject = _known(case(unpaid("expired"), enrollment=enrollment(enrolled_at=YOUNG)))
    assert ("release", "expired") == decided(subject, RELEASE)


@pytest.mark.parametrize(
    ("age", "verdict"),
    [(timedelta(hours=24), "unchanged"), (timedelta(hours=24, milliseconds=1), "release")],
    ids=["a day", "over a day"],
)
def test_item_without_session_is_released_after_24_hours(age: timedelta, verdict: str) -> None:
    """A day to the millisecond is still left alone; what is older is released."""
    subject = _known(case(enrollment=enrollment(None, enrolled_at=(NOW - age).isoformat())))
    assert (verdict, "no session") == decided(subject, RELEASE)


@pytest.mark.parametrize("garbage", ["", "yesterday", "2026-13-01T00:00:00Z"])
def test_item_of_unknown_age_is_left(garbage: str) -> None:
    """Without session and without a time, nobody knows whether a checkout is under way."""
    subject = _known(case(enrollment=enrollment(None, enrolled_at=garbage)))
    assert ("unchanged", "no session") == decided(subject, RELEASE)


@pytest.mark.parametrize("status", ["free", "completed"])
def test_only_pending_items_are_released(status: str) -> None:
    """Who is in stays in."""
    subject = _known(case(unpaid("expired"), enrollment=enrollment(status=status)))
    assert "unchanged" == decide(subject, RELEASE).verdict
