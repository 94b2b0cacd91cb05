"""Help pages: as they are meant to look, with an example each, and without loading what a command needs."""

import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import learnermax_cli
from tests.commands import command_paths
from tests.forking import PROJECT, forkserver
from tests.golden import assert_golden
from tests.sampling import sampled

COMMANDS = command_paths()
GROUPS = sorted({path[:-1] for path in COMMANDS})
HEAVY = ("boto3", "botocore", "stripe", "requests", "moto", "flask", "werkzeug", "rich.progress", "hypothesis")
_LOADED = """
import json, sys
sys.argv = ["lmx", *{args!r}]
try:
    from learnermax_cli.__main__ import main
    main()
except SystemExit:
    pass
sys.stderr.write("\\n" + json.dumps(sorted(sys.modules)))
"""


def run(*args: str, code: str | None = None, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run lmx, or Python code in a fresh process, in a terminal-like width without colour."""
    manner = {"COLUMNS": "100", "NO_COLOR": "1", "TERM": "dumb", "PYTHONPATH": str(PROJECT), "PATH": os.environ["PATH"]}
    manner |= env
    if code is None:
        with closing(forkserver(manner).start(args, manner, PROJECT)) as started:
            output = started.communicate(timeout=60)
        return subprocess.CompletedProcess(args, started.wait(), *output)
    program = [sys.executable, "-c", code]
    return subprocess.run(program, capture_output=True, text=True, check=False, env=manner, timeout=60)


def loaded(*args: str) -> list[str]:
    """Return the modules that a command line loads."""
    modules: list[str] = json.loads(run(code=_LOADED.format(args=args)).stderr.splitlines()[-1])
    return modules


@pytest.mark.parametrize("path", sampled([*GROUPS, *COMMANDS], 11), ids=" ".join)
def test_help_page_looks_as_it_is_meant_to(path: tuple[str, ...]) -> None:
    """Each page is a promise to scripts and readers."""
    done = run(*path, "--help")
    page = "".join(line.rstrip() + "\n" for line in done.stdout.splitlines())
    assert (0, "") == (done.returncode, done.stderr)
    assert_golden(f"help/{'_'.join(path) or 'lmx'}.txt", page)


@pytest.mark.parametrize("path", [(), ("courses",), ("courses", "list")], ids=" ".join)
def test_short_option_of_help_shows_the_same_page(path: tuple[str, ...]) -> None:
    """`-h` is `--help`, at every level."""
    done, in_full = run(*path, "-h"), run(*path, "--help")
    assert (0, in_full.stdout, "") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("path", sampled(COMMANDS, 11), ids=" ".join)
def test_help_of_a_command_ends_with_an_example(path: tuple[str, ...]) -> None:
    """The example runs that very command."""
    page = run(*path, "--help").stdout
    example = next((line for line in page.splitlines() if "Example:" in line), "")
    assert "lmx " + " ".join(path) in example


@pytest.mark.parametrize("args", [("--help",), ("products", "sync", "--help"), ("--version",), ("nonsense",)])
def test_what_needs_no_sdk_loads_none(args: tuple[str, ...]) -> None:
    """Help, version and typing errors load neither boto3 nor stripe nor a server."""
    assert [] == [name for name in loaded(*args) if name.startswith(HEAVY)]


def test_version_loads_next_to_nothing() -> None:
    """--version does not even load Typer: counted in modules, since time depends on the machine."""
    bare: list[str] = json.loads(run(code="import json, sys; sys.stderr.write(json.dumps(sorted(sys.modules)))").stderr)
    ours = [name for name in loaded("--version") if name not in bare and not name.startswith("json")]
    assert ["learnermax_cli", "learnermax_cli.__main__"] == [name for name in ours if name.startswith("learnermax_cli")]
    assert 10 > len(ours)


def test_help_loads_little_of_our_own() -> None:
    """Of our package only the command tree is loaded, none of what carries commands out."""
    ours = [name for name in loaded("--help") if name.startswith("learnermax_cli")]
    work = ("diff", "run", "push", "planning.apply", "planning.render_text", "sandbox.process", "app")
    assert [] == [name for name in ours if name.startswith("learnermax_cli.adapters") or name.endswith(work)]


def test_version_is_the_packages() -> None:
    """One place holds the version."""
    done = run("--version")
    assert (0, f"lmx {learnermax_cli.__version__}\n") == (done.returncode, done.stdout)


def test_version_is_told_behind_other_options_too() -> None:
    """The fast road and the slow one say the same."""
    done = run(
        code="import sys\nsys.argv = ['lmx', '--version', '--help']\nfrom learnermax_cli.cli.main import run\nrun()"
    )
    assert f"lmx {learnermax_cli.__version__}\n" == done.stdout


def test_no_command_shows_the_help() -> None:
    """`lmx` alone is a question, not a success."""
    done = run()
    assert (2, True) == (done.returncode, "Usage: " in done.stdout + done.stderr)


def test_installed_program_is_the_same() -> None:
    """`lmx` and `python -m learnermax_cli` are one."""
    program = str(Path(sys.executable).with_name("lmx"))
    said = [
        subprocess.run([*started, "--version"], capture_output=True, text=True, check=False, timeout=60)
        for started in ([program], [sys.executable, "-m", "learnermax_cli"])
    ]
    assert [(0, run("--version").stdout)] * 2 == [(done.returncode, done.stdout) for done in said]


def wrong(*args: str) -> tuple[int, Any]:
    """Run a wrong command line with JSON output; return exit code and error."""
    done = run(*args, FORCE_COLOR="1")
    assert "\x1b" not in done.stdout
    return done.returncode, json.loads(done.stdout)["error"]


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("products", "sync", "-o", "json", "--nonsense"), "No such option: --nonsense"),
        (("products", "nonsense", "-o", "json"), "No such command 'nonsense'."),
        (("products", "sync", "stray", "--output=json"), "Got unexpected extra argument(s) (stray)"),
        (("courses", "set-price", "a", "-ojson"), "Missing argument 'PRICE'."),
        (("products", "sync", "-o", "json", "-e", "staging"), "Invalid value for '--environment' / '-e'"),
        (("courses", "set-price", "a", "much", "-o", "json"), "'much' is not a price"),
        (("products", "sync", "-o", "json", "--allow-archive", "few"), "Invalid value for '--allow-archive'"),
    ],
)
def test_wrong_usage_is_one_json_document(args: tuple[str, ...], message: str) -> None:
    """`-o json` holds for command lines that were not understood; FORCE_COLOR changes nothing."""
    code, error = wrong(*args)
    assert (2, "usage", 2) == (code, error["code"], error["exit_code"])
    assert error["message"].startswith(message)


def test_wrong_usage_without_json_leaves_stdout_empty() -> None:
    """What went wrong and what to do are on stderr."""
    done = run("products", "sync", "--nonsense")
    assert (2, "") == (done.returncode, done.stdout)
    assert ["Error: No such option: --nonsense", True] == [
        done.stderr.splitlines()[0],
        "--help" in done.stderr.splitlines()[1],
    ]
