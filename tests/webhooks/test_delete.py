"""`lmx webhooks delete` end to end: ours at a URL, after a question; those of others stay."""

import pytest

from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.secrets.support import run_on_terminal
from tests.webhooks import endpoint_worlds as worlds
from tests.webhooks.endpoint_worlds import DELETE, OTHER_URL, URL

ARGS = ("delete", "--url", URL)


def test_ours_is_deleted_and_its_secret_stays(sandbox: Sandbox) -> None:
    """The report says where the secret is; run again there is nothing to do."""
    worlds.created(sandbox)
    content = worlds.stored(sandbox)
    before = last_entry(sandbox)
    done = sandbox.run("webhooks", *ARGS, "--yes")
    assert (0, [DELETE]) == (done.returncode, writes_since(sandbox, before))
    assert "The signing secret stays in learnermax/stripe-keys, as STRIPE_WEBHOOK_SECRET" in done.stdout
    assert ([], content) == (worlds.endpoints(sandbox), worlds.stored(sandbox))
    ran = worlds.run(sandbox, *ARGS)
    assert (0, [], {"delete": 0, "failed": 0}) == (ran.exit_code, ran.outcomes, ran.report["summary"])


def test_without_a_terminal_it_needs_yes(sandbox: Sandbox) -> None:
    """Exit 5 with the plan; nothing is deleted."""
    worlds.created(sandbox)
    ran = worlds.run(sandbox, *ARGS)
    assert (5, "guard.confirm", [("delete", "planned")]) == (ran.exit_code, ran.error, ran.outcomes)
    worlds.healthy(sandbox)


@pytest.mark.parametrize(("answer", "code", "left"), [("y\n", 0, 0), ("n\n", 1, 1)])
def test_on_a_terminal_it_asks(sandbox: Sandbox, answer: str, code: int, left: int) -> None:
    """Yes deletes, no does not."""
    worlds.created(sandbox)
    assert code == run_on_terminal(sandbox, answer, "webhooks", *ARGS, "-e", "sandbox")
    assert left == len(worlds.endpoints(sandbox))


def test_dry_run_deletes_nothing(sandbox: Sandbox) -> None:
    """The plan alone."""
    worlds.created(sandbox)
    before = last_entry(sandbox)
    ran = worlds.run(sandbox, *ARGS, "--dry-run")
    assert (0, [("delete", "planned")], []) == (ran.exit_code, ran.outcomes, writes_since(sandbox, before))


def test_others_stay(sandbox: Sandbox) -> None:
    """Made by hand at the same URL, or of ours elsewhere."""
    other = worlds.make_endpoint(sandbox).id
    elsewhere = worlds.make_endpoint(sandbox, url=OTHER_URL, metadata=worlds.ours()).id
    worlds.make_endpoint(sandbox, metadata=worlds.ours())
    assert 0 == worlds.run(sandbox, *ARGS, "--yes").exit_code
    assert {other, elsewhere} == {endpoint.id for endpoint in worlds.endpoints(sandbox)}


@pytest.mark.parametrize("environment", [None, "prod"], ids=("by-hand", "of-prod"))
def test_anothers_is_refused(sandbox: Sandbox, environment: str | None) -> None:
    """With the reason, even with --yes."""
    metadata = {} if environment is None else worlds.ours(environment)
    other = worlds.make_endpoint(sandbox, metadata=metadata)
    ran = worlds.run(sandbox, *ARGS, "--yes")
    assert (5, "guard.other_endpoint", True) == (ran.exit_code, ran.error, other.id in ran.report["error"]["message"])
    assert [other.id] == [endpoint.id for endpoint in worlds.endpoints(sandbox)]


def test_unfinished_replacement_is_deleted_whole(sandbox: Sandbox) -> None:
    """Both of ours."""
    worlds.created(sandbox)
    worlds.make_endpoint(sandbox, metadata=worlds.ours())
    ran = worlds.run(sandbox, *ARGS, "--yes")
    assert ([("delete", "applied")] * 2, []) == (ran.outcomes, worlds.endpoints(sandbox))


@pytest.mark.parametrize("when", ["before", "after"])
def test_lost_answer_is_made_good(sandbox: Sandbox, when: str) -> None:
    """Deleted already is deleted."""
    worlds.created(sandbox)
    sandbox.control.add_fault("drop", operation=DELETE, when=when)
    ran = worlds.run(sandbox, *ARGS, "--yes")
    assert (0, [("delete", "applied")], []) == (ran.exit_code, ran.outcomes, worlds.endpoints(sandbox))


def test_failure_is_told(sandbox: Sandbox) -> None:
    """Exit 1, and the endpoint is still there."""
    worlds.created(sandbox)
    sandbox.control.add_fault("error", operation=DELETE, times=None, status=400, error_type="invalid_request_error")
    ran = worlds.run(sandbox, *ARGS, "--yes")
    assert (1, [("delete", "failed")]) == (ran.exit_code, ran.outcomes)
    worlds.healthy(sandbox)


def test_one_failure_leaves_the_others_alone(sandbox: Sandbox) -> None:
    """The one that is not deleted is named; the other is gone."""
    worlds.created(sandbox)
    worlds.make_endpoint(sandbox, metadata=worlds.ours())
    sandbox.control.add_fault("error", operation=DELETE, status=400, error_type="invalid_request_error")
    ran = worlds.run(sandbox, *ARGS, "--yes")
    assert (1, [("delete", "failed"), ("delete", "applied")]) == (ran.exit_code, ran.outcomes)
    assert 1 == len(worlds.endpoints(sandbox))


def test_unknown_url_is_answered_with_ours(sandbox: Sandbox) -> None:
    """Nothing to do, and where ours are; those of other environments are not among them."""
    worlds.make_endpoint(sandbox, url=OTHER_URL, metadata=worlds.ours("prod"))
    nothing = "Nothing to do: no endpoint of ours has this URL.\n"
    done = sandbox.run("webhooks", *ARGS)
    assert (0, True) == (done.returncode, done.stdout.endswith(nothing + "Ours of environment sandbox: none.\n"))
    worlds.make_endpoint(sandbox, url=OTHER_URL, metadata=worlds.ours())
    done = sandbox.run("webhooks", *ARGS, "--dry-run")
    assert (0, True) == (
        done.returncode,
        done.stdout.endswith(nothing + f"Ours of environment sandbox: {OTHER_URL}.\n"),
    )
