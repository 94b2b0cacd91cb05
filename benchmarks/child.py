"""Runs one command and writes down its peak memory; `python -m benchmarks.child RESULT_FILE COMMAND ...`.

A process of its own, because a child's peak counts what its parent held when it was started.
"""

import json
import os
import sys
from pathlib import Path

_UNIT = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss in bytes [doc getrusage(2)]


def main() -> None:
    """Run the command, with our own input and outputs, and write down how it ended."""
    result, *command = sys.argv[1:]
    pid = os.posix_spawn(command[0], command, os.environ)
    _, status, usage = os.wait4(pid, 0)
    ended = {
        "exit_code": os.waitstatus_to_exitcode(status),
        "peak_bytes": usage.ru_maxrss * _UNIT,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
    }
    Path(result).write_text(json.dumps(ended), encoding="utf-8")


if __name__ == "__main__":
    main()
