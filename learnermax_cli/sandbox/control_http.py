"""Calls a sandbox's control routes; standard library only."""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any


class SandboxError(Exception):
    """The sandbox refused a control request or does not answer; `reason` is the refusal alone."""

    def __init__(self, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.reason = reason or message


class ControlHttp:
    """JSON over HTTP to the control routes of one sandbox, past any proxy."""

    def __init__(self, base_url: str, timeout: float = 10.0) -> None:
        self._base_url = base_url.rstrip("/") + "/_sandbox"
        self._timeout = timeout
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def _call(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, timeout: float | None = None
    ) -> dict[str, Any]:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(  # noqa: S310 - a sandbox on loopback
            self._base_url + path, data=data, method=method
        )
        try:
            with self._opener.open(request, timeout=timeout or self._timeout) as response:
                answer: dict[str, Any] = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            text = error.read().decode(errors="replace")
            raise SandboxError(f"{method} {path}: {error.code} {text}", _reason(text)) from error
        except (OSError, ValueError) as error:
            raise SandboxError(f"{method} {path}: {error}") from error


def _reason(text: str) -> str:
    try:
        return str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        return text
