"""The product id that a course always has, so that no create can happen twice, however long ago the first was."""

import hashlib
import re

# A prefix of its own keeps hashed ids apart from course ids that look like one.
_HASHED = "h-"
_PLAIN = re.compile(r"(?!h-)[A-Za-z0-9_-]{1,100}")


def derived_product_id(environment: str, course_id: str) -> str:
    """Return the product id of a course in an environment; different courses never share one."""
    if _PLAIN.fullmatch(course_id):
        return f"lmx_{environment}_{course_id}"
    return f"lmx_{environment}_{_HASHED}{hashlib.sha256(course_id.encode()).hexdigest()[:40]}"
