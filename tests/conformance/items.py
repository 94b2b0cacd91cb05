"""Items of LearnerMax's table in DynamoDB's own JSON."""

from typing import Any

Value = dict[str, Any]
Item = dict[str, Value]


def key(course_id: str) -> Item:
    """Return a course's key."""
    return {"PK": {"S": f"COURSE#{course_id}"}, "SK": {"S": "METADATA"}}


def course(course_id: str, **attributes: Value) -> Item:
    """Return a paid course in the application's key shape; `attributes` add to it or replace."""
    return {
        **key(course_id),
        "GSI1PK": {"S": "COURSE"},
        "GSI1SK": {"S": f"COURSE#{course_id}"},
        "courseId": {"S": course_id},
        "name": {"S": f"Course {course_id}"},
        "pricingModel": {"S": "paid"},
        "price": {"N": "49.90"},
        **attributes,
    }


def seeded_course(course_id: str, **attributes: Value) -> Item:
    """Return a paid course in the seed scripts' key shape."""
    shape = {"GSI1PK": {"S": f"COURSE#{course_id}"}, "GSI1SK": {"S": "METADATA"}}
    return course(course_id, **{**shape, **attributes})


def lesson(number: int, size: int) -> Item:
    """Return an item that is no course, of exactly `size` bytes."""
    names_and_keys = len("PK" + "SK" + "text") + len(f"LESSON#{number:06}") + len("METADATA")
    return {
        "PK": {"S": f"LESSON#{number:06}"},
        "SK": {"S": "METADATA"},
        "text": {"S": "x" * (size - names_and_keys)},
    }
