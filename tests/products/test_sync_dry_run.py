"""A dry run of `products sync` is the real run without its last step: the same plan, and not one write anywhere."""

from decimal import Decimal
from pathlib import Path

from tests.products import worlds
from tests.ran import last_entry, writes_since
from tests.running import Sandbox


def test_dry_run_only_reads(sandbox: Sandbox) -> None:
    """A dry run with every kind of change in its plan sends only reads, and leaves no file behind."""
    _every_kind_of_change(sandbox)
    files = _files(sandbox)
    before = last_entry(sandbox)
    assert 0 == worlds.sync(sandbox, "--dry-run", "--prune").exit_code
    entries = sandbox.control.journal(before)
    lists = {"GET /v1/products", "GET /v1/prices", "GET /v1/payment_links"}
    assert {"GET /v1/account", "Scan", *lists} == {e["operation"] for e in entries}
    assert [] == writes_since(sandbox, before)
    assert files == _files(sandbox)


def test_dry_run_announces_what_the_real_run_does(sandbox: Sandbox) -> None:
    """The changes of a dry run and their digest are those of the real run after it, outcomes aside."""
    _every_kind_of_change(sandbox)
    announced = worlds.sync(sandbox, "--dry-run", "--prune")
    done = worlds.sync(sandbox, "--prune")
    assert 0 == done.exit_code
    assert announced.changes == done.changes
    assert announced.report["digest"] == done.report["digest"]
    assert announced.report["summary"] == done.report["summary"]
    kinds = {(change["action"], change["kind"]) for change in done.changes}
    assert kinds == {
        ("create", "product"), ("link", "product"), ("replace", "price"), ("archive", "price"), ("adopt", "price"),
        ("adopt", "product"), ("archive", "product"), ("update", "product"), ("create", "price"),
    }  # fmt: skip
    assert {"planned"} == {change["outcome"] for change in announced.report["changes"]}
    assert {"applied"} == {change["outcome"] for change in done.report["changes"]}


def test_second_run_writes_nothing(sandbox: Sandbox) -> None:
    """The run after the real one finds nothing to do, writes nothing, and leaves no file behind."""
    _every_kind_of_change(sandbox)
    files = _files(sandbox)
    assert 0 == worlds.sync(sandbox, "--prune").exit_code
    before = last_entry(sandbox)
    again = worlds.sync(sandbox, "--prune")
    assert (0, []) == (again.exit_code, again.changes)
    assert [] == writes_since(sandbox, before)
    assert files == _files(sandbox)


def _every_kind_of_change(sandbox: Sandbox) -> None:
    worlds.put_course(sandbox, "new", "19.99")
    worlds.synced_course(sandbox, "repriced", "29.99")
    worlds.edit_course(sandbox, "repriced", price=Decimal("39.99"))
    by_hand = worlds.make_product(sandbox, "prod_made_by_hand", "by-hand", 4999, None)
    worlds.put_course(sandbox, "by-hand", "49.99", stripeProductId="prod_made_by_hand", stripePriceId=by_hand)
    worlds.synced_course(sandbox, "no-longer-paid", "59.99")
    worlds.edit_course(sandbox, "no-longer-paid", pricingModel="free")
    worlds.synced_course(sandbox, "renamed", "69.99")
    worlds.edit_course(sandbox, "renamed", name="Another name", description=None)
    worlds.synced_course(sandbox, "unchanged", "79.99")
    sandbox.stripe().v1.products.create({"id": "prod_priceless", "name": "Course priceless"})
    worlds.put_course(sandbox, "priceless", "89.99", stripeProductId="prod_priceless")


def _files(sandbox: Sandbox) -> list[Path]:
    return sorted(path for folder in (sandbox.home, sandbox.cwd) for path in folder.rglob("*"))
