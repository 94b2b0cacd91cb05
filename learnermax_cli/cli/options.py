"""How help pages look, and the options that selling commands share."""

import os
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

if TYPE_CHECKING:
    from learnermax_cli.checkout.model import CheckoutRequest

User = Annotated[str, typer.Option("--user", metavar="USER_ID", help="The student's userId.")]
Revoke = Annotated[
    bool | None,
    typer.Option(
        "--revoke/--no-revoke",
        help="Take access away where the payment went back. Default: LMX_REVOKE, else no.",
        show_default=False,
    ),
]
"""Access follows the money; without it, or `LMX_REVOKE`, nothing is ever taken away."""


class CheckoutOptions(NamedTuple):
    """How a course is paid for; `add_command` makes an option of each field."""

    user: User
    ui: Annotated[
        Literal["hosted", "embedded"], typer.Option("--ui", help="Stripe's own page, or a form embedded in the site.")
    ] = "hosted"
    success_url: Annotated[
        str | None, typer.Option("--success-url", help="Hosted: where to go once paid. Default: from FRONTEND_URL.")
    ] = None
    cancel_url: Annotated[
        str | None,
        typer.Option("--cancel-url", help="Hosted: where to go back to. Default: the course's page on FRONTEND_URL."),
    ] = None
    return_url: Annotated[
        str | None, typer.Option("--return-url", help="Embedded: where to go once paid. Default: from FRONTEND_URL.")
    ] = None
    expires_in: Annotated[
        str, typer.Option("--expires-in", metavar="30m..24h", help="How long the session stays open.")
    ] = "24h"
    allow_promotion_codes: Annotated[
        bool, typer.Option("--allow-promotion-codes", help="Let the student enter a promotion code.")
    ] = False
    replace: Annotated[
        bool,
        typer.Option(
            "--replace", help="Start afresh where the former session failed, was refunded or is somebody else's."
        ),
    ] = False

    def request(self, course_id: str, *, dry_run: bool) -> "CheckoutRequest":
        """Return the checkout that is asked for; raises UsageError for a malformed --expires-in."""
        from learnermax_cli.checkout.model import CheckoutRequest, Form
        from learnermax_cli.checkout.plan_offer import read_expires_in

        form = Form(self.ui, self.success_url, self.cancel_url, self.return_url, self.allow_promotion_codes)
        return CheckoutRequest(course_id, self.user, form, read_expires_in(self.expires_in), dry_run, self.replace)


class _HelpPage:
    def format_help(self, ctx: Any, formatter: Any) -> None:
        _prepare(self.get_params(ctx))  # type: ignore[attr-defined]
        super().format_help(ctx, formatter)  # type: ignore[misc]


class HelpCommand(_HelpPage, TyperCommand):
    """A command with such a help page."""


class HelpGroup(_HelpPage, TyperGroup):
    """A group of commands with such a help page."""


def _prepare(parameters: list[Any]) -> None:
    from typer import rich_utils

    # Bold yellow, Typer's own, is not to be read on white.
    rich_utils.STYLE_TYPES = "magenta"
    rich_utils.STYLE_USAGE = "bold"
    rich_utils.STYLE_OPTION_ENVVAR = "dim"
    # One blank between columns, else the longest options are cut at 80; Typer's type is narrower than Rich's.
    setattr(rich_utils, "STYLE_OPTIONS_TABLE_PADDING", (0, 1, 0, 0))  # noqa: B010
    if not os.environ.get("FORCE_COLOR"):
        rich_utils.FORCE_TERMINAL = None  # Typer takes GitHub Actions for a terminal
    for parameter in parameters:
        if isinstance(parameter, TyperOption) and parameter.is_flag and parameter.metavar is None:
            parameter.metavar = ""  # a flag takes no <bool>
