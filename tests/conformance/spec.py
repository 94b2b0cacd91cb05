"""Reads Stripe's OpenAPI description: the lengths of parameters, and what an answer may look like."""

from collections.abc import Iterator, Mapping
from typing import Any

Schema = Mapping[str, Any]
_FORM = "application/x-www-form-urlencoded"
_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
}  # fmt: skip


def lengths_of(spec: Schema, path: str) -> dict[str, int]:
    """Return the longest text of each parameter of a POST, by the parameter's name as a form has it."""
    return dict(_lengths(spec["paths"][path]["post"]["requestBody"]["content"][_FORM]["schema"], ""))


def faults_of(spec: Schema, answer: Any, schema: Schema, path: str = "") -> list[str]:
    """Return how an answer differs from its schema: fields that are missing, unknown or of another type."""
    if "$ref" in schema:
        return faults_of(spec, answer, spec["components"]["schemas"][schema["$ref"].rpartition("/")[2]], path)
    if answer is None:
        return [] if schema.get("nullable") else [f"{path}: null"]
    if "anyOf" in schema:
        branches = [faults_of(spec, answer, branch, path) for branch in schema["anyOf"]]
        return min(branches, key=len)
    expected = _TYPES.get(schema.get("type", ""), object)
    if not isinstance(answer, expected) or (isinstance(answer, bool) and expected is not bool):
        return [f"{path}: {answer!r} is no {schema['type']}"]
    if "enum" in schema and answer not in schema["enum"]:
        return [f"{path}: {answer!r} is none of {schema['enum']}"]
    if isinstance(answer, list):
        return [fault for item in answer for fault in faults_of(spec, item, schema["items"], f"{path}[]")]
    return _faults_of_object(spec, answer, schema, path) if isinstance(answer, dict) else []


def _faults_of_object(spec: Schema, answer: dict[str, Any], schema: Schema, path: str) -> list[str]:
    fields = schema.get("properties")
    if fields is None:
        return []
    faults = [f"{path}.{name}: missing" for name in schema.get("required", ()) if name not in answer]
    faults += [f"{path}.{name}: unknown" for name in answer if name not in fields]
    for name, value in answer.items():
        if name in fields:
            faults += faults_of(spec, value, fields[name], f"{path}.{name}")
    return faults


def _lengths(schema: Schema, name: str) -> Iterator[tuple[str, int]]:
    for branch in schema.get("anyOf", (schema,)):
        if "maxLength" in branch and "enum" not in branch:
            yield name, branch["maxLength"]
        for field, inner in branch.get("properties", {}).items():
            yield from _lengths(inner, f"{name}[{field}]" if name else field)
