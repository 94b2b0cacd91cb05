"""Access follows the money in the functions, where the stack says so; unless somebody says so, nowhere."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from learnermax_cli.functions.handlers import Functions
from tests.commands import HOOK, put_keys
from tests.deploy.template import TEMPLATE
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.functions.events import Context, schedule, sqs_batch_of
from tests.functions.test_metrics import Log, metrics_of
from tests.functions.worlds import Container, put_bought
from tests.items import student_item
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks.money import FAILED, REFUNDED, USER, item_of, newest
from tests.webhooks.signed import deliver
from tests.webhooks.worlds import serving


@pytest.fixture
def revoking(sandbox: Sandbox, environ: dict[str, str]) -> Container:
    """A container of a stack with RevokeAccess=1."""
    variables = {**environ, "LMX_REVOKE": "1"}
    return Container(sandbox, Functions(variables), variables)


def enroll(container: Container, *users: str) -> list[str]:
    """Put students who paid, are in, and have got the mail; return their sessions."""
    sessions = [put_bought(container.sandbox, user) for user in users]
    container.functions.reconcile(schedule(), Context())
    worlds.read_events(container.sandbox)
    return sessions


def test_delivery_takes_access_away_and_gives_it_back(sandbox: Sandbox, revoking: Container, capsys: Log) -> None:
    """Both are counted as metrics."""
    (session_id,) = enroll(revoking, USER)
    before = item_of(sandbox)
    sandbox.control.refund(session_id)
    metrics_of(capsys)
    assert (200, "changed: revoked") == revoking.deliver_event(newest(sandbox, REFUNDED))
    assert [{"Revoked": 1}] == metrics_of(capsys)
    sandbox.control.change_refund(session_id, "failed")
    assert (200, "changed: restored") == revoking.deliver_event(newest(sandbox, FAILED))
    assert [{"Restored": 1}] == metrics_of(capsys)
    assert (before, []) == (item_of(sandbox), worlds.read_events(sandbox))


def test_queued_refund_is_made_good(sandbox: Sandbox, revoking: Container) -> None:
    """The hint that the queue holds names the payment, and the retry finds its session."""
    (session_id,) = enroll(revoking, USER)
    sandbox.control.refund(session_id)
    event = newest(sandbox, REFUNDED)
    revoking.deliver_event({**event, "livemode": True})  # warm
    sandbox.control.add_fault("error", service="dynamodb", status=500, times=None)
    assert 202 == revoking.deliver_event(event)[0]
    sandbox.control.clear_faults()
    assert {"batchItemFailures": []} == revoking.functions.retry(sqs_batch_of(revoking.queued()), Context())
    assert {key(USER): "pending"} == worlds.read_statuses(sandbox)


def test_walk_counts_what_it_took_away(sandbox: Sandbox, revoking: Container) -> None:
    """A window of a long history is a run like any other."""
    (session_id,) = enroll(revoking, USER)
    sandbox.control.refund(session_id)
    walk = revoking.functions.reconcile_window({"since": "3d", "step": "3d"}, Context())
    assert (True, 1) == (walk["done"], walk["applied"])
    assert {key(USER): "pending"} == worlds.read_statuses(sandbox)


def _put_void(sandbox: Sandbox, container: Container) -> None:
    """Put students who are in although the payment went back: refunded, charged back, and through a link."""
    refunded, lost = enroll(container, "refunded", "lost")
    worlds.put_items(sandbox, [student_item("link")])
    metadata = {"managedBy": "lmx", "environment": "preview", "courseId": COURSE}
    link: dict[str, Any] = {"payment_link": "plink_1", "client_reference_id": "link", "metadata": metadata}
    sold = worlds.seed(sandbox, None, **link)
    worlds.put_pending(sandbox, "link", sold, paymentStatus="completed")
    for session_id in (refunded, sold):
        sandbox.control.refund(session_id)
    sandbox.control.dispute(lost)
    sandbox.control.change_dispute(lost, "lost")


def _events(sandbox: Sandbox) -> list[dict[str, Any]]:
    listed = sandbox.stripe().v1.events.list({"limit": 100}).auto_paging_iter()
    return [newest(sandbox, event_type) for event_type in sorted({event.type for event in listed})]


def _served(sandbox: Sandbox, env: Mapping[str, str | None]) -> None:
    with serving(sandbox, env=env) as receiver:
        for event in _events(sandbox):
            assert 200 == deliver(receiver.url, event, worlds.now(sandbox))[0]


def _delivered(sandbox: Sandbox, container: Container) -> None:
    for event in _events(sandbox):
        assert 200 == container.deliver_event(event)[0]


def _retried(sandbox: Sandbox, container: Container) -> None:
    events = _events(sandbox)
    container.deliver_event({**events[0], "livemode": True})  # warm
    sandbox.control.add_fault("error", service="dynamodb", status=500, times=None)
    for event in events:
        container.deliver_event(event)
    sandbox.control.clear_faults()
    while messages := container.queued():
        assert {"batchItemFailures": []} == container.functions.retry(sqs_batch_of(messages), Context())


def _run(*args: str) -> Callable[[Sandbox, Container], object]:
    def run(sandbox: Sandbox, container: Container) -> None:
        done = sandbox.run(*args, env={**container.environ, "LMX_MAX_RATE": None})
        assert 0 == done.returncode, done.stderr

    return run


ONE = ("--course", COURSE, "--user", "refunded")
RUNS: dict[str, Callable[[Sandbox, Container], object]] = {
    "reconcile": _run("enrollments", "reconcile"),
    "reconcile with all": _run(
        *("enrollments", "reconcile", "--since", "9d", "--audit"),
        *("--create-missing", "--release-expired", "--owed-within", "90d", "--strategy", "retrieve"),
    ),
    "reconcile of a window": _run("enrollments", "reconcile", "--since", "9d", "--window-only"),
    "reconcile of one": _run("enrollments", "reconcile", *ONE),
    "reconcile, refused": _run("enrollments", "reconcile", "--since", "9d", "--no-revoke"),
    "replay": _run("webhooks", "replay", "--since", "9d"),
    "serve": lambda sandbox, container: _served(sandbox, {**container.environ}),
    "webhook function": _delivered,
    "retry function": _retried,
    "reconcile function": lambda _, container: container.functions.reconcile({"since": "9d"}, Context()),
    "reconcile_window function": lambda _, container: container.functions.reconcile_window(
        {"since": "9d", "step": "9d"}, Context()
    ),
}
OTHERS = (
    f"courses set-price {COURSE} 89.99 --yes",
    "products sync --prune --yes",
    f"checkout create {COURSE} --user refunded",
    f"checkout create {COURSE} --user refunded --replace",
    f"checkout link {COURSE} --user refunded",
    "checkout expire SESSION --yes",
    f"enrollments create {COURSE} --user refunded",
    f"enrollments create {COURSE} --user refunded --replace",
    f"enrollments create {COURSE} --user refunded --session SESSION --yes",
    f"enrollments release {COURSE} --user refunded --allow-missing-session --yes",
    f"enrollments keep {COURSE} --user refunded --reason goodwill --yes",
    "secrets push --yes",
    "secrets pull --yes",
    "secrets rollback --to VERSION --yes",
    f"webhooks create --url {HOOK} --yes",
    f"webhooks delete --url {HOOK} --yes",
    "courses seed --replace --yes",
)
"""Each other command that writes, but the one that takes access away by name."""


@pytest.mark.parametrize("name", sampled(RUNS, 7))
def test_nothing_is_taken_away_unasked(sandbox: Sandbox, container: Container, name: str) -> None:
    """No command and no handler writes to who is in, whatever the money does, without --revoke or LMX_REVOKE."""
    _put_void(sandbox, container)
    seq = last_entry(sandbox)
    RUNS[name](sandbox, container)
    assert {key(user): "completed" for user in ("refunded", "lost", "link")} == worlds.read_statuses(sandbox)
    assert [] == [write for write in writes_since(sandbox, seq) if "Item" in write]


def test_no_other_command_takes_access_away(sandbox: Sandbox, container: Container) -> None:
    """Done or refused, each of them leaves in who is in."""
    _put_void(sandbox, container)
    put_keys(sandbox)
    env = {**container.environ, "LMX_STRIPE_SECRET_NAME": None, "FRONTEND_URL": "https://learn.example"}
    metadata = {"managedBy": "lmx", "environment": "preview", "userId": "refunded", "courseId": COURSE}
    opened = worlds.seed(sandbox, "refunded", "open", metadata=metadata)
    stored = sandbox.secretsmanager().describe_secret(SecretId="learnermax/stripe-keys")
    version = next(iter(stored["VersionIdsToStages"]))
    for line in OTHERS:
        words = line.replace("SESSION", opened).replace("VERSION", version).split()
        done = sandbox.run(*words, env=env)
        assert done.returncode in (0, 1, 5), (line, done.stderr)
        statuses = worlds.read_statuses(sandbox)
        assert (line, {"completed"}) == (line, {statuses[key(user)] for user in ("refunded", "lost", "link")})


def test_every_command_and_handler_is_covered(sandbox: Sandbox) -> None:
    """What writes to an account is run above; the sandbox has no students of its own, and revoke asks by name."""
    listed = json.loads(sandbox.run("commands", "-o", "json").stdout)["items"]
    writing = {row["command"] for row in listed if row["writes"]}
    run = {" ".join(line.split()[:2]) for line in OTHERS} | {
        "enrollments reconcile",
        "webhooks replay",
        "webhooks serve",
    }
    beside = {name for name in writing if name == "demo" or name.startswith("sandbox ")} | {"enrollments revoke"}
    assert writing == run | beside
    handlers = re.findall(r"Handler: learnermax_cli\.functions\.handlers\.(\w+)", TEMPLATE.read_text(encoding="utf-8"))
    assert {f"{name} function" for name in handlers} == {name for name in RUNS if name.endswith(" function")}
