"""`products sync` with keys that may not do all of it, and keys that end meanwhile."""

from decimal import Decimal

import pytest

from tests.items import course_item
from tests.products import worlds
from tests.products.worlds import COURSE
from tests.running import Sandbox

PERMISSIONS = {"product": "write", "price": "write"}
# `-e sandbox` would take the sandbox's own key; preview takes the one it is given.
PREVIEW = {"LMX_ENVIRONMENT": "preview"}
PRODUCT = f"lmx_preview_{COURSE}"


@pytest.mark.parametrize(
    ("permissions", "missing"),
    [
        ({"product": "read", "price": "write"}, "product_write"),
        ({"product": "write", "price": "none"}, "plan_read"),
    ],
    ids=["products-read-only", "no-prices"],
)
def test_missing_permission_is_named(sandbox: Sandbox, permissions: dict[str, str], missing: str) -> None:
    """A restricted key that lacks a permission ends the run in 4, naming it, with nothing written."""
    worlds.put_course(sandbox, COURSE, "99.99")
    ran = worlds.sync(sandbox, env=_restricted(sandbox, permissions))
    assert (4, "credentials.permission") == (ran.exit_code, ran.report["error"]["code"])
    assert missing in ran.report["error"]["message"]
    assert {} == worlds.read_products(sandbox)
    assert course_item(COURSE, "99.99") == worlds.read_course(sandbox, COURSE)


def test_permission_missing_half_way_is_not_hidden(sandbox: Sandbox) -> None:
    """A key that may make prices but not update products leaves a price behind: the report says which step failed."""
    worlds.put_course(sandbox, COURSE, "99.99")
    assert 0 == worlds.sync(sandbox, env=PREVIEW).exit_code
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    ran = worlds.sync(sandbox, env=_restricted(sandbox, {"product": "read", "price": "write"}))
    assert (4, "credentials.permission") == (ran.exit_code, ran.report["error"]["code"])
    assert [
        (COURSE, "replace", "price", "failed"),
        (COURSE, "link", "product", "planned"),
        (COURSE, "archive", "price", "planned"),
    ] == ran.outcomes
    assert 1 == ran.report["summary"]["failed"]
    assert 0 == worlds.sync(sandbox, env=PREVIEW).exit_code
    worlds.require_sold_for(sandbox, 14999, product_id=PRODUCT, environment="preview")


def test_least_permissions_are_enough(sandbox: Sandbox) -> None:
    """A restricted key with products and prices alone syncs, and knows its account."""
    worlds.put_course(sandbox, COURSE, "99.99")
    ran = worlds.sync(sandbox, env=_restricted(sandbox, PERMISSIONS))
    assert 0 == ran.exit_code
    assert {"mode": "test", "account": sandbox.info.stripe_account} == ran.report["stripe"]
    worlds.require_sold_for(sandbox, 9999, product_id=PRODUCT, environment="preview")


@pytest.mark.parametrize("status", ["revoked", "expired"])
def test_key_that_ends_meanwhile(sandbox: Sandbox, status: str) -> None:
    """A key that is revoked or expires during a run ends it in 4, and the report says what was applied until then."""
    courses = [f"course-{number:02}" for number in range(20)]
    worlds.put_courses(sandbox, courses)
    env = _restricted(sandbox, PERMISSIONS)
    # Eight workers: the ninth product begins when the first eight are done or doing.
    sandbox.control.add_fault("hold", operation="POST /v1/products", skip=8)
    process = sandbox.start("products", "sync", "--yes", "-o", "json", env=env)
    sandbox.control.wait_held(timeout=60)
    sandbox.control.set_key_status(env["STRIPE_SECRET_KEY"], status)
    sandbox.control.release()
    stdout, stderr = process.communicate(timeout=60)
    ran = worlds.Ran.read(process.returncode, stdout, stderr)
    assert (4, "credentials.stripe") == (ran.exit_code, ran.report["error"]["code"])
    assert env["STRIPE_SECRET_KEY"] not in stdout + stderr
    made = {
        f"lmx_preview_{key}" for key, action, _, outcome in ran.outcomes if (action, outcome) == ("create", "applied")
    }
    assert made == set(worlds.read_products(sandbox))
    assert 0 == worlds.sync(sandbox, env=PREVIEW).exit_code
    assert {f"lmx_preview_{key}" for key in courses} == set(worlds.read_products(sandbox))


def test_write_back_that_aws_forbids(sandbox: Sandbox) -> None:
    """Without the right to update the course the run ends in 4, and the price that was sold stays active."""
    sold = worlds.synced_course(sandbox, price="99.99")
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    sandbox.control.add_fault("error", operation="UpdateItem", status=400, code="AccessDeniedException")
    ran = worlds.sync(sandbox)
    assert (4, "credentials.permission") == (ran.exit_code, ran.report["error"]["code"])
    assert "dynamodb:UpdateItem" in ran.report["error"]["message"]
    assert [
        (COURSE, "replace", "price", "applied"),
        (COURSE, "link", "product", "failed"),
        (COURSE, "archive", "price", "planned"),
    ] == ran.outcomes
    assert sandbox.stripe().v1.prices.retrieve(sold).active
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 14999)


def _restricted(sandbox: Sandbox, permissions: dict[str, str]) -> dict[str, str]:
    key = sandbox.control.add_key(kind="restricted", permissions=permissions)
    return {**PREVIEW, "STRIPE_SECRET_KEY": str(key["value"])}
