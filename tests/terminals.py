"""lmx on a terminal: a pseudo-terminal of a given size, with somebody who may answer a question."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.forking import PROJECT

SECONDS = 60.0
_STYLE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


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
    *args: str, env: Mapping[str, str], cwd: Path = PROJECT, columns: int = 80, answer: str | None = None
) -> Shown:
    """Run lmx on a terminal of that width; an answer is typed once a question is asked."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "learnermax_cli", *args],
        env={"TERM": "xterm-256color", "PYTHONPATH": str(PROJECT), **env},
        cwd=cwd,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    os.close(theirs)
    try:
        raw = _read(ours, answer)
        return Shown(process.wait(timeout=SECONDS), raw)
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def _read(terminal: int, answer: str | None) -> str:
    raw = b""
    while chunk := _chunk(terminal):
        raw += chunk
        if answer is not None and b"[y/N]" in raw:
            os.write(terminal, answer.encode() + b"\n")
            answer = None
    return raw.decode("utf-8", errors="replace")


def _chunk(terminal: int) -> bytes:
    assert select.select([terminal], [], [], SECONDS)[0], "it neither says anything nor ends"
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux answers with an error once nobody holds the other end any more
        return b""
