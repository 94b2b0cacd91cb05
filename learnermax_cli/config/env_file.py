"""Env files: read without touching the process environment, and rewritten so that every other line stays as it was."""

import errno
import os
import re
import stat
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import StringIO
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

from learnermax_cli.config.keys import ENV_FILE_NAMES, KEY_START
from learnermax_cli.core.errors import ConfigError

if TYPE_CHECKING:
    from dotenv.parser import Binding

# A line that can't be understood matters when it is about one of ours, or holds a key that got onto a line of its own;
# others belong to other programs, and to Docker a name alone means that of the process.
_OURS = re.compile(
    rf"\s*(?:export\s+)?'?(?:STRIPE_|NEXT_PUBLIC_STRIPE_|LMX_|(?:{'|'.join(ENV_FILE_NAMES)})\b)|.*\b(?:{KEY_START})",
    re.DOTALL,
)
_ASSIGNMENT = re.compile(
    r"""(?P<head>\s*(?:export[^\S\r\n]+)?(?:'[^']+'|[^=\#\s]+)[^\S\r\n]*=[^\S\r\n]*)
        (?P<value>(?<=[^\S\r\n])(?=\#)|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*"|(?:(?!\s+\#|\s*[\r\n]|\s*$)[^\r\n])*)
        (?P<rest>.*)""",
    re.VERBOSE | re.DOTALL,
)
# An env file has some kilobytes; the parser takes minutes for some megabytes.
_MOST_BYTES = 1 << 20
PIPE_SECONDS = 5
_PAUSE = 0.05
_PLAIN = re.compile(r"[A-Za-z0-9_+/=.-]+")
_BOM = "\ufeff"


@dataclass(frozen=True, slots=True)
class EnvFile:
    """An env file that was read; its values may be keys, so they are never shown."""

    path: Path
    values: Mapping[str, str] = field(repr=False)


def read_env_file(path: Path) -> EnvFile:
    """Return the values of an env file, without interpolation; raises ConfigError when it cannot be read."""
    return EnvFile(path, env_values(read_env_text(path), path))


def read_env_text(path: Path) -> str:
    """Return an env file as it stands, line ends included; raises ConfigError when it cannot be read."""
    try:
        return read_whole(path, _MOST_BYTES).decode("utf-8")
    except FileNotFoundError:
        hint = f"Name an existing file with --env-file, or make this one: cp .env.example {quote(str(path))}"
        raise ConfigError(f"env file {path} does not exist", hint=hint, code="config.env_file") from None
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise ConfigError(
            f"env file {path} cannot be read: {reason}",
            hint="Check its permissions and content, or name another with --env-file.",
            code="config.env_file",
        ) from None


def read_whole(path: Path, most: int) -> bytes:
    """Return what a file, a device or a pipe holds; raises OSError beyond `most` bytes, or where a pipe stays open.

    What comes through a pipe is waited for a few seconds: perhaps nobody writes to it.
    """
    deadline = time.monotonic() + PIPE_SECONDS
    content = bytearray()
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0) as file:
        is_pipe = stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)
        while len(content) <= most:
            part = file.read(1 << 16)
            if part:
                content += part
            elif part == b"" and (content or not is_pipe):
                return bytes(content)
            elif time.monotonic() > deadline:
                raise TimeoutError(errno.ETIMEDOUT, f"nothing complete came through it within {PIPE_SECONDS} s")
            else:  # no writer yet, or one that has not written yet
                time.sleep(_PAUSE)
    raise OSError(errno.EFBIG, f"it has more than {most >> 20} MB")


def env_values(text: str, path: Path) -> dict[str, str]:
    """Return the values in a text, the last of several; raises ConfigError, with the line, for a broken one of ours."""
    values, alone = {}, []
    for binding in _bindings(text):
        ours = _OURS.match(binding.original.string) is not None
        if binding.error and ours:
            raise ConfigError(
                f"env file {path} can't be understood at line {_first_line(binding)}",
                hint="Check the quotes there; a line reads NAME=value.",
                code="config.env_file",
            )
        if binding.key is not None and binding.value is not None:
            values[binding.key] = binding.value
        elif ours and binding.key is not None:
            alone.append(binding)
    _require_values(path, [binding for binding in alone if binding.key not in values])
    return values


def _require_values(path: Path, alone: "list[Binding]") -> None:
    # `export NAME` after `NAME=value` is usual in a shell; without a value it is a mistake.
    if alone:
        raise ConfigError(
            f"env file {path} has no = at line {_first_line(alone[0])}",
            hint="A line reads NAME=value; write it so, or delete it.",
            code="config.env_file",
        )


def with_values(text: str, values: Mapping[str, str]) -> str:
    """Return an env file's text with these values set: in place where the name is there, else at the end.

    Values are plain (letters, digits and `_+/=.-`), so that no line needs quotes.
    """
    if not all(_PLAIN.fullmatch(value) for value in values.values()):
        raise ValueError("a value needs quotes")
    mark = _BOM if text.startswith(_BOM) else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    parts, seen = [], set()
    for binding in _bindings(text):
        if binding.key is not None and binding.key in values:
            seen.add(binding.key)
            parts.append(_replaced(binding, values[binding.key]))
        else:
            parts.append(binding.original.string)
    body = "".join(parts)
    missing = [f"{name}={value}{newline}" for name, value in values.items() if name not in seen]
    if missing and body and not body.endswith(("\n", "\r")):
        body += newline
    return mark + body + "".join(missing)


def _replaced(binding: "Binding", value: str) -> str:
    original = binding.original.string
    match = _ASSIGNMENT.fullmatch(original)
    if match is None:  # a name alone, without `=`
        bare = original.rstrip("\r\n")
        return f"{bare.rstrip()}={value}{original[len(bare) :]}"
    rest = match["rest"]
    return match["head"] + value + (" " + rest if rest.startswith("#") else rest)


def _bindings(text: str) -> "list[Binding]":
    from dotenv.parser import parse_stream

    # No interpolation: a key with a dollar sign in it is taken as it stands.
    return list(parse_stream(StringIO(text.removeprefix(_BOM), newline="")))


def _first_line(binding: "Binding") -> int:
    text = binding.original.string
    return binding.original.line + text[: len(text) - len(text.lstrip())].count("\n")
