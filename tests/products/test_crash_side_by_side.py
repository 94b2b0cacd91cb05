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


def test_two_syncs_of_different_prices_end_with_the_present_one(sandbox: Sandbox) -> None:
    """The sync that planned with the former price loses its write-back, plans again, and ends as the other does."""
    worlds.synced_course(sandbox, price="99.99")
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    sandbox.control.add_fault("hold", operation="POST /v1/prices", times=2)
    stale = _start(sandbox)
    sandbox.control.wait_held(timeout=60)
    worlds.edit_course(sandbox, COURSE, price=Decimal("199.99"))
    fresh = _start(sandbox)
    sandbox.control.wait_held(timeout=60, at_least=2)
    sandbox.control.release()
    assert (0, 0) == (_end(stale).exit_code, _end(fresh).exit_code)
    worlds.require_sold_for(sandbox, 19999)
    _require_nothing_to_do(sandbox)


def test_course_edited_before_the_write_back_of_a_create(sandbox: Sandbox) -> None:
    """A price changed while the product is made: the same run makes the new price, and says so."""
    worlds.put_course(sandbox, COURSE, "99.99")
    ran = _edited_during(sandbox, "POST /v1/products", {"price": Decimal("149.99")})
    assert (0, 1) == (ran.exit_code, ran.report["summary"]["create"])
    assert [
        (COURSE, "create", "product", "applied"),
        (COURSE, "link", "product", "superseded"),
        (COURSE, "replace", "price", "applied"),
        (COURSE, "link", "product", "applied"),
        (COURSE, "archive", "price", "applied"),
    ] == ran.outcomes
    assert {None, "the course was changed while lmx ran"} == {change["reason"] for change in ran.changes}
    worlds.require_sold_for(sandbox, 14999)
    _require_nothing_to_do(sandbox)


def test_course_edited_before_the_write_back_of_a_price(sandbox: Sandbox) -> None:
    """A price changed while its predecessor's is made: the same run replaces that one, too."""
    worlds.synced_course(sandbox, price="99.99")
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    ran = _edited_during(sandbox, "POST /v1/prices", {"price": Decimal("199.99")})
    assert (0, 1) == (ran.exit_code, ran.report["summary"]["replace"])
    assert [
        (COURSE, "replace", "price", "applied"),
        (COURSE, "link", "product", "superseded"),
        (COURSE, "replace", "price", "applied"),
        (COURSE, "link", "product", "applied"),
        (COURSE, "archive", "price", "applied"),
        (COURSE, "archive", "price", "applied"),
    ] == ran.outcomes
    worlds.require_sold_for(sandbox, 19999)
    _require_nothing_to_do(sandbox)


def test_reviewed_plan_is_not_exceeded(sandbox: Sandbox) -> None:
    """With --plan, what an edit makes necessary is not written; the course stays unlinked until the next run."""
    worlds.put_course(sandbox, COURSE, "99.99")
    path = str(sandbox.cwd / "plan.json")
    assert 0 == sandbox.run("products", "sync", "--dry-run", "--save-plan", path).returncode
    process = _held_at(sandbox, "POST /v1/products", "--plan", path)
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    sandbox.control.release()
    ran = _end(process)
    reason = f"course {COURSE} was changed while lmx ran, and what it needs now is not in plan file {path}"
    assert [("create", "applied", None), ("link", "failed", reason)] == [
        (change["action"], change["outcome"], change.get("error")) for change in ran.report["changes"]
    ]
    assert (1, False) == (ran.exit_code, "stripeProductId" in worlds.read_course(sandbox, COURSE))
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 14999)


def test_changes_that_became_necessary_are_shown(sandbox: Sandbox) -> None:
    """They stand in the block of their course, and what another run did by the side below."""
    worlds.put_course(sandbox, COURSE, "99.99")
    sandbox.control.add_fault("hold", operation="POST /v1/products", when="after")
    process = sandbox.start("products", "sync", "--yes")
    sandbox.control.wait_held(timeout=60)
    worlds.edit_course(sandbox, COURSE, price=Decimal("149.99"))
    sandbox.control.release()
    stdout, _ = process.communicate(timeout=60)
    _, _, line, *_ = stdout.splitlines()
    changes = "link product, replace price, link product, archive price"
    assert f"-/+ create product {COURSE}, {changes}  (the course was changed while lmx ran)" == line
    assert f"superseded link product {COURSE}: another run was faster, or it is no longer needed" in stdout


