"""Course items of known sizes."""

from typing import Any

from tests.running import Sandbox

KB = 1024
TABLE = "learnermax-education-sandbox"


def course(number: int, size: int = 0, **attributes: Any) -> dict[str, Any]:
    """A course item; `size` is its exact size in bytes when given."""
    key = f"COURSE#{number:03}"
    item = {"PK": key, "SK": "METADATA", "GSI1PK": "COURSE", "GSI1SK": key, **attributes}
    if size:
        used = sum(len(name) + len(value) for name, value in item.items())
        item["d"] = "x" * (size - used - 1)
    return item


def put_courses(sandbox: Sandbox, count: int, size: int) -> None:
    """Store courses of one size."""
    with sandbox.dynamodb().batch_writer() as batch:
        for number in range(count):
            batch.put_item(course(number, size))
