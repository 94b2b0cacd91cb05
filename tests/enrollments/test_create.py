"""`enrollments create`: what each pricing model does."""

import json

import pytest

from tests.checkout import worlds
from tests.checkout.worlds import COURSE, ENV, PUT, UPDATE, USER
from tests.kills import MOMENTS, Scenario, kill_at
from tests.products.worlds import edit_course
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.sampling import sampled

FREE = "TEST-COURSE-001"
PUBLISH = "Publish"
CREATE = ("enrollments", "create", FREE, "--user", USER)


def _free_course(sandbox: Sandbox) -> None:
    worlds.put_course(sandbox, FREE, None, pricingModel="free")
    worlds.put_student(sandbox)


FREE_RUN = Scenario("free", _free_course, (PUT, PUBLISH, UPDATE))


def _enroll(sandbox: Sandbox, *args: str, course: str = FREE) -> worlds.Ran:
    return worlds.run(sandbox, "enrollments", "create", course, "--user", USER, *args)


def _mails(sandbox: Sandbox) -> list[dict[str, object]]:
    messages = sandbox.sqs().receive_message(QueueUrl=sandbox.queue_url, MaxNumberOfMessages=10).get("Messages", [])
    return [json.loads(json.loads(message["Body"])["Message"]) for message in messages]


def test_free_course_is_entered_at_once(sandbox: Sandbox) -> None:
    """The item is the site's own, without a mark, and the event has been published once."""
    _free_course(sandbox)
    ran = _enroll(sandbox)
    item = worlds.read_enrollment(sandbox, course=FREE)
    assert item is not None
    at = item["enrolledAt"]
    wanted = worlds.enrollment_item(course=FREE, enrollmentType="free", paymentStatus="free", enrolledAt=at)
    assert wanted == item
    data = {"course_id": FREE, "user_id": USER, "status": "free", "enrolled_at": at}
    assert {**data, "created": True, "event": "published"} == ran.data
    event = {"eventType": "EnrollmentCompleted", "studentId": USER, "courseId": FREE}
    assert [{**event, "enrollmentType": "free", "enrolledAt": at}] == _mails(sandbox)


def test_enrolled_student_stays_so(sandbox: Sandbox) -> None:
    """A second run writes and publishes nothing."""
    _free_course(sandbox)
    _enroll(sandbox)
    before = last_entry(sandbox)
    ran = _enroll(sandbox)
    assert (0, False, "none") == (ran.exit_code, ran.data["created"], ran.data["event"])
    assert [] == writes_since(sandbox, before)


def test_dry_run_writes_nothing(sandbox: Sandbox) -> None:
    """A dry run says what it would do."""
    _free_course(sandbox)
    before = last_entry(sandbox)
    done = sandbox.run("enrollments", "create", FREE, "--user", USER, "--dry-run")
    assert f"Would enroll {USER} in {FREE}, free.\n" == done.stdout
    assert [] == writes_since(sandbox, before)
    assert worlds.read_enrollment(sandbox, course=FREE) is None


@pytest.mark.parametrize("when", MOMENTS)
@pytest.mark.parametrize("index", sampled(range(3), 2))
def test_killed_run_is_made_good_by_the_next(sandbox: Sandbox, index: int, when: str) -> None:
    """After a SIGKILL before or after any write, the next run enrolls the student and publishes the event at once."""
    _free_course(sandbox)
    kill_at(sandbox, (FREE_RUN, index), when, (*CREATE, "-o", "json"))
    mailed = len(_mails(sandbox))
    ran = _enroll(sandbox)
    complete = (index, when) == (2, "after")
    assert (0, "none" if complete else "published") == (ran.exit_code, ran.data["event"])
    item = worlds.read_enrollment(sandbox, course=FREE)
    assert item is not None
    at = item["enrolledAt"]
    free = {"enrollmentType": "free", "paymentStatus": "free"}
    assert worlds.enrollment_item(course=FREE, enrolledAt=at, **free) == item
    assert (int((index, when) == (1, "after") or index == 2), int(not complete)) == (mailed, len(_mails(sandbox)))


