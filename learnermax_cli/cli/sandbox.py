"""`lmx sandbox`: parse, call, show."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from learnermax_cli.cli.command import LOCAL, Traits, add_command

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

group = typer.Typer(help="Stripe and AWS on this machine: no account, no network.", no_args_is_help=True)

CHANGES = Traits(writes=True, local=True)

Port = typer.Option(min=0, max=65535, help="Port on 127.0.0.1. Default: a free one.", show_default=False)

Session = typer.Argument(metavar="SESSION_ID|URL", help="A Checkout Session.")
PercentOff = typer.Option(min=0.01, max=100, metavar="PERCENT", help="Such as 20.", show_default=False)
AmountOff = typer.Option(metavar="AMOUNT", help="Such as 5.00, in LMX_CURRENCY or usd.", show_default=False)
Buyer = typer.Option(
    metavar="USER_ID", help="Who buys; added if missing. Default: the test student.", show_default=False
)
Amount = typer.Option(metavar="AMOUNT", help="A part of it, such as 10.00. Default: all.", show_default=False)


@add_command(group, "start", CHANGES)
def start(
    app: "App",
    stripe_port: Annotated[int, Port] = 0,
    aws_port: Annotated[int, Port] = 0,
) -> "Report":
    """Start the sandbox in the background; does nothing when it already runs on these ports.

    Example: lmx sandbox start && lmx courses list -e sandbox
    """
    from learnermax_cli.config.sandbox_state import default_state_dir
    from learnermax_cli.sandbox import process
    from learnermax_cli.sandbox.report import running_report
    from learnermax_cli.sandbox.student import put_student

    info = process.start(default_state_dir(app.environ), stripe_port=stripe_port, aws_port=aws_port)
    put_student(info)
    return running_report("sandbox start", info)


@add_command(group, "stop", CHANGES)
def stop(app: "App") -> "Report":
    """Stop the sandbox; everything in it is deleted.

    Example: lmx sandbox stop
    """
    from learnermax_cli.config.sandbox_state import default_state_dir
    from learnermax_cli.sandbox import process
    from learnermax_cli.sandbox.report import stopped_report

    return stopped_report(was_running=process.stop(default_state_dir(app.environ)))


@add_command(group, "status", LOCAL)
def status(app: "App") -> "Report":
    """Show whether the sandbox runs, and where; exits 3 when it does not.

    Another Stripe-Version than the SDK's is answered as the SDK's is; a note says so.

    Example: lmx sandbox status -o json
    """
    from learnermax_cli.config.sandbox_state import default_state_dir, find_sandbox
    from learnermax_cli.sandbox.report import missing_report, running_report

    info = find_sandbox(default_state_dir(app.environ))
    return missing_report("sandbox status") if info is None else running_report("sandbox status", info)


@add_command(group, "reset", CHANGES)
def reset(app: "App") -> "Report":
    """Empty the sandbox: tables, secrets, products, journal, faults; keeps one test student.

    Example: lmx sandbox reset
    """
    from learnermax_cli.config.sandbox_state import require_sandbox
    from learnermax_cli.sandbox.client import SandboxClient
    from learnermax_cli.sandbox.report import running_report
    from learnermax_cli.sandbox.student import put_student

    info = require_sandbox(app.environ)
    SandboxClient(info.control_url).reset()
    put_student(info)
    return running_report("sandbox reset", info, "Emptied: tables, secrets, everything at Stripe.")


@add_command(group, "env", LOCAL)
def env(app: "App") -> None:
    """Print the variables with which any other Stripe or AWS tool talks to the sandbox.

    Example: eval "$(lmx sandbox env)"
    """
    from learnermax_cli.config.sandbox_state import require_sandbox
    from learnermax_cli.sandbox.report import environment_document, export_lines

    info = require_sandbox(app.environ)
    as_json = app.console.manner.format == "json"
    app.console.write_sandbox_exports(environment_document(info) if as_json else export_lines(info))


@add_command(group, "pay", CHANGES)
def pay(
    app: "App",
    target: Annotated[str, typer.Argument(metavar="SESSION_ID|URL", help="A session, or a payment link's URL.")],
    method: Annotated[
        Literal["card", "delayed", "declined", "free"], typer.Option(help="How; free: by a promotion code.")
    ] = "card",
    email: Annotated[str | None, typer.Option(help="The buyer's address.", show_default=False)] = None,
) -> "Report":
    """Pay as a buyer would on the checkout page; a delayed payment arrives later, a declined one never does.

    Example: lmx sandbox pay "$(lmx checkout create TEST-COURSE-003 --user test-student -e sandbox)"
    """
    from learnermax_cli.sandbox import sales_report

    return sales_report.pay(app.environ, target, method, email)


@add_command(group, "settle", CHANGES)
def settle(
    app: "App",
    session_id: Annotated[str, Session],
    fail: Annotated[bool, typer.Option("--fail", help="It does not arrive.")] = False,
) -> "Report":
    """Let a delayed payment arrive at once; by itself it arrives three days later, by the sandbox's clock.

    Example: lmx sandbox settle cs_test_a1b2c3
    """
    from learnermax_cli.sandbox import sales_report

    return sales_report.settle(app.environ, session_id, fails=fail)


@add_command(group, "expire", CHANGES)
def expire(app: "App", session_id: Annotated[str, Session]) -> "Report":
    """Expire an open checkout session before its time.

    Example: lmx sandbox expire cs_test_a1b2c3
    """
    from learnermax_cli.sandbox import sales_report

    return sales_report.expire(app.environ, session_id)


@add_command(group, "refund", CHANGES)
def refund(
    app: "App",
    session_id: Annotated[str, Session],
    amount: Annotated[str | None, Amount] = None,
    fail: Annotated[bool, typer.Option("--fail", help="It fails three days later, by the sandbox's clock.")] = False,
) -> "Report":
    """Refund what was paid through a session, as in Stripe's Dashboard.

    Example: lmx sandbox refund cs_test_a1b2c3 --amount 10.00
    """
    from learnermax_cli.sandbox import sales_report

    return sales_report.refund(app.environ, session_id, amount, fails=fail)


@add_command(group, "dispute", CHANGES)
def dispute(
    app: "App",
    session_id: Annotated[str, Session],
    status: Annotated[Literal["open", "won", "lost"], typer.Option(help="What becomes of it.")] = "open",
    amount: Annotated[str | None, Amount] = None,
) -> "Report":
    """Dispute what was paid through a session, and win or lose the dispute; one that was won may be lost after all.

    Example: lmx sandbox dispute cs_test_a1b2c3 --status lost
    """
    from learnermax_cli.sandbox import sales_report

    return sales_report.dispute(app.environ, session_id, status, amount)


@add_command(group, "promo", CHANGES)
def promo(
    app: "App",
    code: Annotated[str, typer.Argument(metavar="CODE", help="What the buyer types.")],
    percent_off: Annotated[float | None, PercentOff] = None,
    amount_off: Annotated[str | None, AmountOff] = None,
) -> "Report":
    """Make a promotion code that the checkout page takes.

    Example: lmx sandbox promo SUMMER --percent-off 20
    """
    from learnermax_cli.sandbox import sales_report

    return sales_report.promo(app.environ, code, percent_off, amount_off)


@add_command(group, "clock", CHANGES)
def clock(
    app: "App",
    advance: Annotated[str, typer.Option(metavar="DURATION", help="How much time passes: 90s, 30m, 25h, 3d.")],
) -> "Report":
    """Advance the sandbox's clock: sessions expire, payments arrive, refunds fail, webhooks are sent again.

    Example: lmx sandbox clock --advance 25h
    """
    from learnermax_cli.sandbox import sales_report

    return sales_report.advance_clock(app.environ, advance)


@add_command(group, "trigger", CHANGES)
def trigger(
    app: "App",
    event: Annotated[
        str,
        typer.Argument(
            metavar="EVENT",
            help="checkout.session.completed, .expired, .async_payment_succeeded or .async_payment_failed.",
        ),
    ],
    course: Annotated[
        str | None, typer.Option(metavar="COURSE_ID", help="What is bought. Default: any.", show_default=False)
    ] = None,
    user: Annotated[
        str | None,
        typer.Option(
            metavar="USER_ID", help="Who buys; added if missing. Default: the test student.", show_default=False
        ),
    ] = None,
) -> "Report":
    """Cause a checkout.session event through a student's checkout; shows where it was delivered.

    Example: lmx sandbox trigger checkout.session.completed
    """
    from learnermax_cli.sandbox.trigger import trigger as make_happen

    return make_happen(app, event, course, user)


def demo() -> int:
    """Run the main jobs end to end on a throw-away sandbox; touches nothing else.

    Example: lmx demo
    """
    from learnermax_cli.sandbox.demo import run_demo

    return run_demo()
