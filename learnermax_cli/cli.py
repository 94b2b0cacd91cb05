"""The command tree; errors become exit codes here and nowhere else."""

import os
import sys
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from learnermax_cli import __version__
from learnermax_cli.checkout.commands import group as checkout
from learnermax_cli.command import Invocation, command_words
from learnermax_cli.console import Console, Manner
from learnermax_cli.courses.commands import group as courses
from learnermax_cli.doctor.commands import add_doctor
from learnermax_cli.enrollments.commands import group as enrollments
from learnermax_cli.errors import Exit, LmxError, UsageError
from learnermax_cli.help_pages import HelpCommand, HelpGroup
from learnermax_cli.products.commands import group as products
from learnermax_cli.sandbox.commands import demo
from learnermax_cli.sandbox.commands import group as sandbox
from learnermax_cli.secrets.commands import group as secrets
from learnermax_cli.webhooks.commands import group as webhooks

app = typer.Typer(
    name="lmx",
    help="Administration toolkit of LearnerMax: Stripe keys, products and prices, enrollments.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    cls=HelpGroup,
    epilog="Try it without an account: lmx demo",
)
_GROUPS = (
    (secrets, "secrets", "lmx secrets status"),
    (courses, "courses", "lmx courses list"),
    (products, "products", "lmx products sync --dry-run"),
    (checkout, "checkout", "lmx checkout create TEST-COURSE-003 --user user-1"),
    (enrollments, "enrollments", "lmx enrollments reconcile --since 3d --dry-run"),
    (webhooks, "webhooks", "lmx webhooks list"),
    (sandbox, "sandbox", "lmx sandbox start && lmx courses seed -e sandbox"),
)
for _group, _name, _example in _GROUPS:
    app.add_typer(_group, name=_name, cls=HelpGroup, epilog=f"Example: {_example}")
add_doctor(app)
app.command("demo", cls=HelpCommand)(demo)


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
    """Administration toolkit of LearnerMax: Stripe keys, products and prices, enrollments.

    Try it without an account: lmx demo
    """


def run() -> NoReturn:
    """Run the command line of this process and exit."""
    sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    sys.stderr.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    invocation = Invocation(environ=dict(os.environ), argv=tuple(sys.argv[1:]))
    code = _exit_code(invocation)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


def _exit_code(invocation: Invocation) -> int:
    try:
        return int(app(standalone_mode=False, obj=invocation) or 0)
    except LmxError as error:
        return _fail(invocation, error)
    except TyperException as error:
        message = error.format_message()
        if not message:  # a group without a command has shown its help
            return int(Exit.USAGE)
        # Typer's own: "Invalid value for '-e': Value error, 'x' is not one of ...".
        message = message.replace("Value error, ", "")
        return _fail(invocation, UsageError(message, hint=f"See {_page(error, invocation.argv)}."))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(Exit.FAILED)
    except Exception as error:  # noqa: BLE001 - a bug; its traceback is scrubbed like all other output
        import traceback

        _voice(invocation).trace(traceback.format_exc())
        bug = LmxError(
            f"unexpected {type(error).__name__}: {error}", hint="This is a bug in lmx: report it.", code="bug"
        )
        return _fail(invocation, bug)


def _page(error: TyperException, argv: tuple[str, ...]) -> str:
    """Return the command line of the help page that tells how it is meant."""
    context = getattr(error, "ctx", None)
    words = _command_words(argv) if context is None else command_words(context)
    return " ".join(("lmx", *words.split(), "--help"))


def _fail(invocation: Invocation, error: LmxError) -> int:
    _voice(invocation).show_failure(invocation.command or _command_words(invocation.argv), error)
    return int(error.exit_code)


def _voice(invocation: Invocation) -> Console:
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
