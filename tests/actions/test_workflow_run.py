"""A run of the workflows, step by step: the scripts of the workflow files, the files and variables of Actions."""

import json
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.actions.workflows import Job, StepDone, kill
from tests.enrollments import worlds as enrollments
from tests.items import course_item, enrollment_item, student_item
from tests.products.worlds import read_products
from tests.ran import last_entry, writes_since
from tests.running import Sandbox

ENVIRONMENT = "preview"
NOTHING_DONE = {"changes": "0", "has_changes": "false"}
_OUR_ANNOTATION = re.compile(r"^::(error|warning) title=[^,:]*::")


@pytest.fixture
def values(sandbox: Sandbox) -> dict[str, str]:
    """What a run is configured with: credentials for AWS alone; Stripe's keys are in Secrets Manager."""
    own = sandbox.info.environment()
    keys = {name: own[name] for name in ("STRIPE_SECRET_KEY", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY")}
    sandbox.secretsmanager().create_secret(Name="learnermax/stripe-keys", SecretString=json.dumps(keys))
    return {
        **{name: own[name] for name in own if name.startswith("AWS_")},
        "AWS_EC2_METADATA_DISABLED": "true",
        "STRIPE_API_BASE": own["STRIPE_API_BASE"],
        "LMX_ENVIRONMENT": ENVIRONMENT,
        "LMX_STRIPE_ACCOUNT": sandbox.info.stripe_account,
        "TRANSACTIONAL_EMAIL_TOPIC_ARN": own["TRANSACTIONAL_EMAIL_TOPIC_ARN"],
    }


class Run:
    """One run of the sync workflow: the plan job, the artifact that it keeps, and the apply job."""

    def __init__(self, folder: Path, values: dict[str, str]) -> None:
        self.plan_job = Job("lmx-sync.yml", "plan", folder / "plan", values)
        self.apply_job = Job("lmx-sync.yml", "apply", folder / "apply", values)

    def plan(self) -> StepDone:
        """Run the plan job, and hand its plan over as the artifact actions do."""
        done = self.plan_job.run("plan")
        if (self.plan_job.workspace / "plan.json").exists():
            shutil.copy(self.plan_job.workspace / "plan.json", self.apply_job.workspace)
        return done

    def apply(self) -> StepDone:
        """Run the apply job, approved."""
        return self.apply_job.run("apply")


@pytest.fixture
def run(tmp_path: Path, values: dict[str, str]) -> Run:
    """A run that has not begun."""
    return Run(tmp_path, values)


def put_course(sandbox: Sandbox, course_id: str, price: str | None, **attributes: object) -> None:
    """Put a course into the table of the environment that the workflow works in."""
    sandbox.dynamodb(ENVIRONMENT).put_item(Item=course_item(course_id, price, **attributes))


def as_actions_want_it(done: StepDone) -> None:
    """Assert what holds for every step: no colour, no traceback, no command but our own annotations."""
    assert "\x1b" not in done.stdout + done.stderr + done.summary
    assert "Traceback" not in done.stderr
    assert [] == [line for line in done.annotations if not _OUR_ANNOTATION.match(line) or "##[" in line]


def read_plan(run: Run) -> dict[str, Any]:
    """Return the plan file that the apply job was handed."""
    plan: dict[str, Any] = json.loads((run.apply_job.workspace / "plan.json").read_text())
    return plan


def test_plan_is_told_and_nothing_is_written(sandbox: Sandbox, run: Run) -> None:
    """The summary shows the plan, the outputs count it and name it, and no write is made."""
    put_course(sandbox, "a", "49.99")
    before = last_entry(sandbox)
    done = run.plan()
    as_actions_want_it(done)
    assert (0, []) == (done.exit_code, writes_since(sandbox, before))
    assert {"changes": "2", "has_changes": "true", "digest": read_plan(run)["digest"]} == done.outputs
    assert "Plan: 1 to add, 0 to change" in done.summary
    assert "Plan: 1 to add, 0 to change" in done.stdout


@pytest.mark.slow
def test_unchanged_world_is_applied(sandbox: Sandbox, run: Run) -> None:
    """What was planned is done, and another plan finds nothing."""
    put_course(sandbox, "a", "49.99")
    planned = run.plan()
    applied = run.apply()
    as_actions_want_it(applied)
    assert (0, planned.outputs) == (applied.exit_code, applied.outputs)
    assert ["lmx_preview_a"] == list(read_products(sandbox))
    assert "Applied: 1 added" in applied.summary
    again = run.plan()
    assert (0, NOTHING_DONE) == (again.exit_code, {name: again.outputs[name] for name in NOTHING_DONE})


@pytest.mark.slow
def test_plan_is_made_with_a_key_that_only_reads(
    sandbox: Sandbox, run: Run, values: dict[str, str], tmp_path: Path
) -> None:
    """The job that nobody has approved needs no key that writes; what it planned is applied with one that does."""
    put_course(sandbox, "a", "49.99")
    read = dict.fromkeys(("product", "price", "checkout_session", "payment_link"), "read")
    key = sandbox.control.add_key(kind="restricted", mode="test", permissions=read)["value"]
    sandbox.secretsmanager().create_secret(
        Name="learnermax/stripe-read-only", SecretString=json.dumps({"STRIPE_SECRET_KEY": key})
    )
    reading = Run(tmp_path / "reading", {**values, "LMX_STRIPE_SECRET_NAME": "learnermax/stripe-read-only"})
    planned = reading.plan()
    assert 0 == planned.exit_code, planned.stderr
    shutil.copy(reading.plan_job.workspace / "plan.json", run.apply_job.workspace)
    applied = run.apply()
    assert (0, planned.outputs) == (applied.exit_code, applied.outputs)
    assert ["lmx_preview_a"] == list(read_products(sandbox))


@pytest.mark.slow
def test_changed_world_is_refused(sandbox: Sandbox, run: Run) -> None:
    """A course that was edited after the review ends the apply in 5, annotated, with nothing written."""
    put_course(sandbox, "a", "49.99")
    run.plan()
    put_course(sandbox, "a", "59.99")
    before = last_entry(sandbox)
    refused = run.apply()
    as_actions_want_it(refused)
    assert (5, []) == (refused.exit_code, writes_since(sandbox, before))
    assert ["::error title=guard.plan_changed::"] == [line[:34] for line in refused.annotations]
    assert "Make a new plan with --save-plan" in refused.summary


@pytest.mark.slow
def test_apply_that_was_killed_is_run_again(sandbox: Sandbox, run: Run) -> None:
    """A runner dies halfway; the same job, run again with the same plan, does the rest."""
    courses = ["a", "b", "c"]
    for course in courses:
        put_course(sandbox, course, "49.99")
    run.plan()
    # Each of three courses is a product and a link; the fourth write never comes back.
    sandbox.control.add_fault("hold", writes_only=True, skip=3)
    process = run.apply_job.start("apply")
    sandbox.control.wait_held(timeout=60)
    assert -signal.SIGKILL == kill(process)
    sandbox.control.release()
    sandbox.control.clear_faults()
    left = len(courses) - len(read_products(sandbox))
    again = run.apply()
    as_actions_want_it(again)
    assert (0, "true") == (again.exit_code, again.outputs["has_changes"])
    assert int(again.outputs["changes"]) < 2 * len(courses)
    assert f"Applied: {left} added" in again.summary
    assert [f"lmx_preview_{course}" for course in courses] == sorted(read_products(sandbox))
    assert "0" == run.plan().outputs["changes"]


@pytest.mark.slow
def test_refused_row_does_not_keep_the_others_back(sandbox: Sandbox, run: Run) -> None:
    """The plan goes on to its approval without the bad course; the apply does the others and is red."""
    put_course(sandbox, "bad", "4999")
    put_course(sandbox, "good", "49.99")
    planned = run.plan()
    applied = run.apply()
    assert (0, 1) == (planned.exit_code, applied.exit_code)
    assert ["lmx_preview_good"] == list(read_products(sandbox))
    for done in (planned, applied):
        as_actions_want_it(done)
        assert ["::error title=bad::"] == [
            line[:19] for line in done.annotations if line.startswith("::error title=bad")
        ]


def test_refused_row_alone_fails_the_plan(sandbox: Sandbox, run: Run) -> None:
    """With nothing to approve, the plan itself says that a row was refused."""
    put_course(sandbox, "bad", "4999")
    done = run.plan()
    assert (1, NOTHING_DONE) == (done.exit_code, {name: done.outputs[name] for name in NOTHING_DONE})


def test_plan_that_could_not_be_made_fails(run: Run, sandbox: Sandbox) -> None:
    """Stripe refuses the key: the job ends in 4, without outputs, so that no apply starts."""
    put_course(sandbox, "a", "49.99")
    sandbox.control.set_key_status(sandbox.info.secret_key, "revoked")
    done = run.plan()
    as_actions_want_it(done)
    assert (4, {}) == (done.exit_code, dict(done.outputs))
    assert ["::error title=credentials"] == [line[:25] for line in done.annotations]
    assert "lmx products sync: failed" in done.summary
    assert not (run.apply_job.workspace / "plan.json").exists()


@pytest.mark.slow
def test_text_of_a_course_is_not_obeyed(sandbox: Sandbox, run: Run) -> None:
    """Names, ids and descriptions that are workflow commands, output lines, HTML or mentions stay text."""
    hostile = (
        '::error::x\n::set-output name=has_changes::false\r\n##[error]y %0A<img src="x" onerror="z"> @everyone \x1b[31m'
    )
    put_course(sandbox, "a", "49.99", name=hostile, description="::add-mask::a\nhas_changes=false")
    put_course(sandbox, "b::warning::", "4999", name="##[group]")
    done = run.plan()
    as_actions_want_it(done)
    assert {"changes": "2", "has_changes": "true", "digest": read_plan(run)["digest"]} == done.outputs
    assert [] == [word for word in ("<img", "@everyone", "##[", "\r") if word in done.summary]
    applied = run.apply()
    as_actions_want_it(applied)
    assert (1, hostile) == (applied.exit_code, read_products(sandbox)["lmx_preview_a"]["name"])


def test_nightly_reconcile_lets_in_who_paid(sandbox: Sandbox, values: dict[str, str], tmp_path: Path) -> None:
    """A payment whose webhook was lost completes its enrollment, and the student's mail is sent."""
    age = 3600 * enrollments.HOURS_AGO
    row = {"course_id": enrollments.COURSE, "user_id": "user-1", "offset": -age, "amount": enrollments.AMOUNT}
    session = sandbox.control.seed_sessions([row], environment=ENVIRONMENT)[0]
    enrolled_at = enrollments.text_of(enrollments.now(sandbox) - age)
    table = sandbox.dynamodb(ENVIRONMENT)
    table.put_item(Item=course_item(enrollments.COURSE, "99.99"))
    table.put_item(Item=student_item("user-1"))
    item = enrollment_item("user-1", enrollments.COURSE, enrolled_at, stripeSessionId=session)
    table.put_item(Item=item)
    done = Job("lmx-reconcile.yml", "reconcile", tmp_path / "reconcile", values).run("reconcile")
    as_actions_want_it(done)
    assert (0, "true") == (done.exit_code, done.outputs["has_changes"])
    stored = table.get_item(Key={"PK": item["PK"], "SK": item["SK"]}, ConsistentRead=True)["Item"]
    assert "completed" == stored["paymentStatus"]
    assert ["user-1"] == [event["studentId"] for event in enrollments.read_events(sandbox)]
    assert "lmx enrollments reconcile: preview" in done.summary
