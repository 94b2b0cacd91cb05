"""The command tree; errors become exit codes here and nowhere else."""

import errno
import os
import sys
import warnings
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer
from typer.exceptions import TyperException
from typer.main import get_command

from learnermax_cli import __version__
from learnermax_cli.cli.checkout import group as checkout
from learnermax_cli.cli.command import HELPS, LOCAL, OPTION_NAMES, READS, Invocation, add_command, add_plain_command
from learnermax_cli.cli.commands import show_help
from learnermax_cli.cli.courses import group as courses
from learnermax_cli.cli.enrollments import group as enrollments
from learnermax_cli.cli.help_pages import HelpGroup, command_words, explain, see_help
from learnermax_cli.cli.products import group as products
from learnermax_cli.cli.sandbox import demo
from learnermax_cli.cli.sandbox import group as sandbox
from learnermax_cli.cli.secrets import group as secrets
from learnermax_cli.cli.students import group as students
from learnermax_cli.cli.webhooks import group as webhooks
from learnermax_cli.core.errors import Exit, FailedError, LmxError, UsageError, weightiest
from learnermax_cli.terminal.console import Console, Manner
from learnermax_cli.terminal.streams import discard, unwritten

if TYPE_CHECKING:
    from learnermax_cli.composition.app import App
    from learnermax_cli.planning.report import Report

app = typer.Typer(
    name="lmx",
    help="Administration toolkit of LearnerMax: Stripe keys, products and prices, enrollments.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    cls=HelpGroup,
    context_settings={"help_option_names": ["--help", "-h"]},  # of all commands
    epilog="Try it without an account: lmx demo",
)
_GROUPS = (
    (secrets, "secrets", "lmx secrets status"),
    (courses, "courses", "lmx courses list"),
    (products, "products", "lmx products sync --dry-run"),
    (checkout, "checkout", "lmx checkout create TEST-COURSE-003 --user user-1"),
    (enrollments, "enrollments", "lmx enrollments reconcile --since 3d --dry-run"),
    (students, "students", "lmx students show student@example.com"),
    (webhooks, "webhooks", "lmx webhooks list"),
    (sandbox, "sandbox", "lmx sandbox start && lmx courses seed -e sandbox"),
)
for _group, _name, _example in _GROUPS:
    app.add_typer(_group, name=_name, cls=HelpGroup, epilog=f"Example: {_example}")


@add_command(app, "doctor", READS)
def doctor(app: "App") -> "Report":
    """Check every precondition of the other commands; each failure names its remedy. Writes nothing.

    Example: lmx doctor -e prod
    """
    from learnermax_cli.core.retries import INTERACTIVE
    from learnermax_cli.doctor.run import run_doctor

    app.report_mismatches = True
    app.retry_policy = INTERACTIVE  # somebody waits for the report
    return run_doctor(app)


@add_command(app, "config", LOCAL)
def config(app: "App") -> "Report":
    """Show every setting: its value (of secrets only that they are there), and where it comes from. Asks nobody.

    Example: lmx config -e prod
    """
    from learnermax_cli.config.listing import first_error, list_notes, list_settings
    from learnermax_cli.planning.report import Items, Report

    sources = app.sources
    shown = list_settings(sources)
    flawed = any(setting.error for setting in shown)
    columns = ("name", "value", "source", *(("error",) if flawed else ()))
    return Report(
        "config",
        sources.environment or "unknown",
        Items(tuple(setting.as_json() for setting in shown), columns, more=("source_kind", "error")),
        extra={"ignored": list(sources.ignored), "no_env_file": sources.search.reason or None},
        notes=tuple(list_notes(sources)),
        error=first_error(shown),
    )


@add_command(app, "commands", HELPS)
def commands(app: "App") -> "Report":
    """List every command with what it may do: whether it writes, whether it asks, how it may end; in JSON its options.

    Example: lmx commands -o json
    """
    from learnermax_cli.cli.commands import list_commands

    return list_commands(app, command_tree())


add_plain_command(app, "demo", LOCAL)(demo)
add_plain_command(app, "help", HELPS)(show_help)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"lmx {__version__}")
        raise typer.Exit


@app.callback()
def root(
    _version: Annotated[
        bool, typer.Option("--version", help="Show the version and exit.", is_eager=True, callback=_show_version)
    ] = False,
) -> None:
    """Take the options of lmx itself; its help is above."""


