"""The options that several commands share, and what no option may hold."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from learnermax_cli.core.errors import UsageError
from learnermax_cli.core.ownership import id_flaw
from learnermax_cli.core.remedy import lmx

if TYPE_CHECKING:
    from learnermax_cli.checkout.model import CheckoutRequest

User = Annotated[str, typer.Option("--user", metavar="USER", help="The student: user id or e-mail address.")]
Revoke = Annotated[
    bool | None,
    typer.Option(
        "--revoke/--no-revoke",
        help="Take access away where the payment went back. Default: LMX_REVOKE, else no.",
        show_default=False,
    ),
]
"""Access follows the money; without it, or `LMX_REVOKE`, nothing is ever taken away."""

_IDS: Mapping[str, Literal["course", "user"]] = {"course_id": "course", "course": "course", "user": "user"}
"""The arguments and options that name a course or a student."""

UNSET = "Give it one; is a shell variable unset?"
"""What to do about an empty value."""


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


def require_filled(ctx: typer.Context, given: Mapping[str, Any]) -> None:
    """Raise UsageError for a value that is blank, or that no course or student can have."""
    for parameter in ctx.command.params:
        value = given.get(parameter.name or "")
        for text in value if isinstance(value, list | tuple) else [value]:
            if text == Path():  # an empty text, too
                raise UsageError(f"{_name(parameter)} needs the name of a file", hint=UNSET)
            if isinstance(text, str):
                _require_usable(parameter, text)


def _name(parameter: Any) -> str:
    """Return what the help page calls an option or argument."""
    name: str = max(parameter.opts, key=len)
    return name if name.startswith("-") else str(parameter.metavar or name.upper())


def _require_usable(parameter: Any, text: str) -> None:
    name = _name(parameter)
    if not text.strip():
        # An empty text is a shell variable that was not set; it must not mean "all", nor the default.
        raise UsageError(f"{name} needs a value", hint=UNSET)
    kind = None if parameter.name == "user" and "@" in text else _IDS.get(parameter.name)
    if kind is not None and "cs_" in text:
        _require_no_session(name, text)
    if kind is not None and (flaw := id_flaw(kind, text)) is not None:
        raise UsageError(f"{name} {flaw}", hint=f"Check the {kind}'s id: no item of the table can have this one.")
    if not name.endswith("url") and text.encode(errors="replace").decode() != text:  # URLs have rules of their own
        raise UsageError(f"{name} is not valid UTF-8", hint="Check the encoding of the terminal or of the script.")


def _require_no_session(name: str, text: str) -> None:
    from learnermax_cli.enrollments.model import named_session, usable_session_id

    session_id = named_session(text)
    if usable_session_id(session_id):
        raise UsageError(f"{name} names a session of Stripe", hint="Whose it is: " + lmx("students show", session_id))
