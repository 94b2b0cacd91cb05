"""What a failure that lmx tells is: how it comes about, how it ends, and its two lines."""

import shlex
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.running import Sandbox

World = Callable[[Sandbox], Mapping[str, Any] | None]
"""Puts things in place; returns words that the arguments and the lines may name, and `env`, more variables."""

USER = "user-7"
SESSION = "cs_test_" + "a1" * 29
URL = "https://api.learnermax.example/api/webhooks/stripe"
PREVIEW: Mapping[str, str | None] = {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": None}
PROD: Mapping[str, str | None] = {"EDUCATION_TABLE_NAME": None, "TRANSACTIONAL_EMAIL_TOPIC_ARN": None}
HOSTILE = "no[red]such[/red]\x1b[31m\u202e課程🎓\n::error::x"
HARMLESS = "no[red]such[/red]\\x1b[31m\\u202e課程🎓\\n::error::x"
_WORDS = {"hostile": HOSTILE, "harmless": HARMLESS, "request": "$request"}


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure; $words in its texts stand for what the world has put in place."""

    command: str
    exit_code: int
    error: str
    remedy: str
    world: World | None = None
    env: Mapping[str, str | None] = field(default_factory=dict)

    def prepare(self, sandbox: Sandbox) -> "Provoked":
        """Put its world in place and return what to run, and what is to be said."""
        found = (self.world(sandbox) if self.world else None) or {}
        words = {**_WORDS, **{name: word for name, word in found.items() if name != "env"}}
        told = {"account": sandbox.info.stripe_account, **words}
        args = tuple(string.Template(word).substitute(words) for word in shlex.split(self.command))
        lines = (f"Error: {self.error}", f"  {self.remedy}")
        env = {**self.env, **found.get("env", {})}
        return Provoked(args, env, [string.Template(line).substitute(told) for line in lines])


@dataclass(frozen=True, slots=True)
class Provoked:
    """What to run, and the two lines to be said."""

    args: tuple[str, ...]
    env: Mapping[str, str | None]
    lines: list[str]


def all_of(*worlds: World) -> World:
    """Return a world made of others, put in place in this order."""

    def world(sandbox: Sandbox) -> Mapping[str, Any]:
        found: dict[str, Any] = {}
        for part in worlds:
            found.update(part(sandbox) or {})
        return found

    return world


def broken(service: str, operation: str = "*", *, status: int = 400, **fault: object) -> World:
    """Return a world in which requests to a service fail from now on."""

    def world(sandbox: Sandbox) -> None:
        sandbox.control.add_fault("error", service=service, operation=operation, status=status, times=None, **fault)

    return world


def holding(name: str, text: str) -> World:
    """Return a world with a file where lmx runs."""

    def world(sandbox: Sandbox) -> None:
        (sandbox.cwd / name).write_text(text, encoding="utf-8")

    return world
