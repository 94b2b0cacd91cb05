"""Stripe's error object, and the constructors that pair a status with a type and a code.

On the wire there are four types only; that a key is refused or a limit reached shows in the status
[doc Errors; stripe-python `_api_requestor.py`].
"""

from dataclasses import dataclass, field

_DOC_URL = "https://stripe.com/docs/error-codes/"


@dataclass(frozen=True, slots=True)
class ErrorBody:
    """One error of the API; `stored` means it came from work that had begun, so its idempotency key keeps it."""

    status: int
    message: str
    type: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    stored: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    def to_json(self, request_log_url: str | None) -> dict[str, object]:
        """Return Stripe's envelope; attributes without a value are left out, as Stripe does."""
        doc_url = _DOC_URL + self.code.replace("_", "-") if self.code else None
        fields = {
            "code": self.code,
            "doc_url": doc_url,
            "message": self.message,
            "param": self.param,
            "request_log_url": request_log_url,
            "type": self.type,
        }
        return {"error": {name: value for name, value in fields.items() if value is not None}}


class StripeApiError(Exception):
    """Ends a request with an error."""

    def __init__(self, body: ErrorBody) -> None:
        super().__init__(body.message)
        self.body = body


def invalid(message: str, param: str | None = None, code: str | None = None) -> StripeApiError:
    """Build the 400 of a request that is wrong by itself; never kept under an idempotency key."""
    return StripeApiError(ErrorBody(400, message, code=code, param=param))


def refused(message: str, param: str | None = None, code: str | None = None) -> StripeApiError:
    """Build the 400 of a request that what is stored does not allow; kept under its idempotency key."""
    return StripeApiError(ErrorBody(400, message, code=code, param=param, stored=True))


def resource_missing(kind: str, object_id: str, param: str, status: int = 404) -> StripeApiError:
    """Build the error for an unknown id: 404 when it is the path's, 400 when it is a parameter's."""
    message = f"No such {kind}: '{object_id}'"
    return StripeApiError(ErrorBody(status, message, code="resource_missing", param=param, stored=True))


def unrecognized_url(method: str, path: str) -> StripeApiError:
    """Build the 404 for a path that is no endpoint."""
    message = (
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at "
        "https://support.stripe.com/."
    )
    return StripeApiError(ErrorBody(404, message))


def exclusive(params: list[str]) -> StripeApiError:
    """Build the 400 for parameters of which only one may be given."""
    message = f"You may only specify one of these parameters: {', '.join(params)}."
    return invalid(message, params[0], "parameters_exclusive")


def not_permitted(message: str, code: str | None = None) -> StripeApiError:
    """Build the 403 of a key that is valid but may not do this."""
    return StripeApiError(ErrorBody(403, message, code=code))