def test_run_that_publishes_for_long_is_helped_by_the_next(sandbox: Sandbox) -> None:
    """Both may send the mail, and neither leaves the event owed: a second mail is better than none."""
    _free_course(sandbox)
    sandbox.control.add_fault("hold", operation=PUBLISH, when="after")
    slow = sandbox.start(*CREATE, "-o", "json")
    sandbox.control.wait_held(timeout=60)
    assert "published" == _enroll(sandbox).data["event"]
    sandbox.control.release()
    slow.communicate(timeout=60)
    item = worlds.read_enrollment(sandbox, course=FREE)
    assert item is not None
    assert "enrollmentEvent" not in item
    assert {USER} == {mail["studentId"] for mail in _mails(sandbox)}


def test_event_that_is_refused_is_reported_with_the_enrollment(sandbox: Sandbox) -> None:
    """The student is enrolled and the report says so, with the failure; the next run publishes what is owed."""
    _free_course(sandbox)
    sandbox.control.add_fault("error", operation=PUBLISH, status=403, code="AuthorizationError")
    ran = _enroll(sandbox)
    assert (4, True, "owed") == (ran.exit_code, ran.data["created"], ran.data["event"])
    assert "credentials" == ran.error[0].partition(".")[0]
    assert [] == _mails(sandbox)
    again = _enroll(sandbox)
    assert (0, False, "published") == (again.exit_code, again.data["created"], again.data["event"])
    assert 1 == len(_mails(sandbox))


@pytest.mark.parametrize("index", range(2))
def test_lost_answer_is_made_good(sandbox: Sandbox, index: int) -> None:
    """A run that loses DynamoDB's answer ends well, with one item and no mark."""
    _free_course(sandbox)
    operation = (PUT, UPDATE)[index]
    sandbox.control.add_fault("drop", operation=operation, when="after")
    assert 0 == _enroll(sandbox).exit_code
    item = worlds.read_enrollment(sandbox, course=FREE)
    assert item is not None
    assert ("free", False) == (item["paymentStatus"], "enrollmentEvent" in item)
    assert 1 == len(_mails(sandbox))


def test_paid_course_is_sold(sandbox: Sandbox) -> None:
    """A paid course goes the way of checkout create: stdout is the URL alone, the item is pending."""
    worlds.on_sale(sandbox)
    done = sandbox.run("enrollments", "create", COURSE, "--user", USER, env=ENV)
    session = worlds.sessions(sandbox)[0]
    assert f"{session.url}\n" == done.stdout
    assert session.id == worlds.only_session(sandbox)
    again = _enroll(sandbox, course=COURSE)
    assert ("enrollments create", True) == (again.report["command"], again.data["reused"])


def test_unknown_pricing_model_is_refused(sandbox: Sandbox) -> None:
    """An unknown model is named, with those that are known."""
    _free_course(sandbox)
    edit_course(sandbox, FREE, pricingModel="bundle")
    ran = _enroll(sandbox)
    assert (1, "invalid.pricing_model", True) == (ran.exit_code, ran.error[0], "free, paid" in ran.error[1])


def test_refusals_of_a_free_course(sandbox: Sandbox) -> None:
    """No such student, coming soon, and a pending item from a time when the course was paid."""
    worlds.put_course(sandbox, FREE, None, pricingModel="free")
    assert "invalid.no_student" == _enroll(sandbox).error[0]
    worlds.put_student(sandbox)
    worlds.put_enrollment(sandbox, course=FREE)
    assert "invalid.pending" == _enroll(sandbox).error[0]
    edit_course(sandbox, FREE, comingSoon=True)
    assert "invalid.coming_soon" == _enroll(sandbox).error[0]
