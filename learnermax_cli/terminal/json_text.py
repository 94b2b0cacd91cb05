"""One JSON document as text, piece by piece, so that a long list in it is never held as text."""

from collections.abc import Iterable, Iterator

_INDENT = "  "


def json_pieces(fields: Iterable[tuple[str, object]]) -> Iterator[str]:
    """Yield the text of an object, as `json.dumps(..., indent=2)` writes it; an iterator is written as a list."""
    import json

    before = "{\n"
    for name, value in fields:
        yield f"{before}{_INDENT}{json.dumps(name)}: "
        if isinstance(value, Iterator):
            yield from _list_pieces(value)
        else:
            yield _dumps(value, _INDENT)
        before = ",\n"
    yield "\n}"


def _list_pieces(values: Iterator[object]) -> Iterator[str]:
    empty = True
    for value in values:
        yield f"{'[' if empty else ','}\n{2 * _INDENT}{_dumps(value, 2 * _INDENT)}"
        empty = False
    yield "[]" if empty else f"\n{_INDENT}]"


def _dumps(value: object, indent: str) -> str:
    import json

    # No line break in JSON text is part of a value.
    return json.dumps(value, indent=2, ensure_ascii=True).replace("\n", "\n" + indent)
