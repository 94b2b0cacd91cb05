"""`students show`: one student's case, from whatever id to the command that settles it."""

from collections.abc import Iterator

from learnermax_cli.enrollments.decide_case import Rules
from learnermax_cli.enrollments.model import Student
from learnermax_cli.enrollments.payment_state import Realm
from learnermax_cli.enrollments.plan_event import EventMode, EventRules
from learnermax_cli.planning.report import Data, Report
from learnermax_cli.students.find import find_student
from learnermax_cli.students.model import read_wanted
from learnermax_cli.students.plan_case import View, plan_views
from learnermax_cli.students.plan_timeline import Entry
from learnermax_cli.students.read_case import CaseJob, CaseReads

COMMAND = "students show"
# Requests to Stripe, with the one that asks whose account it is.
_SHORT_ID = 40
_FROM_ID, _FROM_ELSE = 8, 12


def run_show(job: CaseJob, what: str) -> Report:
    """Return the report of a case; raises FailedError where nothing is found, or two students are."""
    wanted = read_wanted(what)
    identity = job.stripe_identity
    reads = CaseReads(job, (_FROM_ID if wanted.kind == "student" else _FROM_ELSE) - 1)
    student = find_student(reads, wanted)
    if student is not None:
        reads.read_student(student)
    reads.read_rest()
    rules = Rules(Realm(job.settings.environment, livemode=identity.mode == "live"), job.now())
    views = plan_views(reads.found, rules, EventRules(_event_mode(job), rules.now))
    notes = reads.found.notes
    value = {"student": _student_json(student), "cases": [_case_json(view, notes) for view in views]}
    body = Data(value, tuple(_lines(student, views, notes)))
    return Report(COMMAND, job.settings.environment, body, stripe=identity)


def _event_mode(job: CaseJob) -> EventMode:
    if not job.settings.events:
        return "off"
    return "owe" if job.settings.topic_arn is None else "publish"


def _entry_lines(entry: Entry) -> Iterator[str]:
    """Yield a line of a timeline; the long id of a session has a line of its own, once: the item names it too."""
    line = f"  {entry.at or '':20}  {entry.kind:10}  {entry.detail}"
    if entry.id is None or entry.kind == "enrollment":
        yield line
    elif len(entry.id) <= _SHORT_ID:
        yield f"{line}  {entry.id}"
    else:
        yield from (line, f"      {entry.id}")


def _student_json(student: Student | None) -> dict[str, object] | None:
    if student is None:
        return None
    fields = ("user_id", "email", "name", "customer_id")
    return {name: getattr(student, name) for name in fields}


def _case_json(view: View, notes: list[str]) -> dict[str, object]:
    timeline = [entry._asdict() for entry in view.timeline]
    timeline += [{"at": None, "kind": "note", "detail": note, "id": None} for note in notes]
    return {**view._asdict(), "timeline": timeline}


def _lines(student: Student | None, views: list[View], notes: list[str]) -> Iterator[str]:
    if student is None:
        yield "The payer is no student of the table."
    else:
        known = filter(None, (student.name, student.email, student.customer_id))
        yield ", ".join((f"Student {student.user_id}", *known))
    if not views:
        yield "No enrollment and no payment was found."
    for view in views:
        yield ""
        yield f"{view.course_id or 'Unknown course'}: {view.state}"
        yield "  " + view.verdict
        for entry in view.timeline:
            yield from _entry_lines(entry)
        yield "  Run: " + view.remedy if view.remedy else "  Nothing to run."
        if view.url:
            yield f"  {view.url}"
    if notes:
        yield ""
        yield from (f"Note: {note}" for note in notes)
