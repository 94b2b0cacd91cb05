"""A document written piece by piece is the text that the standard library writes."""

import json

import pytest

from learnermax_cli.terminal.streams import json_pieces

DOCUMENTS: list[dict[str, object]] = [
    {"schema": "lmx/1"},
    {"text": "a\nb ü", "none": None, "nested": {"a": [1, {"b": []}], "c": {}}, "list": [1, [2]]},
    {"changes": [{"key": "a", "after": {"x": 1}}, {"key": "b"}], "skipped": [], "last": 1.5},
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=["one field", "nested", "lists"])
def test_text_is_that_of_json_dumps(document: dict[str, object]) -> None:
    """Lists may be given as lists or as iterators: the text is the same."""
    expected = json.dumps(document, indent=2)
    lazy = {name: iter(value) if isinstance(value, list) else value for name, value in document.items()}
    assert expected == "".join(json_pieces(document.items()))
    assert expected == "".join(json_pieces(lazy.items()))
