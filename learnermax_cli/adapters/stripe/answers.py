"""What is an answer of Stripe, and what only looks like one: a proxy's page, a part, another object, other types."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from types import NoneType, UnionType
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints
from urllib.parse import unquote

import stripe

from learnermax_cli.core.errors import FailedError
from learnermax_cli.core.text_safety import brief

Raw = Mapping[str, Any]
T = TypeVar("T")
_WRONG_SHAPE = (KeyError, IndexError, TypeError, AttributeError, ValueError, ArithmeticError, RecursionError)

_PATHS = {"account", "charges", "checkout/sessions", "customers", "disputes", "events", "payment_intents"}
_PATHS |= {"payment_links", "prices", "products", "refunds", "webhook_endpoints"}
"""What can be asked for; in the singular it is the `object` of what comes [stripe]."""


class NoAnswerError(stripe.APIConnectionError):
    """What came is no answer of Stripe, or not that of the request."""

    def __init__(self, how: str) -> None:
        super().__init__(how)  # type: ignore[no-untyped-call]


class AnswerTimeoutError(NoAnswerError):
    """No complete answer came in time."""


class NoConnectionError(stripe.APIConnectionError):
    """No answer came from the host of a URL."""

    def __init__(self, url: str, error: stripe.APIConnectionError) -> None:
        super().__init__(str(error))  # type: ignore[no-untyped-call]
        self.url = url
        self.__cause__ = error.__cause__


def find_flaw(method: str, path: str, status: int, body: Any) -> str | None:
    """Return why a body is not Stripe's answer to a request; None when it is."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return "not JSON"
    if not isinstance(answer, dict):
        return "not a JSON object"
    if status >= 300:
        return None if _is_error(answer.get("error")) else "no error of Stripe's"
    kind, rest = _about(path)
    if kind is None:
        return None
    if method == "get" and rest in ([], ["search"]) and kind != "account":
        return _flaw_of_list(answer, kind, "search_result" if rest else "list")
    if answer.get("object") != kind or not isinstance(answer.get("id"), str):
        return f"not a {kind}"
    return None if not rest or answer["id"] == unquote(rest[0]) else f"another {kind}"


def _is_error(error: Any) -> bool:
    if not isinstance(error, dict) or not isinstance(error.get("type"), str):
        return False
    return all(isinstance(error.get(name), str | None) for name in ("code", "message", "param"))


def _about(path: str) -> tuple[str | None, list[str]]:
    """Return what a path such as v1/products/prod_1 is about, and the parts after that."""
    parts = path.split("/")[1:]
    for length in (1, 2):
        if (path := "/".join(parts[:length])) in _PATHS:
            return path.replace("/", ".").removesuffix("s"), parts[length:]
    return None, []


def _flaw_of_list(answer: Mapping[str, Any], kind: str, name: str) -> str | None:
    data = answer.get("data")
    if answer.get("object") != name or not isinstance(data, list) or not isinstance(answer.get("has_more"), bool):
        return "not a list"
    good = all(isinstance(one, dict) and one.get("object") == kind and isinstance(one.get("id"), str) for one in data)
    return None if good else f"not a list of {kind}s"


def error_code(body: Any) -> str | None:
    """Return the code of an error; None where it has none."""
    code: str | None = json.loads(body)["error"].get("code")
    return code


def read_as(parse: Callable[[Raw], T], raw: Raw) -> T:
    """Return what `parse` makes of an object; raises FailedError where a value is of another type than documented."""
    with as_documented(f"{raw.get('object')} {raw.get('id')}" if isinstance(raw, dict) else "an object"):
        value = parse(raw)
        require_types(value)
    return value


@contextmanager
def as_documented(what: str) -> Iterator[None]:
    """Raise FailedError where reading an answer fails, since its values are of other types than documented."""
    try:
        yield
    except _WRONG_SHAPE as error:
        raise FailedError(
            f"Stripe's answer is not as documented: {what} ({type(error).__name__}: {error})",
            hint="Run the command again. If it fails again, look at the object in the Dashboard.",
            code="failed.answer",
        ) from error


def text(value: Any) -> str:
    """Return a text; raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{brief(value)} is no text")
    return value


def texts(value: Any) -> tuple[str, ...]:
    """Return a list of texts; raises TypeError for anything else."""
    if not isinstance(value, list):
        raise TypeError(f"{brief(value)} is no list")
    return tuple(text(one) for one in value)


def require_types(value: object) -> None:
    """Raise TypeError where a field of a dataclass or named tuple has another type than it is declared with."""
    for name, annotation, plain in _fields(cast("Any", type(value))):
        found = getattr(value, name)
        if type(found) not in plain and not _fits(found, annotation):
            raise TypeError(f"{name} is {brief(found)}")


@cache
def _fields(cls: type) -> tuple[tuple[str, Any, frozenset[type]], ...]:
    """Return the fields of a class with their types, and of these the ones that need no further look."""
    simple = {str, int, bool, NoneType}
    return tuple(
        (name, annotation, frozenset(simple & {NoneType if part is None else part for part in _parts(annotation)}))
        for name, annotation in get_type_hints(cls).items()
    )


def _parts(annotation: Any) -> tuple[Any, ...]:
    return get_args(annotation) if get_origin(annotation) in (Union, UnionType) else (annotation,)


def _fits(value: object, annotation: Any) -> bool:
    origin, args = get_origin(annotation), get_args(annotation)
    if origin in (Union, UnionType):
        return any(_fits(value, part) for part in args)
    if origin is Literal:
        return value in args
    if origin is tuple:
        return isinstance(value, tuple) and all(_fits(part, args[0]) for part in value)
    if origin is not None:
        of_dict = isinstance(value, dict) and all(_fits(k, args[0]) and _fits(v, args[1]) for k, v in value.items())
        return of_dict if issubclass(origin, Mapping) else isinstance(value, origin)
    if annotation is int:
        return type(value) is int
    if annotation is not Any and not isinstance(value, annotation):
        return False
    require_types(value)
    return True
