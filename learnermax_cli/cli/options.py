"""The options that selling commands share, as Typer reads them; imports nothing else, so that --help stays fast."""

from typing import Annotated, Literal

import typer

User = Annotated[str, typer.Option("--user", metavar="USER_ID", help="The student's userId.")]
UiOption = Annotated[
    Literal["hosted", "embedded"], typer.Option("--ui", help="Stripe's own page, or a form embedded in the site.")
]
SuccessUrl = Annotated[
    str | None, typer.Option("--success-url", help="Hosted: where to go once paid. Default: from FRONTEND_URL.")
]
CancelUrl = Annotated[
    str | None,
    typer.Option("--cancel-url", help="Hosted: where to go back to. Default: the course's page on FRONTEND_URL."),
]
ReturnUrl = Annotated[
    str | None, typer.Option("--return-url", help="Embedded: where to go once paid. Default: from FRONTEND_URL.")
]
ExpiresIn = Annotated[str, typer.Option("--expires-in", metavar="30m..24h", help="How long the session is good for.")]
Promotion = Annotated[bool, typer.Option("--allow-promotion-codes", help="Let the student enter a promotion code.")]
