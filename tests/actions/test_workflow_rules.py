"""The workflows hold to the rules that keep credentials where they belong."""

import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.actions.workflows import read_workflow, workflow_names

WORKFLOWS = workflow_names()
WITH_CREDENTIALS = ["lmx-reconcile.yml", "lmx-sync.yml"]
_PINNED = re.compile(r"^[a-z0-9-]+/[a-z0-9-]+@[0-9a-f]{40}$")


def steps(workflow: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the job and the step of every step."""
    for name, job in read_workflow(workflow)["jobs"].items():
        for step in job["steps"]:
            yield name, step


def test_there_are_three_workflows() -> None:
    """One for this repository, two that work with real accounts."""
    assert ["ci.yml", *WITH_CREDENTIALS] == WORKFLOWS


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_action_is_pinned_by_its_commit(workflow: str) -> None:
    """A tag can be moved to other code; a commit cannot."""
    assert [] == [step["uses"] for _, step in steps(workflow) if "uses" in step and not _PINNED.match(step["uses"])]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_each_job_asks_for_its_own_permissions(workflow: str) -> None:
    """The default is none; jobs that work at AWS may ask for an identity token, and nothing may write to GitHub."""
    document = read_workflow(workflow)
    expected = {"contents": "read"} | ({"id-token": "write"} if workflow in WITH_CREDENTIALS else {})
    assert {} == document["permissions"]
    assert [expected] * len(document["jobs"]) == [job["permissions"] for job in document["jobs"].values()]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_no_workflow_holds_a_secret(workflow: str) -> None:
    """AWS is reached by OIDC, and Stripe's keys come from Secrets Manager while lmx runs."""
    text = str(read_workflow(workflow))
    assert [] == [word for word in ("secrets.", "STRIPE_SECRET_KEY", "aws-access-key-id", "sk_") if word in text]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_no_expression_stands_in_a_script(workflow: str) -> None:
    """What GitHub pastes into a script, a hostile input could write; values go through variables instead."""
    assert [] == [step["run"] for _, step in steps(workflow) if "${{" in step.get("run", "")]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_checkout_leaves_no_token_behind(workflow: str) -> None:
    """Later steps cannot find the token in .git/config."""
    checkouts = [step for _, step in steps(workflow) if step.get("uses", "").startswith("actions/checkout@")]
    assert ["false"] * len(checkouts) == [step["with"]["persist-credentials"] for step in checkouts]


@pytest.mark.parametrize("workflow", WORKFLOWS)
def test_every_job_ends_and_no_two_runs_meet(workflow: str) -> None:
    """Jobs have a time limit, workflows a concurrency group."""
    document = read_workflow(workflow)
    assert document["concurrency"]["group"]
    assert all(int(job["timeout-minutes"]) <= 60 for job in document["jobs"].values())


@pytest.mark.parametrize("workflow", WITH_CREDENTIALS)
def test_run_that_writes_is_never_cancelled_by_another(workflow: str) -> None:
    """A run under way is waited for."""
    assert "false" == read_workflow(workflow)["concurrency"]["cancel-in-progress"]


def test_pull_requests_run_without_credentials() -> None:
    """Only the workflow for this repository starts for a pull request."""
    triggers = {workflow: sorted(read_workflow(workflow)["on"]) for workflow in WORKFLOWS}
    others = ["schedule", "workflow_call", "workflow_dispatch"]
    assert {
        "ci.yml": ["pull_request", "push"],
        "lmx-reconcile.yml": others,
        "lmx-sync.yml": others,
    } == triggers


@pytest.mark.parametrize(("workflow", "job"), [("lmx-sync.yml", "plan"), ("lmx-reconcile.yml", "reconcile")])
def test_call_from_a_pull_request_does_nothing(workflow: str, job: str) -> None:
    """A workflow that is called sees its caller's event; only these are let in, the further job needs the first."""
    condition = read_workflow(workflow)["jobs"][job]["if"]
    assert re.findall(r'"([a-z_]+)"', condition) == ["workflow_dispatch", "schedule", "push"]
    assert condition.startswith("contains(fromJSON(")
    assert "github.event_name)" in condition


def test_apply_waits_for_the_plan_and_its_approval() -> None:
    """It runs when there is something to do, in the protected environment, on the very file that was planned."""
    jobs = read_workflow("lmx-sync.yml")["jobs"]
    apply = jobs["apply"]
    assert ("plan", "needs.plan.outputs.has_changes == 'true'") == (apply["needs"], apply["if"])
    assert jobs["plan"]["environment"] == apply["environment"] + "-plan"
    downloads = [step["with"] for step in apply["steps"] if step.get("uses", "").startswith("actions/download-")]
    assert [{"artifact-ids": "${{ needs.plan.outputs.plan_artifact }}"}] == downloads
    assert "${{ steps.keep.outputs.artifact-id }}" == jobs["plan"]["outputs"]["plan_artifact"]


def test_only_the_apply_writes_and_only_what_was_planned() -> None:
    """The plan job makes a dry run; the apply job is bound to the plan file."""
    runs = {step["id"]: step["run"] for _, step in steps("lmx-sync.yml") if "id" in step and "run" in step}
    commands = {name: re.findall(r"lmx [^|\n]*", run) for name, run in runs.items()}
    assert {
        "plan": ["lmx products sync --dry-run --save-plan plan.json "],
        "apply": ["lmx products sync --plan plan.json --yes"],
    } == commands


@pytest.mark.parametrize("workflow", WITH_CREDENTIALS)
def test_lmx_is_installed_before_there_are_credentials(workflow: str) -> None:
    """What pip runs cannot use them."""
    for job in read_workflow(workflow)["jobs"].values():
        words = [step.get("uses", step.get("name", "")).partition("@")[0] for step in job["steps"]]
        assert words.index("Install lmx") < words.index("aws-actions/configure-aws-credentials")


def test_reconcile_runs_every_night() -> None:
    """The scheduled run looks three days back, so that one that failed is made up for."""
    document = read_workflow("lmx-reconcile.yml")
    runs = [step["run"] for _, step in steps("lmx-reconcile.yml") if step.get("id") == "reconcile"]
    assert ["lmx enrollments reconcile --since 3d"] == runs
    assert re.fullmatch(r"\d+ \d+ \* \* \*", document["on"]["schedule"][0]["cron"])


@pytest.mark.parametrize("workflow", WITH_CREDENTIALS)
def test_environment_may_say_what_belongs_to_it(workflow: str) -> None:
    """Accounts that a run must be of, and a table and secret of other names, are variables of the environment."""
    wanted = ("LMX_STRIPE_ACCOUNT", "LMX_AWS_ACCOUNT", "EDUCATION_TABLE_NAME", "LMX_STRIPE_SECRET_NAME")
    for job in read_workflow(workflow)["jobs"].values():
        assert {name: f"${{{{ vars.{name} }}}}" for name in wanted} == {name: job["env"][name] for name in wanted}


def test_plan_and_apply_are_told_the_same() -> None:
    """A currency that only one of them knew would make each apply another plan."""
    jobs = read_workflow("lmx-sync.yml")["jobs"]
    assert jobs["plan"]["env"] == jobs["apply"]["env"]


def test_this_repository_runs_what_a_developer_runs() -> None:
    """CI has one command."""
    assert [".ci/run"] == [step["run"] for _, step in steps("ci.yml") if "run" in step]