def run() -> NoReturn:
    """Run the command line of this process and exit."""
    if sys.stdin is None:  # it was closed
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: PTH123, SIM115 - as Python's own is
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # it was closed, as by `2>&-`
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115 - as Python's own are
        getattr(sys, name).reconfigure(encoding="utf-8", errors="backslashreplace")
    # botocore and requests ask urllib3 for it and silence its answer, each for all threads, and each ends that.
    warnings.filterwarnings("ignore", message="SOCKS support in urllib3")
    invocation = Invocation(environ=dict(os.environ), argv=tuple(sys.argv[1:]))
    code = _exit_code(invocation)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        discard(sys.stdout)
    except OSError as error:
        code = weightiest((Exit(code), Exit(_unwritten(invocation, error))))
    try:
        sys.stderr.flush()
    except OSError:  # a closed stderr does not change how a run ends
        discard(sys.stderr)
    sys.exit(code)


@cache
def command_tree() -> Callable[..., Any]:
    """Return all groups and commands with their options."""
    return get_command(app)


def _exit_code(invocation: Invocation) -> int:
    try:
        tree = command_tree()
        if "_LMX_COMPLETE" in invocation.environ or any("-completion" in word for word in invocation.argv):
            from learnermax_cli.cli.completion import register

            register()
        return int(tree(standalone_mode=False, obj=invocation) or 0)
    except LmxError as error:
        return _fail(invocation, error)
    except TyperException as error:
        message = error.message if getattr(error, "possibilities", None) else error.format_message()
        if not message:  # a group without a command has shown its help
            return int(Exit.USAGE)
        # Typer's own: "Invalid value for '-e': Value error, 'x' is not one of ...".
        message = message.replace("Value error, ", "")
        return _fail(invocation, UsageError(message, hint=_remedy(error, invocation.argv)))
    except SystemExit as end:
        # Typer makes an exit without a word of a closed pipe; a run looks after its own (`Console.show`).
        if invocation.app is not None or not isinstance(end.__context__, BrokenPipeError):
            raise
        discard(sys.stdout)  # whoever reads a help page has seen enough of it
        return int(Exit.OK)
    except Exception as error:  # noqa: BLE001 - a bug; its traceback is scrubbed like all other output
        if isinstance(error, OSError) and "--install-completion" in invocation.argv:
            message = f"completion cannot be installed: {error.filename or 'a file'}: {error.strerror}"
            hint = "Make it writable, or add what --show-completion prints to your shell's own startup file."
            return _fail(invocation, FailedError(message, hint=hint))
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _unwritten(invocation, error)  # files of its own it looks after where it writes them
        import traceback

        _console(invocation).trace(traceback.format_exc())
        bug = LmxError(
            f"unexpected {type(error).__name__}: {error}", hint="This is a bug in lmx: report it.", code="bug"
        )
        return _fail(invocation, bug)


def _unwritten(invocation: Invocation, error: OSError) -> int:
    """Report that stdout takes no more: the output is incomplete."""
    discard(sys.stdout)
    return _fail(invocation, unwritten(error))


def _remedy(error: TyperException, argv: tuple[str, ...]) -> str:
    """Return what to do about a command line that was not understood; it names at least a help page."""
    context = getattr(error, "ctx", None)
    words = _command_words(argv) if context is None else command_words(context)
    if getattr(error, "option_name", None) in OPTION_NAMES and hasattr(getattr(context, "command", None), "commands"):
        return f"Options stand after the command, as in lmx courses list -e sandbox. {see_help(words)}"
    return explain(error, words, " ".join(argv))


def _fail(invocation: Invocation, error: LmxError) -> int:
    command, run = invocation.command or _command_words(invocation.argv), invocation.app
    if run is None:
        _console(invocation).show_failure(command, error)
    else:
        run.console.show_failure(command, error, run.meter.reading(), run.place)
    return int(error.exit_code)


def _console(invocation: Invocation) -> Console:
    return invocation.console or Console(_manner(invocation.argv), invocation.environ)


def _manner(argv: tuple[str, ...]) -> Manner:
    # The command line was not understood; whether JSON was asked for can still be seen.
    text = " ".join(argv)
    wants_json = any(option in text for option in ("-o json", "-ojson", "--output json", "--output=json"))
    return Manner(format="json" if wants_json else "table", no_color="--no-color" in argv)


def _command_words(argv: tuple[str, ...]) -> str:
    words = []
    for word in argv:
        if word.startswith("-"):
            break
        words.append(word)
    return " ".join(words[:2])
