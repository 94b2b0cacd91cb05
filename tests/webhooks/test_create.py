"""`lmx webhooks create` end to end: registered once, its secret stored, drift fixed, others left alone."""

from typing import Any

import pytest
import stripe

from learnermax_cli.sandbox.stripe_api.keys import LEAST_PERMISSIONS
from learnermax_cli.webhooks.model import EVENTS
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.webhooks import endpoint_worlds as worlds
from tests.webhooks.endpoint_worlds import (
    CHANGE,
    CREATE_SECRET,
    CURRENT,
    DELETE,
    KEPT,
    MAKE,
    MOVE,
    NAME,
    OTHER_URL,
    PREVIOUS,
    PUT,
    URL,
)
from tests.webhooks.recording import recording

RENEW = [MAKE, CHANGE, PUT, MOVE, DELETE]


def test_first_run_registers_and_stores(sandbox: Sandbox) -> None:
    """One endpoint as it should be, and a secret with its signing secret alone."""
    ran = worlds.created(sandbox)
    worlds.healthy(sandbox)
    assert {CURRENT} == set(worlds.stored(sandbox))
    assert [MAKE, CHANGE, CREATE_SECRET] == writes_since(sandbox, 0)
    assert [("create", "applied")] == ran.outcomes
    assert {"create": 1, "update": 0, "replace": 0, "delete": 0, "unchanged": 0, "failed": 0} == ran.report["summary"]
    assert (URL, NAME) == (ran.report["url"], ran.report["secret"])


def test_secret_is_merged_in_one_version(sandbox: Sandbox) -> None:
    """What else is stored stays, and there is one new version."""
    worlds.create_secret(sandbox, KEPT)
    worlds.created(sandbox)
    assert ({"theirs", CURRENT}, "kept") == (set(worlds.stored(sandbox)), worlds.stored(sandbox)["theirs"])
    assert 2 == worlds.versions(sandbox)


def test_second_run_writes_nothing(sandbox: Sandbox) -> None:
    """Also a day later, and with another way to write the URL."""
    worlds.created(sandbox)
    sandbox.control.advance_clock(25 * 3600.0)
    before = last_entry(sandbox)
    ran = worlds.created(sandbox, url="https://API.learnermax.example:443/api/webhooks/stripe")
    assert ([], []) == (writes_since(sandbox, before), ran.outcomes)
    assert 1 == ran.report["summary"]["unchanged"]


@pytest.mark.parametrize("args", [(), ("--roll",)])
def test_dry_run_writes_nothing(sandbox: Sandbox, args: tuple[str, ...]) -> None:
    """Nothing there, or something to roll: the plan is shown."""
    if args:
        worlds.created(sandbox)
    before = last_entry(sandbox)
    ran = worlds.created(sandbox, "--dry-run", *args)
    expected = [("replace", "planned"), ("delete", "planned")] if args else [("create", "planned")]
    assert ([], expected) == (writes_since(sandbox, before), ran.outcomes)


def test_stored_secret_verifies_what_is_delivered(sandbox: Sandbox) -> None:
    """It is this endpoint's own, told by a delivery."""
    with recording() as recorder:
        worlds.created(sandbox, url=recorder.url)
        worlds.require_signed(sandbox, recorder)


@pytest.mark.parametrize(
    "drift",
    [{"disabled": True}, {"enabled_events": ["*"]}, {"enabled_events": ["checkout.session.expired"], "disabled": True}],
    ids=("disabled", "all-events", "both"),
)
def test_drift_is_fixed_in_place(sandbox: Sandbox, drift: dict[str, Any]) -> None:
    """One write to the endpoint, none to the secret."""
    worlds.created(sandbox)
    made = worlds.healthy(sandbox).id
    sandbox.stripe().v1.webhook_endpoints.update(made, drift)  # type: ignore[arg-type]
    before = last_entry(sandbox)
    ran = worlds.created(sandbox)
    assert ([CHANGE], [("update", "applied")]) == (writes_since(sandbox, before), ran.outcomes)
    assert made == worlds.healthy(sandbox).id


def test_unmarked_endpoint_is_replaced(sandbox: Sandbox) -> None:
    """Its secret is lost: another takes its place, and nothing of the old secret is kept."""
    lost = worlds.make_endpoint(sandbox, metadata=worlds.ours())
    before = last_entry(sandbox)
    ran = worlds.created(sandbox)
    assert [("replace", "applied"), ("delete", "applied")] == ran.outcomes
    assert [MAKE, CHANGE, CREATE_SECRET, DELETE] == writes_since(sandbox, before)
    assert lost.id != worlds.healthy(sandbox).id
    assert {CURRENT} == set(worlds.stored(sandbox))


