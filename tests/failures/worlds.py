"""What stands behind several failures: courses, checkouts and enrollments, put in place."""

from learnermax_cli.core.times import show_unix
from tests.checkout import worlds as checkout
from tests.failures.model import World, all_of
from tests.products import worlds as products
from tests.running import Sandbox


def course(course_id: str = "a", price: str | None = "49.99", **attributes: object) -> World:
    """Return a world with a course."""
    return lambda sandbox: products.put_course(sandbox, course_id, price, **attributes)


def on_sale(sandbox: Sandbox) -> None:
    """Put the synced course and the student in place."""
    checkout.on_sale(sandbox)


def enrolled(**attributes: str) -> World:
    """Return a world in which the student of the course on sale has an enrollment."""

    def world(sandbox: Sandbox) -> None:
        checkout.put_enrollment(sandbox, **attributes)

    return all_of(on_sale, world)


def opened(sandbox: Sandbox) -> dict[str, str]:
    """Make a checkout, which is open; its session, and when it was made, are words of the world."""
    checkout.on_sale(sandbox)
    session_id = str(checkout.created(sandbox)["session_id"])
    [made] = checkout.sessions(sandbox)
    return {"session": session_id, "made": show_unix(made.created)}


def paid(sandbox: Sandbox) -> dict[str, str]:
    """Make a checkout that is paid."""
    words = opened(sandbox)
    sandbox.control.pay(words["session"])
    return words
