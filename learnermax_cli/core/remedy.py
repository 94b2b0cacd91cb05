"""Remedies as values: the commands that a text names, completed with the options of the run where they are shown.

Only what was made with `lmx` is completed. Text from the table or from Stripe is never searched for commands.
"""

from collections.abc import Iterable
from shlex import quote
from typing import NamedTuple


class _Command(NamedTuple):
    words: str
    own_environment: bool

    def __str__(self) -> str:
        return self.words


class Advice(str):
    """A text with commands in it. As a `str` it shows them without the options of any run.

    `+` with other texts keeps the commands; an f-string loses them, so build advice with `+`, `join` and `lmx` alone.
    """

    _parts: tuple[str | _Command, ...]

    def __new__(cls, *parts: str | _Command) -> "Advice":
        """Return the text that the parts make together."""
        self = super().__new__(cls, "".join(map(str, parts)))
        self._parts = parts
        return self

    def completed(self, options: str) -> str:
        """Return the text with `options`, such as " -e prod", behind each command that names no environment itself."""
        return "".join(
            part if isinstance(part, str) else part.words + ("" if part.own_environment else options)
            for part in self._parts
        )

    def __add__(self, other: str) -> "Advice":
        return Advice(*self._parts, *_parts_of(other))

    def __radd__(self, other: str) -> "Advice":
        return Advice(*_parts_of(other), *self._parts)


def lmx(command: str, *words: str, own_environment: bool = False) -> Advice:
    """Return a command to paste: `command` as it stands, `words` (options and ids) quoted for a shell."""
    return Advice(_Command(" ".join(("lmx", command, *map(quote, words))), own_environment))


def join(separator: str, texts: Iterable[str]) -> Advice:
    """Join texts as `str.join` does, and keep the commands in them."""
    joined = Advice()
    for number, text in enumerate(texts):
        joined += (separator if number else "") + text
    return joined


def completed_text(text: str, options: str) -> str:
    """Return a text with its commands completed."""
    return text.completed(options) if isinstance(text, Advice) else text


def alike(word: str, names: Iterable[str]) -> str | None:
    """Return the name that may have been meant by a word, in capitals or not; None where none is like it."""
    from difflib import get_close_matches

    word, known = word.lower(), sorted(names)
    near = get_close_matches(word, known, n=1) or [name for name in known if word.startswith(name)]
    return next(iter(near), None)


def reconcile_one(course_id: str, user_id: str, *flags: str) -> Advice:
    """Return the command that settles one enrollment."""
    return lmx("enrollments reconcile", "--course", course_id, "--user", user_id, *flags)


def release_one(course_id: str, user_id: str, *flags: str) -> Advice:
    """Return the command that releases one enrollment."""
    return lmx("enrollments release", course_id, "--user", user_id, *flags)


def keep_one(course_id: str, user_id: str, reason: str) -> Advice:
    """Return the command that lets a student stay in."""
    return lmx("enrollments keep", course_id, "--user", user_id, "--reason", reason)


def revoke_one(course_id: str, user_id: str, reason: str) -> Advice:
    """Return the command that takes a student's access away."""
    return lmx("enrollments revoke", course_id, "--user", user_id, "--reason", reason)


def claim_one(course_id: str, user_id: str, session_id: str) -> Advice:
    """Return the command that makes a paid session a student's."""
    return lmx("enrollments create", course_id, "--user", user_id, "--session", session_id)


def sync_one(course_id: str, *flags: str) -> Advice:
    """Return the command that syncs one course."""
    return lmx("products sync", "--course", course_id, *flags)


def _parts_of(text: str) -> tuple[str | _Command, ...]:
    return text._parts if isinstance(text, Advice) else (text,)  # noqa: SLF001 - of its own class