def test_endpoint_whose_secret_was_overwritten_is_replaced(sandbox: Sandbox) -> None:
    """After somebody stored another signing secret."""
    worlds.create_secret(sandbox, KEPT)
    worlds.created(sandbox)
    content = '{"theirs": "kept", "STRIPE_WEBHOOK_SECRET": "whsec_' + 'somebodys"}'
    sandbox.secretsmanager().put_secret_value(SecretId=NAME, SecretString=content)
    before = last_entry(sandbox)
    worlds.created(sandbox, "--yes")
    worlds.healthy(sandbox)
    assert RENEW == writes_since(sandbox, before)
    assert {"theirs", CURRENT, PREVIOUS} == set(worlds.stored(sandbox))


def test_other_version_is_replaced_without_a_gap(sandbox: Sandbox) -> None:
    """The new one first, then the old one's secret kept as the previous one, the old one last."""
    secret = worlds.make_endpoint(sandbox, metadata=worlds.ours(), api_version=None).secret
    [old] = worlds.endpoints(sandbox)
    sandbox.stripe().v1.webhook_endpoints.update(old.id, {"metadata": {"secretStored": worlds.fingerprint(secret)}})
    worlds.create_secret(sandbox, {CURRENT: secret})
    before = last_entry(sandbox)
    worlds.created(sandbox)
    worlds.healthy(sandbox)
    assert RENEW == writes_since(sandbox, before)
    assert secret == worlds.stored(sandbox)[PREVIOUS]


def test_deleted_endpoint_is_not_believed_from_a_replay(sandbox: Sandbox) -> None:
    """Made, deleted and made again inside a day, Stripe would replay the first answer: three times a fresh one."""
    seen = set()
    for _ in range(3):
        worlds.created(sandbox, "--yes")
        seen.add(worlds.healthy(sandbox).id)
        assert 0 == worlds.run(sandbox, "delete", "--url", URL, "--yes").exit_code
    assert 3 == len(seen)


def test_other_endpoint_at_the_url_stops_the_run(sandbox: Sandbox) -> None:
    """Each event would come twice; with --allow-other it stays beside ours, as a finding, and needs no flag again."""
    other = worlds.make_endpoint(sandbox)
    before = last_entry(sandbox)
    refused = worlds.create(sandbox)
    assert (5, "guard.other_endpoint") == (refused.exit_code, refused.error)
    assert (True, []) == (other.id in refused.report["error"]["message"], writes_since(sandbox, before))
    ran = worlds.created(sandbox, "--allow-other")
    detail = f"{other.id} is not lmx's and delivers each event a second time"
    assert [("other endpoint", detail)] == ran.findings == worlds.created(sandbox).findings
    assert 2 == len(worlds.endpoints(sandbox))


def test_other_environments_endpoint_is_not_touched(sandbox: Sandbox) -> None:
    """Marked as lmx's, but of preview: not ours, whatever it looks like."""
    before = worlds.make_endpoint(sandbox, url=OTHER_URL, metadata=worlds.ours("preview")).to_dict()
    worlds.created(sandbox)
    [kept] = [e.to_dict() for e in worlds.endpoints(sandbox) if e.url == OTHER_URL]
    assert {name: value for name, value in before.items() if name != "secret"} == kept


def test_second_url_of_an_environment_needs_the_flag(sandbox: Sandbox) -> None:
    """One secret serves one URL; while moving to another, receivers accept both."""
    with recording() as one, recording() as two:
        worlds.created(sandbox, url=one.url)
        assert "guard.other_endpoint" == worlds.create(sandbox, url=two.url).error
        worlds.created(sandbox, "--allow-other", "--yes", url=two.url)
        worlds.expire_a_session(sandbox)
        secrets = worlds.stored(sandbox)
        for recorder, name in ((one, PREVIOUS), (two, CURRENT)):
            [(body, signature)] = recorder.wait_for(1)
            stripe.WebhookSignature.verify_header(body.decode(), signature, str(secrets[name]))


def test_limit_of_endpoints_is_explained(sandbox: Sandbox) -> None:
    """Stripe takes sixteen of an account."""
    for number in range(16):
        worlds.make_endpoint(sandbox, url=f"https://{number}.example/")
    ran = worlds.create(sandbox)
    assert (5, "guard.endpoint_limit", [("create", "failed")]) == (ran.exit_code, ran.error, ran.outcomes)
    assert "lmx webhooks list" in ran.report["error"]["hint"]


