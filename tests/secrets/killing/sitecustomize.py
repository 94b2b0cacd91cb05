"""Loaded by a run that has this folder on its path: it gets a signal, SIGKILL by default, before a step on an env file.

The interpreter's own audit events tell of each step, so lmx and the libraries are what they always are.
"""

import os
import signal
import sys
from pathlib import Path

_WATCHED = frozenset(("open", "os.mkdir", "os.rename", "os.remove", "os.rmdir"))
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
_steps: list[str] = []


def _watch(event: str, args: tuple[object, ...]) -> None:
    if event not in _WATCHED or "env.local" not in str(args[0]):
        return
    if event == "open" and not (isinstance(args[2], int) and args[2] & _WRITING):
        return
    if str(len(_steps)) == os.environ["KILL_AT"]:
        os.kill(os.getpid(), int(os.environ.get("KILL_WITH", signal.SIGKILL)))
    _steps.append(event)
    Path(os.environ["KILL_LOG"]).write_text("\n".join(_steps), encoding="utf-8")


if "KILL_AT" in os.environ:
    sys.addaudithook(_watch)
