"""Enrollments that lmx refuses, and reconciles that stop."""

from tests.enrollments import worlds as enrollments
from tests.failures.model import HOSTILE, SESSION, USER, Failure, World
from tests.failures.worlds import course, enrolled, opened, paid
from tests.products.worlds import COURSE
from tests.running import Sandbox

_CREATE = f"enrollments create {COURSE} --user {USER}"
_RELEASE = f"enrollments release {COURSE} --user {USER}"
_OPTIONS = f"--course {COURSE} --user {USER}"


def _bought(count: int) -> World:
    def world(sandbox: Sandbox) -> None:
        enrollments.put_basics(sandbox)
        for number in range(count):
            enrollments.put_bought(sandbox, f"user-{number}")

    return world


def _lost(sandbox: Sandbox) -> None:
    for number in range(11):
        enrollments.put_pending(sandbox, f"user-{number}", "cs_test_" + f"{number:02}" * 29)


def _refused(error: str, remedy: str, world: World, command: str = _CREATE) -> Failure:
    return Failure(command, 1, error, remedy, world)


FAILURES = (
    _refused(
        f"course {COURSE} has the pricing model rent[red]",
        "Known pricing models: free, paid. Fix pricingModel of the course.",
        course(COURSE, pricingModel="rent[red]"),
        _CREATE,
    ),
    _refused(
        f"course {COURSE} has no pricing model",
        "Known pricing models: free, paid. Fix pricingModel of the course.",
        course(COURSE, pricingModel=""),
        _CREATE,
    ),
    _refused(
        f"{USER}/{COURSE} is paid, so it stays", f"Complete it: lmx enrollments reconcile {_OPTIONS}", paid, _RELEASE
    ),
    _refused(
        f"{USER}/{COURSE} stays, its session is open: $session is open",
        "Wait until it ends, or expire it: lmx checkout expire $session",
        opened,
        _RELEASE,
    ),
    _refused(
        f"{USER}/{COURSE} is completed, not pending: it stays",
        "Only pending enrollments are released; see lmx enrollments list",
        enrolled(paymentStatus="completed"),
        _RELEASE,
    ),
    Failure(
        _RELEASE,
        5,
        f"{USER}/{COURSE} names a session that Stripe does not have for this key: it may be paid in another account",
        "Check account and mode of the key; if it was never paid: "
        f"lmx enrollments release {COURSE} --user {USER} --allow-missing-session",
        enrolled(stripeSessionId=SESSION),
    ),
    Failure(
        "enrollments reconcile --since '$hostile'",
        2,
        f"--since is {HOSTILE!r}, neither a span nor a time",
        "Give a span such as 30d, 36h or 90m, or a time such as 2026-11-01T00:00:00Z.",
    ),
    Failure(
        "enrollments reconcile --until 7d", 2, "--until needs an earlier --since", "Give both: --since 30d --until 7d."
    ),
    Failure(
        "enrollments reconcile --since 3d --window-only --audit",
        2,
        "--audit needs more than the paid sessions of a span",
        "Run it without --window-only.",
    ),
    Failure(
        "enrollments reconcile --max-changes 2",
        5,
        "stopped after 2 writes, as --max-changes says",
        "Run again for the rest, or raise --max-changes.",
        _bought(2),
    ),
    Failure(
        "enrollments reconcile --max-changes 1",
        5,
        "stopped after 0 writes, as --max-changes says",
        "Raise --max-changes: completing an enrollment takes up to three writes.",
        _bought(1),
    ),
    Failure(
        "enrollments reconcile --max-changes 2 --dry-run",
        5,
        "stopped after 2 planned writes, as --max-changes says",
        "Raise --max-changes: completing an enrollment takes up to three writes.",
        _bought(2),
    ),
    Failure(
        "enrollments reconcile --strategy retrieve",
        5,
        "the first 10 sessions asked for were not found at Stripe: wrong account or mode?",
        "Check -e and the key: lmx secrets status; no flag lifts this.",
        _lost,
    ),
)
