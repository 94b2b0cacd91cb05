"""Two syncs at once, and courses edited between a sync's reading and its writing."""

from decimal import Decimal

import pytest

from tests.items import course_item
from tests.kills import only_writes
from tests.products import worlds
from tests.products.worlds import COURSE, PRODUCT, Ran
from tests.running import Sandbox
from tests.started import Started


def test_two_syncs_create_one_product(sandbox: Sandbox) -> None:
    """Two syncs that both planned to create a product end with one, linked, and nothing left to do."""
    worlds.put_course(sandbox, COURSE, "99.99")
    _sync_twice_at_once(sandbox, "POST /v1/products")
    worlds.require_sold_for(sandbox, 9999)


def test_two_syncs_make_one_new_price(sandbox: Sandbox) -> None:
    """Two syncs that both planned the same new price end with it alone."""
    worlds.synced_course(sandbox, price="99.99")
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    _sync_twice_at_once(sandbox, "POST /v1/prices")
    worlds.require_sold_for(sandbox, 14999)


def test_two_syncs_of_different_prices_end_right_after_another(sandbox: Sandbox) -> None:
    """The sync that planned with the former price fails; after another run only the present price is active."""
    worlds.synced_course(sandbox, price="99.99")
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    sandbox.control.add_fault("hold", operation="POST /v1/prices", times=2)
    stale = _start(sandbox)
    sandbox.control.wait_held(timeout=60)
    worlds.edit_course(sandbox, COURSE, price=Decimal("199.99"))
    fresh = _start(sandbox)
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    told, done = _end(stale), _end(fresh)
    assert (1, 0) == (told.exit_code, done.exit_code)
    assert [(COURSE, "link", f"course {COURSE} was changed while lmx ran, so nothing was written to it")] == [
        (c["key"], c["action"], c["error"]) for c in told.report["changes"] if c["outcome"] == "failed"
    ]
    assert "run again" in told.report["error"]["hint"]
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 19999)
    _require_nothing_to_do(sandbox)


def test_course_edited_before_the_write_back_of_a_create(sandbox: Sandbox) -> None:
    """A price changed while the product is made: no id is written, exit 1, and the next run has the new price."""
    worlds.put_course(sandbox, COURSE, "99.99")
    ran = _edited_during(sandbox, "POST /v1/products", {"price": Decimal("149.99")})
    assert 1 == ran.exit_code
    assert [(COURSE, "create", "product", "applied"), (COURSE, "link", "product", "failed")] == ran.outcomes
    assert "stripeProductId" not in worlds.read_course(sandbox, COURSE)
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 14999)
    _require_nothing_to_do(sandbox)


def test_course_edited_before_the_write_back_of_a_price(sandbox: Sandbox) -> None:
    """A price changed while its predecessor's is made: no write-back, and the price that was sold stays active."""
    sold = worlds.synced_course(sandbox, price="99.99")
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    ran = _edited_during(sandbox, "POST /v1/prices", {"price": Decimal("199.99")})
    assert 1 == ran.exit_code
    assert [
        (COURSE, "replace", "price", "applied"),
        (COURSE, "link", "product", "failed"),
        (COURSE, "archive", "price", "planned"),
    ] == ran.outcomes
    assert sold == worlds.read_course(sandbox, COURSE)["stripePriceId"]
    assert sandbox.stripe().v1.prices.retrieve(sold).active
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 19999)
    _require_nothing_to_do(sandbox)


@pytest.mark.parametrize("edit", [{"name": "Other"}, {"comingSoon": True}, {"pricingModel": "free"}], ids=str)
def test_any_used_attribute_stops_the_write_back(sandbox: Sandbox, edit: dict[str, object]) -> None:
    """Whatever the plan was made from must still be so when the ids are written."""
    worlds.put_course(sandbox, COURSE, "99.99")
    assert 1 == _edited_during(sandbox, "POST /v1/products", edit).exit_code
    item = worlds.read_course(sandbox, COURSE)
    assert {**course_item(COURSE, "99.99"), **edit} == item


def test_other_attributes_may_change_meanwhile(sandbox: Sandbox) -> None:
    """A lesson added while lmx runs is kept, and does not keep the ids from being written."""
    worlds.put_course(sandbox, COURSE, "99.99")
    ran = _edited_during(sandbox, "POST /v1/products", {"totalLessons": 12, "instructor": "Someone else"})
    assert 0 == ran.exit_code
    assert (12, "Someone else") == tuple(
        worlds.read_course(sandbox, COURSE)[name] for name in ("totalLessons", "instructor")
    )
    worlds.require_sold_for(sandbox, 9999)


def test_course_deleted_meanwhile_is_not_made_again(sandbox: Sandbox) -> None:
    """A course that is deleted while its product is made stays deleted; the product is an orphan of the next run."""
    worlds.put_course(sandbox, COURSE, "99.99")
    process = _held_at(sandbox, "POST /v1/products")
    sandbox.dynamodb().delete_item(Key={"PK": f"COURSE#{COURSE}", "SK": "METADATA"})
    sandbox.control.release()
    assert 1 == _end(process).exit_code
    assert [] == sandbox.dynamodb().scan()["Items"]
    assert [("orphan product", COURSE)] == worlds.sync(sandbox).findings
    assert 0 == worlds.sync(sandbox, "--prune").exit_code
    assert not sandbox.stripe().v1.products.retrieve(PRODUCT).active


def _sync_twice_at_once(sandbox: Sandbox, operation: str) -> None:
    """Let two syncs come to their first write before either goes on; both end well, and nothing is left to do."""
    sandbox.control.add_fault("hold", operation=operation, times=2)
    first, second = _start(sandbox), _start(sandbox)
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    assert (0, 0) == (_end(first).exit_code, _end(second).exit_code)
    _require_nothing_to_do(sandbox)


def _edited_during(sandbox: Sandbox, operation: str, edit: dict[str, object]) -> Ran:
    process = _held_at(sandbox, operation)
    worlds.edit_course(sandbox, COURSE, **edit)
    sandbox.control.release()
    return _end(process)


def _held_at(sandbox: Sandbox, operation: str) -> Started:
    sandbox.control.add_fault("hold", operation=operation, when="after")
    process = _start(sandbox)
    sandbox.control.wait_held(timeout=60)
    return process


def _start(sandbox: Sandbox) -> Started:
    return sandbox.start("products", "sync", "--yes", "-o", "json")


def _end(process: Started) -> Ran:
    stdout, stderr = process.communicate(timeout=60)
    return worlds.Ran.read(process.returncode, stdout, stderr)


def _require_nothing_to_do(sandbox: Sandbox) -> None:
    with only_writes(sandbox):
        assert 0 == worlds.sync(sandbox).exit_code