def test_course_that_another_run_has_synced_is_superseded(sandbox: Sandbox) -> None:
    """A run that has read everything, and comes to its writes when another run has ended, writes nothing."""
    worlds.put_course(sandbox, COURSE, "99.99")
    sandbox.control.add_fault("pause", operation="GET /v1/payment_links", when="after")
    process = _start(sandbox)
    sandbox.control.wait_held(timeout=60)
    assert 0 == worlds.sync(sandbox).exit_code
    with only_writes(sandbox):
        sandbox.control.release()
        ran = _end(process)
    assert (0, 1) == (ran.exit_code, ran.report["summary"]["unchanged"])
    assert {"superseded"} == {outcome for *_, outcome in ran.outcomes}


@pytest.mark.parametrize(("kind", "outcome"), [("pause", "superseded"), ("drop", "applied")])
def test_write_back_that_is_there_already(sandbox: Sandbox, kind: str, outcome: str) -> None:
    """What another run has linked is superseded; what this run has linked before its answer was lost is applied."""
    worlds.put_course(sandbox, COURSE, "99.99")
    sandbox.control.add_fault(kind, operation="UpdateItem", when="before" if kind == "pause" else "after")
    process = _start(sandbox)
    if kind == "pause":
        sandbox.control.wait_held(timeout=60)
        assert 0 == worlds.sync(sandbox).exit_code
        sandbox.control.release()
    ran = _end(process)
    assert (0, [(COURSE, "create", "product", "applied"), (COURSE, "link", "product", outcome)]) == (
        ran.exit_code,
        ran.outcomes,
    )
    worlds.require_sold_for(sandbox, 9999)


def test_course_that_others_keep_changing_fails(sandbox: Sandbox) -> None:
    """A write-back that is lost five times is given up, with a remedy; the next run ends well."""
    worlds.put_course(sandbox, COURSE, "99.99")
    fault = sandbox.control.add_fault("pause", operation="UpdateItem", times=5)
    process = _start(sandbox)
    for number in range(5):
        sandbox.control.wait_held(timeout=60)
        worlds.put_course(sandbox, COURSE, f"{101 + number}.99")
        sandbox.control.release(fault)
    ran = _end(process)
    assert (1, 1) == (ran.exit_code, ran.report["summary"]["failed"])
    assert ("price", "replace", f"course {COURSE} kept changing while lmx ran: run again") in [
        (change["kind"], change["action"], change.get("error")) for change in ran.report["changes"]
    ]
    assert 0 == worlds.sync(sandbox).exit_code
    worlds.require_sold_for(sandbox, 10599)


def test_course_renamed_before_the_write_back(sandbox: Sandbox) -> None:
    """The product gets the new name before it is linked."""
    worlds.put_course(sandbox, COURSE, "99.99")
    assert 0 == _edited_during(sandbox, "POST /v1/products", {"name": "Other"}).exit_code
    assert "Other" == sandbox.stripe().v1.products.retrieve(PRODUCT).name
    worlds.require_sold_for(sandbox, 9999)


@pytest.mark.parametrize("edit", [{"comingSoon": True}, {"pricingModel": "free"}], ids=str)
def test_course_that_is_no_longer_sold_is_not_linked(sandbox: Sandbox, edit: dict[str, object]) -> None:
    """What the run has made by then is left to a person: exit 1."""
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


def _held_at(sandbox: Sandbox, operation: str, *args: str) -> Started:
    sandbox.control.add_fault("hold", operation=operation, when="after")
    process = _start(sandbox, *args)
    sandbox.control.wait_held(timeout=60)
    return process


def _start(sandbox: Sandbox, *args: str) -> Started:
    return sandbox.start("products", "sync", "--yes", "-o", "json", *args)


def _end(process: Started) -> Ran:
    stdout, stderr = process.communicate(timeout=60)
    return worlds.Ran.read(process.returncode, stdout, stderr)


def _require_nothing_to_do(sandbox: Sandbox) -> None:
    with only_writes(sandbox):
        assert 0 == worlds.sync(sandbox).exit_code
