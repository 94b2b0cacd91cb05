"""The options of a checkout from flags and settings: URLs, form, and how long a session is good for."""

from datetime import timedelta
from urllib.parse import quote

from learnermax_cli.checkout.model import Form, GivenForm, Ui
from learnermax_cli.config.settings import Settings
from learnermax_cli.core.errors import ConfigError, UsageError
from learnermax_cli.core.times import read_duration
from learnermax_cli.core.urls import is_absolute

# [stripe.params SessionCreateParams.expires_at]: 30 minutes to 24 hours after the session is created.
SHORTEST = timedelta(minutes=30)
LONGEST = timedelta(hours=24)
_SESSION_ID = "{CHECKOUT_SESSION_ID}"  # Stripe puts the id in its place [doc "Custom success page"]


def read_form(given: GivenForm, settings: Settings, course_id: str) -> Form:
    """Return the form to request; raises UsageError for URLs that do not fit, ConfigError without FRONTEND_URL."""
    if given.ui == "embedded":
        _require_none(given.ui, ("--success-url", given.success_url), ("--cancel-url", given.cancel_url))
        return_url = _url("--return-url", given.return_url) or _return_page(settings, "--return-url")
        return Form("embedded", None, None, return_url, given.allow_promotion_codes)
    _require_none(given.ui, ("--return-url", given.return_url))
    success_url = _url("--success-url", given.success_url) or _return_page(settings, "--success-url")
    site = _site(settings)
    cancel_url = _url("--cancel-url", given.cancel_url)
    if cancel_url is None and site is not None:
        cancel_url = f"{site}/courses/{quote(course_id, safe='')}"
    return Form("hosted", success_url, cancel_url, None, given.allow_promotion_codes)


def link_return_url(settings: Settings) -> str | None:
    """Return the page that a link's buyers are sent to; without FRONTEND_URL they stay on Stripe's."""
    return None if _site(settings) is None else _return_page(settings, "FRONTEND_URL")


def read_expires_in(text: str) -> timedelta:
    """Return a duration such as 45m, 2h or 1h30m; raises UsageError beyond Stripe's 30 minutes to 24 hours."""
    return read_duration(text, "--expires-in", SHORTEST, LONGEST, example="30m, 2h or 1h30m")


def _return_page(settings: Settings, option: str) -> str:
    site = _site(settings)
    if site is None:
        raise ConfigError(
            "FRONTEND_URL is not set, so there is no page to return to",
            hint=f"Set FRONTEND_URL to the site's address, or pass {option}.",
            code="config.frontend_url",
        )
    return f"{site}/enrollment/return?session_id={_SESSION_ID}"


def _site(settings: Settings) -> str | None:
    if settings.frontend_url is None:
        return None
    if not is_absolute(settings.frontend_url):
        raise ConfigError(
            f"FRONTEND_URL is {settings.frontend_url!r}, not an absolute URL",
            hint="Set it to the site's address, such as https://learnermax.example.",
            code="config.frontend_url",
        )
    return settings.frontend_url.rstrip("/")


def _url(option: str, text: str | None) -> str | None:
    if text is not None and not is_absolute(text):
        raise UsageError(f"{option} is {text!r}, not an absolute URL", hint="Give a URL with https:// and a host.")
    return text


def _require_none(ui: Ui, *options: tuple[str, str | None]) -> None:
    for option, value in options:
        if value is not None:
            raise UsageError(f"{option} does not go with --ui {ui}", hint=_FITTING[ui])


_FITTING = {
    "embedded": "An embedded form takes only --return-url.",
    "hosted": "Stripe's own page takes --success-url and --cancel-url.",
}
