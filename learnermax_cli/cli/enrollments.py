"""`lmx enrollments`: parse, call, show."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from learnermax_cli.cli.command import READS, WRITES, DryRun, ExitCode, Yes, add_command
from learnermax_cli.cli.options import CheckoutOptions, Revoke, User

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.enrollments.model import EnrollmentKey
    from learnermax_cli.planning.report import Report

group = typer.Typer(help="Who is enrolled, and who has paid.", no_args_is_help=True)

CourseId = Annotated[str, typer.Argument(help="Course to enroll in.")]
EnrolledId = Annotated[str, typer.Argument(help="Course of the enrollment.")]


@add_command(group, "list", READS)
def list_enrollments(
    app: "App",
    status: Annotated[
        Literal["pending", "completed", "free"] | None, typer.Option("--status", help="Only this paymentStatus.")
    ] = None,
    course: Annotated[list[str] | None, typer.Option("--course", metavar="COURSE_ID", help="Only this course.")] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="Only this student.")] = None,
    owed: Annotated[bool, typer.Option("--owed", help="Only those whose mail was not sent yet.")] = False,
) -> "Report":
    """List enrollments by status, course and student.

    Example: lmx enrollments list --status pending
    """
    from learnermax_cli.core.errors import UsageError
    from learnermax_cli.enrollments.listing import Filter, run_list

    if course and len(course) > 1:
        raise UsageError("only one --course is allowed", hint="List each course separately, or all without --course.")
    return run_list(app, Filter(status, course[0] if course else None, user, owed=owed))


@add_command(group, "create", WRITES)
def create(
    app: "App",
    course_id: CourseId,
    options: CheckoutOptions,
    session: Annotated[
        str | None,
        typer.Option("--session", metavar="SESSION", help="A paid session that does not say by whom: this student's."),
    ] = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> "Report":
    """Enroll a student: in a free course at once, in a paid one as checkout create does.

    Example: lmx enrollments create TEST-COURSE-001 --user user-1
    """
    from learnermax_cli.checkout.create import run_create as run_checkout
    from learnermax_cli.enrollments.create import COMMAND, run_create
    from learnermax_cli.enrollments.model import EnrollmentKey

    request = options.request(course_id, dry_run=dry_run)
    key = EnrollmentKey(request.user_id, course_id)
    if session is not None:
        return claim(app, key, session, dry_run=dry_run, yes=yes)
    check_out = lambda: run_checkout(app, request, COMMAND)  # noqa: E731
    return run_create(app, key, check_out, dry_run=dry_run, replace=request.replace)


def claim(app: "App", key: "EnrollmentKey", session_id: str, *, dry_run: bool, yes: bool) -> "Report":
    """Make a paid session a student's; it is named by its id or URL."""
    from learnermax_cli.checkout.show import require_id
    from learnermax_cli.enrollments.claim import ClaimRequest, run_claim

    return run_claim(app, ClaimRequest(key, require_id(session_id), dry_run, yes))


@add_command(group, "release", WRITES)
def release(
    app: "App",
    course_id: EnrolledId,
    user: User,
    dry_run: DryRun = False,
    allow_missing_session: Annotated[
        bool, typer.Option("--allow-missing-session", help="Release although Stripe does not know the session named.")
    ] = False,
    yes: Yes = False,
) -> "Report":
    """Remove a stuck pending enrollment, so that the student can buy again; refused while it is open or paid.

    Example: lmx enrollments release TEST-COURSE-003 --user user-1
    """
    from learnermax_cli.enrollments.model import EnrollmentKey
    from learnermax_cli.enrollments.release import run_release

    key = EnrollmentKey(user, course_id)
    return run_release(app, key, dry_run=dry_run, yes=yes, allow_missing_session=allow_missing_session)


Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; stays on the item.")]


@add_command(group, "keep", WRITES)
def keep(
    app: "App", course_id: EnrolledId, user: User, reason: Reason, dry_run: DryRun = False, yes: Yes = False
) -> "Report":
    """Goodwill: the student stays in, or gets back in, whatever the money does.

    Example: lmx enrollments keep TEST-COURSE-003 --user user-1 --reason 'refunded as goodwill'
    """
    from learnermax_cli.enrollments.apply_by_hand import ByHandRequest
    from learnermax_cli.enrollments.keep import run_keep
    from learnermax_cli.enrollments.model import EnrollmentKey

    return run_keep(app, ByHandRequest(EnrollmentKey(user, course_id), reason, dry_run, yes))


@add_command(group, "revoke", WRITES)
def revoke(
    app: "App", course_id: EnrolledId, user: User, reason: Reason, dry_run: DryRun = False, yes: Yes = False
) -> "Report":
    """Take a student's access away by hand; progress stays, and no run gives it back.

    Example: lmx enrollments revoke TEST-COURSE-003 --user user-1 --reason 'never paid'
    """
    from learnermax_cli.enrollments.apply_by_hand import ByHandRequest
    from learnermax_cli.enrollments.model import EnrollmentKey
    from learnermax_cli.enrollments.revoke import run_revoke

    return run_revoke(app, ByHandRequest(EnrollmentKey(user, course_id), reason, dry_run, yes))


@add_command(group, "reconcile", WRITES)
def reconcile(
    app: "App",
    dry_run: DryRun = False,
    course: Annotated[
        list[str] | None, typer.Option("--course", metavar="COURSE_ID", help="Only this course; repeatable.")
    ] = None,
    user: Annotated[str | None, typer.Option("--user", metavar="USER", help="Only this student.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            "--since",
            metavar="TIME",
            help="Read every complete session since then too: 30d, 36h, or a time in RFC 3339.",
        ),
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", metavar="TIME", help="End of the span that --since begins.")
    ] = None,
    window_only: Annotated[
        bool, typer.Option("--window-only", help="Only what was paid in the span of --since; the table is not scanned.")
    ] = False,
    strategy: Annotated[
        Literal["auto", "list", "retrieve"],
        typer.Option("--strategy", metavar="HOW", help="How sessions are asked for: auto, list or retrieve."),
    ] = "auto",
    create_missing: Annotated[
        bool, typer.Option("--create-missing", help="Enroll who paid through a session that lmx did not make.")
    ] = False,
    release_expired: Annotated[
        bool, typer.Option("--release-expired", help="Remove pending items whose session has expired or failed.")
    ] = False,
    audit: Annotated[bool, typer.Option("--audit", help="Look at completed enrollments too.")] = False,
    revoke: Revoke = None,
    max_changes: Annotated[
        int | None, typer.Option("--max-changes", metavar="N", min=0, help="Stop after this many writes.")
    ] = None,
    owed_within: Annotated[
        str,
        typer.Option("--owed-within", metavar="DURATION", help="Send mails that are owed for at most this long."),
    ] = "7d",
    exit_code: ExitCode = False,
) -> "Report":
    """Complete the pending enrollments that Stripe says are paid.

    Example: lmx enrollments reconcile --since 3d --dry-run
    """
    from datetime import timedelta

    from learnermax_cli.core.times import read_duration, read_window
    from learnermax_cli.enrollments.read_table import Scope
    from learnermax_cli.enrollments.reconcile import ReconcileRequest, run_reconcile

    scope = Scope(frozenset(course or ()), user, *read_window(since, until, app.now()), strategy=strategy)
    within = read_duration(owed_within, "--owed-within", timedelta(hours=1), timedelta(days=3650), example="36h or 90d")
    options = (dry_run, create_missing, release_expired, audit, max_changes, exit_code, window_only, within)
    return run_reconcile(app, ReconcileRequest(scope, *options, revoke=revoke))
