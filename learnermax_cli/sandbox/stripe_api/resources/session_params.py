"""Which parameters of a new checkout session exclude or require each other [SDK `SessionCreateParams`]."""

from collections.abc import Mapping
from typing import Any

from learnermax_cli.sandbox.stripe_api.errors import exclusive, invalid
from learnermax_cli.sandbox.stripe_api.resources.customers import require_email
from learnermax_cli.sandbox.stripe_api.resources.urls import require_url

HOSTED = "hosted_page"
MIN_LIFE_SECONDS = 30 * 60
MAX_LIFE_SECONDS = 24 * 60 * 60
MAX_LINE_ITEMS = 100
_URLS = ("cancel_url", "return_url", "success_url")


def check_session_params(params: Mapping[str, Any], now: int) -> None:
    """Raise Stripe's error for parameters that cannot be combined."""
    _check_mode(params)
    _check_urls(params)
    _check_customer(params)
    _check_expiry(params, now)


def ui_mode_of(params: Mapping[str, Any]) -> str:
    """Return the form of the session; without the parameter it is the hosted page."""
    mode: str = params.get("ui_mode", HOSTED)
    return mode


def _check_mode(params: Mapping[str, Any]) -> None:
    mode = params.get("mode", "payment")
    items = params.get("line_items")
    if mode == "setup" and items:
        raise invalid("You can not pass `line_items` in `setup` mode.", "line_items")
    if mode == "subscription":
        message = "You must provide at least one recurring price in `subscription` mode when using prices."
        raise invalid(message, "mode")
    if mode != "payment":
        raise invalid(f"This account cannot create Checkout Sessions in `{mode}` mode.", "mode")
    if not items:
        raise invalid("The `line_items` parameter is required in payment mode.", "line_items", "parameter_missing")
    if len(items) > MAX_LINE_ITEMS:
        raise invalid(f"You can specify at most {MAX_LINE_ITEMS} line items in `payment` mode.", "line_items")


def _check_urls(params: Mapping[str, Any]) -> None:
    mode, redirect = ui_mode_of(params), params.get("redirect_on_completion", "always")
    for name in _URLS:
        if name in params:
            require_url(params[name], name)
    if mode == HOSTED:
        _refuse(params, f"ui_mode: {mode}", "redirect_on_completion", "return_url")
        _need(params, "success_url")
        return
    _refuse(params, f"ui_mode: {mode}", "cancel_url", "success_url")
    if redirect == "never":
        _refuse(params, "redirect_on_completion: never", "return_url")
    else:
        _need(params, "return_url")


def _check_customer(params: Mapping[str, Any]) -> None:
    for other in ("customer_email", "customer_creation", "customer_account"):
        if "customer" in params and other in params:
            raise exclusive(["customer", other])
    if "customer_update" in params and "customer" not in params:
        raise invalid("`customer_update` can only be used with `customer`.", "customer_update")
    if "customer_email" in params:
        require_email(params["customer_email"], "customer_email")


def _check_expiry(params: Mapping[str, Any], now: int) -> None:
    """Check the bounds as Stripe words them: at least 30 minutes, less than 24 hours; since 2024-10 without `param`."""
    expires_at = params.get("expires_at", now + MIN_LIFE_SECONDS)
    if expires_at < now + MIN_LIFE_SECONDS:
        message = "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation."
        raise invalid(message)
    if expires_at >= now + MAX_LIFE_SECONDS:
        message = "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation."
        raise invalid(message)


def _refuse(params: Mapping[str, Any], reason: str, *names: str) -> None:
    given = [name for name in names if name in params]
    if given:
        raise invalid(f"The following parameters are not supported with '{reason}': {', '.join(given)}.", given[0])


def _need(params: Mapping[str, Any], name: str) -> None:
    if name not in params:
        raise invalid(f"Missing required param: {name}.", name, "parameter_missing")
