"""Runs a command against the sandbox and measures it from outside: by the sandbox's journal and by its memory."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from benchmarks.world import LATENCY_SECONDS, World, say

_MEGABYTE = 1e6
_ACCOUNT = "GET /v1/account"


class Measured(NamedTuple):
    """What one run took: Stripe requests (429 included), seconds on Stripe's side, peak memory, capacity units."""

    requests: int
    throttled: int
    seconds: float
    peak_mb: float
    cpu_seconds: float
    read_units: float
    write_units: float
    summary: Mapping[str, int]
    states: tuple[str, ...] = ()
    """Of `students show`: the state of each course."""


def measure_lmx(world: World, *args: str) -> Measured:
    """Run lmx to its end."""
    command = ("-m", "learnermax_cli", *args, "--yes") if "sync" in args else ("-m", "learnermax_cli", *args)
    return _measure(world, (*command, "--output", "json"))


def measure_script(world: World, *args: str) -> Measured:
    """Run the script beside us to its end."""
    return _measure(world, ("-m", "benchmarks.one_by_one", *args))


def _measure(world: World, arguments: Sequence[str]) -> Measured:
    before = _last_entry(world)
    out, result = world.folder / "stdout.json", world.folder / "ended.json"
    command = [sys.executable, "-m", "benchmarks.child", str(result), sys.executable, *arguments]
    with out.open("w", encoding="utf-8") as stdout, (world.folder / "stderr.txt").open("w+", encoding="utf-8") as talk:
        subprocess.run(  # noqa: S603 - our own interpreter and modules
            command, env=world.environment(), cwd=world.folder, check=True,
            stdin=subprocess.DEVNULL, stdout=stdout, stderr=talk,
        )  # fmt: skip
        ended = json.loads(result.read_text(encoding="utf-8"))
        if ended["exit_code"] != 0:
            talk.seek(0)
            raise RuntimeError(f"{' '.join(arguments)} ended with {ended['exit_code']}: {talk.read()[-2000:]}")
    report = json.loads(out.read_text(encoding="utf-8"))
    measured = read_journal(world.control.journal(before), ended, report)
    say(
        f"  {measured.requests} requests ({measured.throttled} throttled), {measured.seconds:.1f} s, "
        f"{measured.peak_mb:.0f} MB, {measured.cpu_seconds:.1f} s of CPU, {measured.read_units:.0f} read units"
    )
    return measured


def read_journal(entries: Sequence[Mapping[str, Any]], ended: Mapping[str, Any], report: Mapping[str, Any]) -> Measured:
    """Return what the journal tells of one run.

    The time is that from the first Stripe request to the last, and the first one's own. The account call, which
    comes before the table is read, is counted but not timed: the local DynamoDB is no measure of AWS's.
    """
    stripe = [entry for entry in entries if entry["service"] == "stripe"]
    times = [entry["at"] for entry in stripe if entry["operation"] != _ACCOUNT]
    table = [entry for entry in entries if entry["service"] == "dynamodb"]
    return Measured(
        requests=len(stripe),
        throttled=sum(entry["status"] == 429 for entry in stripe),
        seconds=max(times) - min(times) + LATENCY_SECONDS if times else 0.0,
        peak_mb=ended["peak_bytes"] / _MEGABYTE,
        cpu_seconds=ended["cpu_seconds"],
        read_units=sum(entry["units"] or 0.0 for entry in table if not entry["write"]),
        write_units=sum(entry["units"] or 0.0 for entry in table if entry["write"]),
        summary=report.get("summary", {}),
        states=tuple(case["state"] for case in report.get("data", {}).get("cases", ())),
    )


def _last_entry(world: World) -> int:
    entries = world.control.journal()
    return int(entries[-1]["seq"]) if entries else 0
