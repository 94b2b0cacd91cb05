"""A sandbox on which all was done once is all green, cheaply, and so is one that was mended as doctor says."""

import json

from tests.doctor.worlds import PREVIEW, SECRET_NAME, URL, examine, heal, keys_of
from tests.enrollments.worlds import put_pending
from tests.products.worlds import put_course
from tests.running import Sandbox

HERE: dict[str, str | None] = {**dict.fromkeys(PREVIEW), "LMX_ENVIRONMENT": "sandbox"}
GREEN = [
    "Environment",
    "AWS identity",
    "Table",
    "Secret",
    "Topic",
    "Stripe key",
    "Stripe permissions",
    "Webhook endpoint",
    "Catalog",
    "Pending enrollments",
    "Events owed",
    "Clock against AWS",
    "Clock against Stripe",
    "FRONTEND_URL",
    "Versions",
]


def test_healthy_sandbox_is_all_green(sandbox: Sandbox) -> None:
    """Seeded, pushed, synced, endpoint registered: every check says ok, without a write and with few reads."""
    heal(sandbox)
    before = len(sandbox.control.journal())
    done = sandbox.run("doctor")
    rows = [line.split("  ") for line in done.stdout.splitlines()]
    assert (0, [["ok", name] for name in GREEN]) == (done.returncode, [_first_two(row) for row in rows[1:-1]])
    assert "15 ok." == done.stdout.splitlines()[-1]
    assert (True, True) == (URL in done.stdout, SECRET_NAME in done.stdout)
    asked = sandbox.control.journal()[before:]
    assert [] == [entry["operation"] for entry in asked if entry["write"]]
    assert 15 == sum(entry["service"] == "stripe" for entry in asked)
    assert 4 == sum(entry["operation"] == "Scan" for entry in asked)


def test_remedies_mend(sandbox: Sandbox) -> None:
    """An operator who does what the report says, from its top, is all green again."""
    heal(sandbox)
    sandbox.secretsmanager().put_secret_value(
        SecretId=SECRET_NAME, SecretString=json.dumps(keys_of(sandbox, STRIPE_WEBHOOK_SECRET="nonsense"))
    )
    made = sandbox.stripe().v1.webhook_endpoints.list().data[0].id
    sandbox.stripe().v1.webhook_endpoints.update(made, {"disabled": True})
    examined = examine(sandbox, HERE)
    remedies = [str(row["remedy"]) for row in examined.report["items"] if row["status"] == "failed"]
    assert (3, 2) == (examined.exit_code, len(remedies))
    for remedy in remedies:
        command = remedy.replace("https://HOST/api/webhooks/stripe", URL).split()
        done = sandbox.run(*command[1:])
        assert ("lmx", 0) == (command[0], done.returncode), done.stderr
    assert {"ok"} == set(examine(sandbox, HERE).statuses().values())


def _first_two(cells: list[str]) -> list[str]:
    return [cell.strip() for cell in cells if cell.strip()][:2]


def test_sum_counts_what_is_not_well(sandbox: Sandbox) -> None:
    """A course that is not synced, and an enrollment that has been pending for too long."""
    heal(sandbox)
    put_course(sandbox, "new", "9.99")
    done = sandbox.run("doctor")
    assert (0, "14 ok, 1 warning.") == (done.returncode, done.stdout.splitlines()[-1])
    put_pending(sandbox, "user-7", None, hours=30)
    done = sandbox.run("doctor")
    assert (0, "13 ok, 2 warnings.") == (done.returncode, done.stdout.splitlines()[-1])
