"""The LearnerMax test courses, kept in the package: both key shapes, both price conventions."""

import json
from decimal import Decimal
from importlib.resources import files
from typing import Any


def read_seed_courses() -> list[dict[str, Any]]:
    """Return the course items as DynamoDB is to hold them."""
    text = files("learnermax_cli.courses").joinpath("data/learnermax_courses.json").read_text(encoding="utf-8")
    items: list[dict[str, Any]] = json.loads(text, parse_float=Decimal)
    return items
