"""The condition that an enrollment is still as it was read."""

from typing import Any

from learnermax_cli.enrollments.model import Enrollment

AS_READ_NAMES = {"#session": "stripeSessionId", "#at": "enrolledAt"}


def as_read(enrollment: Enrollment) -> tuple[str, dict[str, Any]]:
    """Return the condition, and its values, that session and time are as read; its names are `AS_READ_NAMES`."""
    conditions: list[str] = []
    values: dict[str, Any] = {}
    for name, text in (("session", enrollment.session_id), ("at", enrollment.enrolled_at)):
        if text:
            conditions.append(f"#{name} = :{name}")
            values[f":{name}"] = {"S": text}
        else:  # absent, empty, or of another type: all of them were read as none
            conditions.append(
                f"(attribute_not_exists(#{name}) OR NOT attribute_type(#{name}, :text) OR #{name} = :none)"
            )
            values |= {":text": {"S": "S"}, ":none": {"S": ""}}
    return " AND ".join(conditions), values
