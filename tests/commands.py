"""The commands that there are, read from the command tree itself, and a day at a platform in which each succeeds."""

import re
from functools import cache
from typing import Any

import typer

from learnermax_cli.cli.main import app
from tests.running import Sandbox

COURSE = "TEST-COURSE-003"
HOOK = "https://api.learnermax.example/api/webhooks/stripe"
# Pages for people, and an endless run, which has a test of its own.
WITHOUT_DOCUMENT = {("demo",), ("help",)}
ENDLESS = {("webhooks", "serve")}
# A day at a platform: each command once, in an order in which it succeeds; $ stands for the session made last.
DAY = (
    "sandbox start",
    "sandbox reset",
    "sandbox status",
    "sandbox env",
    "commands",
    "config",
    "courses seed",
    f"courses set-price {COURSE} 89.99",
    "courses list",
    "products sync --dry-run",
    "products sync --yes",
    "products list",
    "secrets push --yes --no-verify",
    "secrets push --yes",
    "secrets status",
    "secrets pull --dry-run",
    "webhooks create --url HOOK",
    "webhooks list",
    f"checkout link {COURSE} --user test-student",
    f"checkout create {COURSE} --user test-student --dry-run",
    f"checkout create {COURSE} --user test-student",
    "checkout show $",
    "sandbox pay $ --method delayed",
    "sandbox settle $",
    "enrollments reconcile --since 3d --dry-run",
    "enrollments reconcile --since 3d",
    "webhooks replay --since 3d",
    "sandbox dispute $ --amount 1.00",
    "enrollments reconcile --since 3d --exit-code",
    f"enrollments keep {COURSE} --user test-student --reason goodwill --yes",
    f"enrollments revoke {COURSE} --user test-student --reason test --yes",
    "enrollments list",
    "students show test-student",
    "students show $",
    "enrollments create TEST-COURSE-001 --user test-student",
    "enrollments create TEST-COURSE-005 --user test-student",
    "checkout expire $",
    "enrollments release TEST-COURSE-005 --user test-student --yes",
    "sandbox trigger checkout.session.completed --course TEST-COURSE-005 --user other",
    "sandbox promo SUMMER --amount-off 5.00",
    f"checkout create {COURSE} --user other",
    "sandbox pay $",
    "sandbox refund $",
    "checkout create TEST-COURSE-005 --user test-student",
    "sandbox expire $",
    "sandbox clock --advance 1h",
    "doctor",
    "secrets rollback --dry-run",
    "webhooks delete --url HOOK --yes",
)
ELSEWHERE = {("sandbox", "stop")}  # it would stop the sandbox of all tests


def command_paths() -> list[tuple[str, ...]]:
    """Return the words of every command, sorted."""
    return sorted(_paths(typer.main.get_command(app), ()))


def reaching_an_account(text: str) -> list[str]:
    """Return the commands in a text that would leave the sandbox if a reader pasted them."""
    named = _outside().findall(text)
    return [command for command in named if not re.search(r"\s-e\s+sandbox(?![\w-])", command)]


@cache
def _outside() -> re.Pattern[str]:
    words = sorted({path[0] for path in command_paths()} - {"sandbox", "demo", "commands", "help"})
    return re.compile(rf"\blmx (?:{'|'.join(words)})\b(?:(?!\blmx ).)*", re.DOTALL)


def _paths(command: Any, words: tuple[str, ...]) -> list[tuple[str, ...]]:
    inner = getattr(command, "commands", None)
    if inner is None:
        return [words]
    return [path for name, child in inner.items() for path in _paths(child, (*words, name))]


def put_keys(sandbox: Sandbox) -> None:
    """Put the sandbox's Stripe keys into the env file."""
    keys = {"STRIPE_SECRET_KEY": sandbox.info.secret_key}
    keys["NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"] = sandbox.info.publishable_key
    path = sandbox.cwd / ".env.local"
    path.touch(0o600)
    path.write_text("".join(f"{name}={key}\n" for name, key in keys.items()))
