"""The options that several commands share."""

from typing import TYPE_CHECKING, Annotated, Literal, NamedTuple

import typer

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
