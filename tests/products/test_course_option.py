"""`--course` narrows what is changed, never what is decided."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.products.worlds import make_product, put_course, read_course, sync
from tests.running import Sandbox

DERIVED = "lmx_sandbox_b"


def _not_synced(sandbox: Sandbox) -> None:
    """Course a names the product that course b is going to have."""
    put_course(sandbox, "a", "49.99", stripeProductId=DERIVED)
    put_course(sandbox, "b", "20")


def _named_twice(sandbox: Sandbox) -> None:
    """Course b names the product of course a, which has no metadata, and so does course a."""
    make_product(sandbox, "lmx_sandbox_a", "a", 4999, None)
    put_course(sandbox, "a", "49.99", stripeProductId="lmx_sandbox_a")
    put_course(sandbox, "b", "20", stripeProductId="lmx_sandbox_a")


def _of_course(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["key"] == "a"]


@pytest.mark.parametrize("build", [_not_synced, _named_twice])
@pytest.mark.parametrize("first", [(), ("--course", "b")], ids=["before b", "after b"])
def test_one_course_is_decided_as_all_are(
    sandbox: Sandbox, build: Callable[[Sandbox], None], first: tuple[str, ...]
) -> None:
    """The same changes and findings, before the other course was synced and after; the course needs attention."""
    build(sandbox)
    if first:
        sync(sandbox, *first)
    whole, narrow = sync(sandbox, "--dry-run"), sync(sandbox, "--dry-run", "--course", "a")
    assert [("needs attention", "a")] == narrow.findings
    for rows in ("changes", "findings", "skipped"):
        assert _of_course(whole.report[rows]) == narrow.report[rows]
    named = read_course(sandbox, "a")["stripeProductId"]
    assert (0, []) == ((ran := sync(sandbox, "--course", "a")).exit_code, ran.changes)
    assert named == read_course(sandbox, "a")["stripeProductId"]


def test_list_of_one_course_decides_the_same(sandbox: Sandbox) -> None:
    """What a sync would report is a finding of the list too."""
    _not_synced(sandbox)
    documents = [
        json.loads(sandbox.run("products", "list", "-o", "json", *args).stdout) for args in ((), ("--course", "a"))
    ]
    assert documents[0]["findings"] == documents[1]["findings"] != []


def test_course_that_is_not_paid_is_said_to_be(sandbox: Sandbox) -> None:
    """Who names it learns why nothing is planned; nobody else does."""
    put_course(sandbox, "intro", None, pricingModel="free")
    named, all_courses = sync(sandbox, "--course", "intro"), sync(sandbox)
    reason = "its pricingModel is free, not paid"
    assert [{"kind": "course", "key": "intro", "reason": reason, "code": "free"}] == named.report["skipped"]
    assert (0, 1, []) == (named.exit_code, named.report["summary"]["skipped"], all_courses.report["skipped"])


def test_course_of_its_own_product_is_read_alone(sandbox: Sandbox) -> None:
    """Then the others do not matter, and the table is not scanned."""
    put_course(sandbox, "a", "49.99", stripeProductId="lmx_sandbox_a")
    put_course(sandbox, "b", "20")
    before = len(sandbox.control.journal())
    sync(sandbox, "--dry-run", "--course", "a")
    assert "Scan" not in [entry["operation"] for entry in sandbox.control.journal()[before:]]


def test_unknown_course_is_no_empty_list(sandbox: Sandbox) -> None:
    """A typing error is told, as it is by a sync."""
    put_course(sandbox, "a", "49.99")
    done = sandbox.run("products", "list", "--course", "nope", "-o", "json")
    assert (1, "course nope not found") == (done.returncode, json.loads(done.stdout)["error"]["message"])
