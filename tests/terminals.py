"""lmx on a terminal: a pseudo-terminal of a given size, with somebody who may answer a question."""

import fcntl
import os
import pty
import re
import select
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from tests.forking import PROJECT, forkserver
from tests.started import Started

SECONDS = 60.0
_TICK = 0.05
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
React = Callable[[str, Started], bool]
"""Is told all that a run has said until now; True once it has done what it was waiting to do."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a terminal was sent, colours and all, and how the run ended."""

    exit_code: int
    raw: str

    @property
    def text(self) -> str:
        """What a person reads."""
        return _STYLE.sub("", self.raw).replace("\r\n", "\n")

    @property
    def lines(self) -> list[str]:
        """The lines that a person reads, without blanks at their ends."""
        return [line.rstrip() for line in self.text.splitlines()]

    @property
    def styles(self) -> set[str]:
        """The parameters of all colours and styles that were asked for, such as `1;31`."""
        return set(re.findall(r"\x1b\[([0-9;]+)m", self.raw))


def show(
    *args: str,
    env: Mapping[str, str],
    cwd: Path = PROJECT,
    columns: int = 80,
    answer: str | None = None,
    react: React | None = None,
) -> Shown:
    """Run lmx on a terminal of that width; an answer is typed once a question is asked."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = {"TERM": "xterm-256color", "PYTHONPATH": str(PROJECT), **env}
    try:
        with closing(forkserver(variables).start(args, variables, cwd, terminal=theirs)) as process:
            os.close(theirs)
            (raw,) = follow([ours], process, react if answer is None else _typing(ours, answer))
            return Shown(process.wait(SECONDS), raw)
    finally:
        os.close(ours)


def follow(descriptors: Sequence[int], process: Started, react: React | None = None) -> list[str]:
    """Return what a run writes to each of these, to its end; somebody may react to what is said."""
    said = dict.fromkeys(descriptors, b"")
    left = set(descriptors)
    heard = time.monotonic()
    while left:
        ready = select.select(left, [], [], _TICK)[0]
        heard = time.monotonic() if ready else heard
        assert time.monotonic() - heard < SECONDS, f"it neither says anything more nor ends: {said}"
        for descriptor in ready:
            chunk = _chunk(descriptor)
            said[descriptor] += chunk
            if not chunk:
                left.discard(descriptor)
        if react is not None and react(_decoded(b"".join(said.values())), process):
            react = None
    return [_decoded(raw) for raw in said.values()]


def _typing(terminal: int, answer: str) -> React:
    def type_it(said: str, _: Started) -> bool:
        if "[y/N]" in said or "MFA code" in said:
            os.write(terminal, answer.encode() + b"\n")
            return True
        return False

    return type_it


def _decoded(raw: bytes) -> str:
    return raw.decode("utf-8", errors="replace")


def _chunk(descriptor: int) -> bytes:
    try:
        return os.read(descriptor, 65536)
    except OSError:  # of a terminal, Linux answers with an error once nobody holds the other end any more
        return b""
