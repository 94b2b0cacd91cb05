"""Items of the table as the site and its seed scripts write them."""

from decimal import Decimal
from typing import Any

IMAGE = "https://example.com/course.png"
SINCE = "2025-10-12T09:00:00.000Z"


def course_item(course_id: str, price: str | None, **attributes: object) -> dict[str, Any]:
    """Return a paid course, with attributes that lmx has no business with."""
    item: dict[str, Any] = {
        "PK": f"COURSE#{course_id}",
        "SK": "METADATA",
        "GSI1PK": f"COURSE#{course_id}",
        "GSI1SK": "METADATA",
        "entityType": "COURSE",
        "courseId": course_id,
        "name": f"Course {course_id}",
        "description": "All about it.",
        "instructor": "Test Instructor",
        "pricingModel": "paid",
        "imageUrl": IMAGE,
        "learningObjectives": ["Learn", "Build"],
        "curriculum": [{"moduleId": "module-1", "videos": [{"lengthInMins": Decimal(10)}]}],
        "totalLessons": None,
        "updatedAt": SINCE,
    }
    if price is not None:
        item["price"] = Decimal(price)
    return {**item, **attributes}


def student_item(user: str, **attributes: object) -> dict[str, Any]:
    """Return a student."""
    return {
        "PK": f"USER#{user}",
        "SK": "METADATA",
        "GSI1PK": f"USER#{user}",
        "GSI1SK": "METADATA",
        "entityType": "USER",
        "userId": user,
        "email": f"{user}@example.com",
        "name": user.title(),
        "emailVerified": True,
        "createdAt": SINCE,
        "updatedAt": SINCE,
        **attributes,
    }


def enrollment_item(user: str, course: str, enrolled_at: str, **attributes: object) -> dict[str, Any]:
    """Return a pending enrollment."""
    return {
        "PK": f"USER#{user}",
        "SK": f"COURSE#{course}",
        "GSI1PK": f"COURSE#{course}",
        "GSI1SK": f"USER#{user}",
        "entityType": "ENROLLMENT",
        "userId": user,
        "courseId": course,
        "enrollmentType": "paid",
        "enrolledAt": enrolled_at,
        "paymentStatus": "pending",
        "progress": 0,
        "completed": False,
        **attributes,
    }