def test_lost_endpoint_is_replaced_at_the_limit(sandbox: Sandbox) -> None:
    """It makes the room itself."""
    for number in range(15):
        worlds.make_endpoint(sandbox, url=f"https://{number}.example/")
    worlds.make_endpoint(sandbox, metadata=worlds.ours())
    assert [("delete", "applied"), ("replace", "applied")] == worlds.created(sandbox).outcomes


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("--url", "http://api.learnermax.example/x"), "usage.url"),
        (("--url", "https://user:hunter2@api.learnermax.example/x"), "usage.url"),
        (("--url", URL, "--overlap", "soon"), "usage"),
        (("--url", URL, "--overlap", "25h"), "usage"),
    ],
)
def test_wrong_usage_is_refused_before_any_request(sandbox: Sandbox, args: tuple[str, ...], code: str) -> None:
    """Exit 2, and Stripe is not even asked."""
    done = worlds.run(sandbox, "create", *args)
    assert (2, code, []) == (done.exit_code, done.error, sandbox.control.journal())
    assert "hunter2" not in str(done.report)


def _scheduled(sandbox: Sandbox) -> None:
    worlds.create_secret(sandbox, KEPT)
    sandbox.secretsmanager().delete_secret(SecretId=NAME)


def _rotated(sandbox: Sandbox) -> None:
    worlds.create_secret(sandbox, KEPT)
    sandbox.secretsmanager().rotate_secret(SecretId=NAME, RotationLambdaARN="arn:aws:lambda:us-east-1:1:function:f")


def _no_json(sandbox: Sandbox) -> None:
    sandbox.secretsmanager().create_secret(Name=NAME, SecretString="not JSON")


@pytest.mark.parametrize(
    ("build", "code"),
    [(_scheduled, "config.secret_deleted"), (_rotated, "guard.owned_secret"), (_no_json, "config.secret_content")],
    ids=("scheduled-for-deletion", "rotated", "not-json"),
)
def test_secret_that_cannot_be_stored_makes_no_endpoint(sandbox: Sandbox, build: Any, code: str) -> None:
    """What is knowable is checked before the endpoint is made."""
    build(sandbox)
    assert code == worlds.create(sandbox).error
    assert [] == worlds.endpoints(sandbox)


def test_failure_to_store_is_repaired_by_the_next_run(sandbox: Sandbox) -> None:
    """The endpoint that was made without its secret being stored is replaced."""
    worlds.create_secret(sandbox, KEPT)
    fault = {"service": "secretsmanager", "operation": PUT, "status": 400, "code": "AccessDeniedException"}
    sandbox.control.add_fault("error", times=None, **fault)
    ran = worlds.create(sandbox)
    assert (4, [("create", "failed")], 1) == (ran.exit_code, ran.outcomes, len(worlds.endpoints(sandbox)))
    sandbox.control.clear_faults()
    worlds.created(sandbox)
    worlds.healthy(sandbox)


def test_lacking_permission_is_named(sandbox: Sandbox) -> None:
    """A restricted key that may not register endpoints."""
    permissions = {**LEAST_PERMISSIONS, "webhook_endpoint": "read"}
    key = sandbox.control.add_key(kind="restricted", mode="test", permissions=permissions)["value"]
    ran = worlds.create(sandbox, env={"LMX_ENVIRONMENT": "preview", "STRIPE_SECRET_KEY": key})
    assert (4, "credentials.permission") == (ran.exit_code, ran.error)


def test_odd_path_and_host_are_told(sandbox: Sandbox) -> None:
    """Not refused: the operator may know better."""
    ran = worlds.created(sandbox, url="https://elsewhere.test/hooks")
    assert ["path" in ran.report["warnings"][0], "host" in ran.report["warnings"][1]] == [True, True]


def test_configured_secret_is_told(sandbox: Sandbox) -> None:
    """A receiver that is started where a signing secret is configured does not read the stored one."""
    env = {"STRIPE_WEBHOOK_SECRET": "whsec_" + "configured"}
    ran = worlds.run(sandbox, "create", "--url", URL, env={"LMX_ENVIRONMENT": "preview", **env})
    assert (0, True) == (ran.exit_code, "is configured here" in ran.report["warnings"][-1])


def test_events_are_the_four(sandbox: Sandbox) -> None:
    """And nothing else."""
    worlds.created(sandbox)
    assert list(EVENTS) == worlds.endpoints(sandbox)[0].enabled_events
