"""Writes what each view shows, in every manner, into a folder: one file per view."""

import os
import sys
import tempfile
from pathlib import Path

from learnermax_cli.sandbox import process
from tests.running import Sandbox
from tests.views import VIEWS
from tests.views.model import FORMATS, MANNERS, Capture, Manner, View
from tests.views.run import captures


def main(folder: Path, *words: str) -> int:
    """Write the views whose name has one of the words, all without words; return how many ended unexpectedly."""
    folder.mkdir(parents=True, exist_ok=True)
    odd = 0
    with tempfile.TemporaryDirectory(prefix="lmx-views-") as name:
        state_dir = Path(name) / "state"
        info = process.start(state_dir, parent_pid=os.getpid())
        try:
            for number, view in enumerate(VIEWS):
                if words and not any(word in view.name for word in words):
                    continue
                sandbox = Sandbox(info, state_dir, Path(name) / str(number))
                odd += _write(folder / f"{view.path}.txt", view, sandbox)
        finally:
            process.stop(state_dir)
    return odd


def _write(path: Path, view: View, sandbox: Sandbox) -> int:
    shown = list(captures(sandbox, view, (*MANNERS, *FORMATS)))
    path.write_text("\n".join(_page(view, manner, capture) for manner, capture in shown), encoding="utf-8")
    codes = {capture.exit_code for _, capture in shown}
    sys.stdout.write(f"{view.name}: {sorted(codes)}\n")
    return int(view.ends not in codes)


def _page(view: View, manner: Manner, capture: Capture) -> str:
    head = f"===== {manner.name}: lmx {view.command} → {capture.exit_code}"
    parts = (("", capture.out), ("----- stderr", capture.err), ("----- step summary", capture.summary))
    return "\n".join([head, *(f"{name}\n{text}".lstrip("\n") for name, text in parts if text)])


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), *sys.argv[2:]))
