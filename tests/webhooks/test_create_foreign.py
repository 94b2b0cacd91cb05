"""`lmx webhooks create` where a signing secret is stored that is not this endpoint's own."""

import pytest

from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.secrets.support import run_on_terminal
from tests.webhooks import endpoint_worlds as worlds
from tests.webhooks.endpoint_worlds import CHANGE, CURRENT, KEPT, MAKE, MOVE, PREVIOUS, PUT, URL
from tests.webhooks.recording import recording

THEIRS = {**KEPT, CURRENT: "whsec_" + "somebodys", PREVIOUS: "whsec_" + "former"}
CREATE = ("webhooks", "create", "--url", URL, "--overlap", "0s")


@pytest.fixture
def foreign(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose secret has the signing secret of something else."""
    worlds.create_secret(sandbox, THEIRS)
    return sandbox


@pytest.mark.parametrize("args", [(), ("--roll",)])
def test_refused_without_a_terminal(foreign: Sandbox, args: tuple[str, ...]) -> None:
    """Exit 5, the flag named, the plan shown, nothing written."""
    before = last_entry(foreign)
    ran = worlds.create(foreign, *args)
    assert (5, "guard.confirm", [("create", "planned")]) == (ran.exit_code, ran.error, ran.outcomes)
    assert ("--yes" in ran.report["error"]["hint"], []) == (True, writes_since(foreign, before))
    assert THEIRS == worlds.stored(foreign)


def test_plan_says_so(foreign: Sandbox) -> None:
    """In a dry run, which asks nothing; it has the digest of the real one."""
    planned = worlds.created(foreign, "--dry-run")
    [change] = planned.report["changes"]
    kept = (
        "STRIPE_WEBHOOK_SECRET in learnermax/stripe-keys; the one stored there becomes STRIPE_WEBHOOK_SECRET_PREVIOUS"
    )
    assert kept == change["after"]["signing_secret"]
    assert "replaces a signing secret that is not this endpoint's" == change["reason"]
    assert planned.report["digest"] == worlds.created(foreign, "--yes").report["digest"]


def test_yes_replaces_and_keeps_it(foreign: Sandbox) -> None:
    """In one version; a receiver accepts both, and the next run has nothing to do."""
    before = last_entry(foreign)
    worlds.created(foreign, "--yes")
    worlds.healthy(foreign)
    content = worlds.stored(foreign)
    assert ([MAKE, CHANGE, PUT, MOVE], THEIRS[CURRENT]) == (writes_since(foreign, before), content[PREVIOUS])
    assert {**KEPT, CURRENT: content[CURRENT], PREVIOUS: THEIRS[CURRENT]} == content
    assert [] == worlds.created(foreign).outcomes


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 1), ("\n", 1)])
def test_asks_on_a_terminal(foreign: Sandbox, answer: str, code: int) -> None:
    """The default is no."""
    assert code == run_on_terminal(foreign, answer, *CREATE)
    assert (code == 0) == (THEIRS != worlds.stored(foreign))


def test_roll_of_its_own_asks_nobody(sandbox: Sandbox) -> None:
    """Neither does the first registration, nor the replacement of an endpoint whose API version is an old one."""
    worlds.created(sandbox)
    worlds.created(sandbox, "--roll")
    worlds.healthy(sandbox)


def test_secret_of_another_url_needs_flag_and_answer(sandbox: Sandbox) -> None:
    """--allow-other lifts the guard; the secret is still not this endpoint's own."""
    with recording() as one, recording() as two:
        worlds.created(sandbox, url=one.url)
        guards = [worlds.create(sandbox, *args, url=two.url).error for args in (("--yes",), ("--allow-other",))]
        assert ["guard.other_endpoint", "guard.confirm"] == guards
        worlds.created(sandbox, "--allow-other", "--yes", url=two.url)


def test_endpoint_that_was_never_stored_is_replaced_only_with_an_answer(foreign: Sandbox) -> None:
    """It is no reason to replace what is stored."""
    worlds.make_endpoint(foreign, metadata=worlds.ours())
    assert "guard.confirm" == worlds.create(foreign).error
    worlds.created(foreign, "--yes")
    worlds.healthy(foreign)
    assert THEIRS[CURRENT] == worlds.stored(foreign)[PREVIOUS]
