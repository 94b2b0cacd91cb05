"""Changes are values with one canonical text; a digest ties a review to a run."""

import hashlib

from learnermax_cli.core.remedy import lmx
from learnermax_cli.planning.change import (
    Change,
    Finding,
    Result,
    Skipped,
    canonical_json,
    count,
    digest,
    masked,
    planned,
)

CREATE = Change("product", "a", "create", None, {"name": "Ä", "price": {"amount": 1, "currency": "usd"}})
ARCHIVE = Change("price", "b", "archive", {"stripePriceId": "price_1"}, None, "why")
CREATE_TEXT = (
    '{"action":"create","after":{"name":"\\u00c4","price":{"amount":1,"currency":"usd"}},"before":null,'
    '"key":"a","kind":"product","reason":null}'
)
ARCHIVE_TEXT = (
    '{"action":"archive","after":null,"before":{"stripePriceId":"price_1"},"key":"b","kind":"price","reason":"why"}'
)


def test_canonical_text_is_sorted_json_without_blanks() -> None:
    """The same change is the same text on every machine."""
    assert (CREATE_TEXT, ARCHIVE_TEXT) == (CREATE.canonical(), ARCHIVE.canonical())


def test_canonical_text_does_not_depend_on_the_order_of_fields() -> None:
    """Field order is an accident."""
    turned = Change("product", "a", "create", None, {"price": {"currency": "usd", "amount": 1}, "name": "Ä"})
    assert CREATE_TEXT == turned.canonical()


def test_digest_is_sha256_of_the_sorted_changes() -> None:
    """Whoever has the changes can compute it, in whatever order they come."""
    expected = "sha256:" + hashlib.sha256(f"{ARCHIVE_TEXT}\n{CREATE_TEXT}".encode()).hexdigest()
    assert expected == digest([CREATE, ARCHIVE])
    assert expected == digest([ARCHIVE, CREATE])


def test_digest_of_nothing_is_that_of_no_text() -> None:
    """A plan without changes has a digest as well."""
    assert "sha256:" + hashlib.sha256(b"").hexdigest() == digest([])


def test_digest_sees_every_part_of_a_change() -> None:
    """Kind, key, action, before, after and reason all count."""
    others = [
        Change("price", "a", "create", None, CREATE.after),
        Change("product", "b", "create", None, CREATE.after),
        Change("product", "a", "update", None, CREATE.after),
        Change("product", "a", "create", {}, CREATE.after),
        Change("product", "a", "create", None, {}),
        Change("product", "a", "create", None, CREATE.after, "why"),
    ]
    assert len(others) + 1 == len({digest([change]) for change in [CREATE, *others]})


def test_result_adds_outcome_and_error() -> None:
    """A report's change is the plan's change with what became of it."""
    document = {**ARCHIVE.as_json(), "outcome": "planned"}
    assert document == Result(ARCHIVE).as_json()
    assert {**document, "outcome": "failed", "error": "no"} == Result(ARCHIVE, "failed", "no").as_json()


def test_outcomes_are_counted() -> None:
    """Each word for itself."""
    results = (*planned([CREATE, ARCHIVE]), Result(CREATE, "applied"))
    assert (2, 1, 0) == (count(results, "planned"), count(results, "applied"), count(results, "failed"))


def test_skipped_and_findings_as_json() -> None:
    """Both name kind and key; a skipped row says why, a finding what."""
    assert {"kind": "course", "key": "a", "reason": "coming soon", "code": "skipped"} == Skipped(
        "course", "a", "coming soon"
    ).as_json()
    expected = {"kind": "orphan product", "key": "a", "detail": "x", "remedy": "lmx products list", "url": None}
    assert expected == Finding("orphan product", "a", "x", lmx("products list")).as_json()


def test_canonical_json_is_ascii() -> None:
    """No terminal and no file encoding can change it."""
    assert canonical_json({"b": "ü", "a": None}) == '{"a":null,"b":"\\u00fc"}'


def test_texts_of_a_value_are_rewritten() -> None:
    """Those in lists, tuples and mappings too; other values stay."""
    row = {"drift": ["a", {"b": "c"}], "price": {"amount": 1}, "ok": True, "pair": ("d", None)}
    expected = {"DRIFT": ["A", {"B": "C"}], "PRICE": {"AMOUNT": 1}, "OK": True, "PAIR": ["D", None]}
    assert expected == masked(row, str.upper)
