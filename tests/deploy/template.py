"""The SAM template as data: short forms of CloudFormation's functions become their long ones."""

from functools import cache
from typing import Any

import yaml

from tests.forking import PROJECT

TEMPLATE = PROJECT / "deploy" / "template.yaml"


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # PyYAML has no types
    """Reads `!Ref x` as {"Ref": x} and `!Sub x` as {"Fn::Sub": x}."""


def _short_form(loader: yaml.SafeLoader, tag: str, node: yaml.Node) -> dict[str, Any]:
    match node:
        case yaml.ScalarNode():
            value: Any = loader.construct_scalar(node)
        case yaml.SequenceNode():
            value = loader.construct_sequence(node, deep=True)
        case _:
            value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt":
        value = value.split(".")
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _short_form)


@cache
def read_template() -> dict[str, Any]:
    """Return the template."""
    template: dict[str, Any] = yaml.load(TEMPLATE.read_text(encoding="utf-8"), _Loader)  # noqa: S506 - a safe loader
    return template


def resources(kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of all resources of a type, by their names."""
    found = read_template()["Resources"]
    return {name: resource["Properties"] for name, resource in found.items() if resource["Type"] == kind}


def functions() -> dict[str, dict[str, Any]]:
    """Return the properties of all functions, by the name of their handler."""
    found = resources("AWS::Serverless::Function").values()
    return {function["Handler"].rpartition(".")[2]: function for function in found}


def permitted(handler: str) -> dict[str, list[Any]]:
    """Return what a function may do: each action, and on what."""
    rows: dict[str, list[Any]] = {}
    for policy in functions()[handler]["Policies"]:
        document = (
            read_template()["Resources"][policy["Ref"]]["Properties"]["PolicyDocument"] if "Ref" in policy else policy
        )
        for statement in document["Statement"]:
            row = statement["Fn::If"][1] if "Fn::If" in statement else statement
            actions = [row["Action"]] if isinstance(row["Action"], str) else row["Action"]
            for action in actions:
                rows.setdefault(action, []).append(row["Resource"])
    return rows
