"""A sandbox on which all was done once is all green, cheaply."""

from tests.doctor.worlds import SECRET_NAME, URL, heal
from tests.running import Sandbox

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
    assert 14 == sum(entry["service"] == "stripe" for entry in asked)
    assert 4 == sum(entry["operation"] == "Scan" for entry in asked)


def _first_two(cells: list[str]) -> list[str]:
    return [cell.strip() for cell in cells if cell.strip()][:2]
