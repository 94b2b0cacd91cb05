"""Every document that a test gets from `lmx -o json` is checked against the published schema."""

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.protocols import Validator

SCHEMA_FILE = Path(__file__).resolve().parent.parent / "docs/schema/lmx-1.schema.json"
_ASKING = ("-o json", "-ojson", "--output json", "--output=json")
# Long lists hold the same kinds of rows throughout.
_ROWS = 200


def require_described(args: Sequence[str], out: str) -> None:
    """Assert that what a command line with `-o json` printed is as the schema says; others may print what they like."""
    if out and any(asking in " ".join(args) for asking in _ASKING):
        assert [] == flaws(json.loads(out)), args


def flaws(document: Any) -> list[str]:
    """Return where a document departs from the schema, a field that is not described included."""
    if isinstance(document, dict):
        short = {name: rows[:_ROWS] if isinstance(rows, list) else rows for name, rows in document.items()}
        return [f"{error.json_path}: {error.message}" for error in _validator().iter_errors(short)]
    return ["not an object"]


def read_schema() -> dict[str, Any]:
    """Return the published schema."""
    schema: dict[str, Any] = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return schema


@cache
def _validator() -> Validator:
    return Draft202012Validator(_closed(read_schema()))


def _closed(part: Any) -> Any:
    """Return a schema that allows no other fields than those that it names: new ones are to be described."""
    if isinstance(part, list):
        return [_closed(inner) for inner in part]
    if not isinstance(part, dict):
        return part
    closed = {name: _closed(inner) for name, inner in part.items()}
    is_object = closed.get("type") == "object" and "properties" in closed
    return {"additionalProperties": False, **closed} if is_object else closed
