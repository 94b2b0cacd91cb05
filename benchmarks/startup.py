"""How long `lmx --help` and `lmx --version` take, beside a Typer app that does nothing, and importing Typer alone."""

import json
import os
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median

from benchmarks.promises import Promise, ratio
from benchmarks.world import World, say

_LMX = (sys.executable, "-m", "learnermax_cli")
_HEAD = "import typer\napp = typer.Typer(rich_markup_mode='rich')\n"
_GROUP = "{name} = typer.Typer()\napp.add_typer({name}, name='{name}')\n"
_COMMAND = "@{group}.command('{name}')\ndef {group}_{function}() -> None:\n    '''Do nothing.'''\n"


def measure_startup(world: World, runs: int) -> list[Promise]:
    """Start fresh processes in turns; what counts is their processor time."""
    say(f"lmx --help and --version: {4 * (runs + 1)} fresh processes")
    app = world.folder / "empty_app.py"
    app.write_text(_empty_app(), encoding="utf-8")
    commands = {
        "help": (*_LMX, "--help"),
        "empty help": (sys.executable, str(app), "--help"),
        "version": (*_LMX, "--version"),
        "typer": (sys.executable, "-c", "import typer"),
    }
    found: dict[str, list[float]] = {name: [] for name in commands}
    for number in range(-1, runs):  # the first round only fills the caches of the disk
        for name, command in commands.items():
            seconds = _cpu_seconds(world, command)
            if number >= 0:
                found[name].append(seconds)
    taken = {name: median(seconds) for name, seconds in found.items()}
    say("  " + ", ".join(f"{name} {seconds:.3f} s" for name, seconds in taken.items()))
    return [
        ratio("lmx --help, CPU against the help of an empty Typer app", taken["help"], taken["empty help"], 1.3),
        ratio("lmx --version, CPU against importing Typer", taken["version"], taken["typer"], 1.5),
    ]


def _empty_app() -> str:
    """Return a Typer app with the groups and commands of lmx, all of which do nothing."""
    listed = subprocess.run((*_LMX, "commands", "-o", "json"), capture_output=True, check=True)  # noqa: S603 - our own
    groups: dict[str, list[str]] = defaultdict(list)
    for row in json.loads(listed.stdout)["items"]:
        group, _, name = str(row["command"]).rpartition(" ")
        groups[group or "app"].append(name)
    made = [_GROUP.format(name=group) for group in groups if group != "app"]
    for group, names in groups.items():
        made += (_COMMAND.format(group=group, name=name, function=name.replace("-", "_")) for name in names)
    return "".join([_HEAD, *made, "app()\n"])


def _cpu_seconds(world: World, command: tuple[str, ...]) -> float:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
        pid = os.posix_spawn(command[0], command, world.environment(), file_actions=actions)
        _, status, usage = os.wait4(pid, 0)
    if status != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {os.waitstatus_to_exitcode(status)}")
    return usage.ru_utime + usage.ru_stime
