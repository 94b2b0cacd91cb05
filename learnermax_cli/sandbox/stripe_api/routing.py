"""What a route of the API is, what its handler gets, and how a path finds its route."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from learnermax_cli.sandbox.stripe_api.errors import unrecognized_url
from learnermax_cli.sandbox.stripe_api.keys import Key
from learnermax_cli.sandbox.stripe_api.state import StripeState
from learnermax_cli.sandbox.stripe_api.store import Data, Object

Method = Literal["GET", "POST", "DELETE"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request at the moment it is carried out, under the lock: typed parameters, the account's data, the time.

    `origin` is where the sandbox was reached, `request` what an event says about the request that caused it.
    """

    state: StripeState
    key: Key
    path: str
    path_params: dict[str, str]
    params: dict[str, Any]
    now: int
    origin: str = ""
    request: Object = field(default_factory=dict)

    @property
    def data(self) -> Data:
        """Return what the key's account has in the key's mode."""
        return self.state.data(self.key.account, self.key.livemode)

    @property
    def livemode(self) -> bool:
        """Return whether the key is one for live data."""
        return self.key.livemode


Handler = Callable[[Call], Object]


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: its parameters are one of the SDK's types, its answer one object, or a list, of `kind`."""

    method: Method
    template: str
    params: type
    handler: Handler
    kind: str
    is_list: bool = False
    permission: str = ""

    @property
    def operation(self) -> str:
        """Return the name of the endpoint in journal, faults and rate limits."""
        return f"{self.method} {self.template}"

    @property
    def write(self) -> bool:
        """Return whether the endpoint changes anything."""
        return self.method != "GET"

    @property
    def resource(self) -> str:
        """Return the resource that a restricted key needs a permission for."""
        return self.permission or self.kind


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._exact: dict[tuple[str, str], Route] = {
            (route.method, route.template): route for route in routes if "{" not in route.template
        }
        self._patterns = [
            (route, re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", route.template)))
            for route in routes
            if "{" in route.template
        ]

    def find(self, method: str, path: str) -> tuple[Route, dict[str, str]]:
        """Return the route and what its path holds; raises Stripe's 404."""
        exact = self._exact.get((method, path))
        if exact is not None:
            return exact, {}
        for route, pattern in self._patterns:
            if route.method == method and (matched := pattern.fullmatch(path)):
                return route, matched.groupdict()
        raise unrecognized_url(method, path)
