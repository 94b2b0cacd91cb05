"""Files that are none, or too much: each ends the run in two lines, in bounded time, with nothing left behind."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.products.worlds import put_course, sync
from tests.running import Sandbox
from tests.sampling import sampled

PREVIEW = {"LMX_ENVIRONMENT": "preview"}
PIPE = "nothing complete came through it within 5 s"


def run_list(sandbox: Sandbox, *args: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a command that only reads, in an environment that has an env file."""
    return sandbox.run("courses", "list", *args, env={**PREVIEW, **env})


def two_lines(done: "subprocess.CompletedProcess[str]") -> str:
    """Return the message of a run that ended in 3 with two lines and nothing else."""
    assert (3, "", 2) == (done.returncode, done.stdout, done.stderr.count("\n")), done.stderr
    return done.stderr.splitlines()[0].removeprefix("Error: ")


@pytest.mark.parametrize("args", sampled([(), ("--env-file", ".env.local")], 2))
def test_env_file_that_is_too_large(sandbox: Sandbox, args: tuple[str, ...]) -> None:
    """Twelve megabytes, found or named."""
    with (sandbox.cwd / ".env.local").open("w", encoding="utf-8") as file:
        file.write("A='x\n" * (12 << 18))
    assert "env file .env.local cannot be read: it has more than 1 MB" == two_lines(run_list(sandbox, *args))


@pytest.mark.parametrize("args", sampled([(), ("--env-file", ".env.local")], 2))
def test_env_file_that_is_a_pipe_without_a_writer(sandbox: Sandbox, args: tuple[str, ...]) -> None:
    """It is given up after five seconds."""
    os.mkfifo(sandbox.cwd / ".env.local")
    assert f"env file .env.local cannot be read: {PIPE}" == two_lines(run_list(sandbox, *args))


@pytest.mark.parametrize(
    ("name", "reason"), [("folder", "Is a directory"), ("n" * 300, "File name too long"), ("/dev/zero", "it has more")]
)
def test_env_file_that_is_none(sandbox: Sandbox, name: str, reason: str) -> None:
    """A folder, a name that no file can have, a device without end."""
    (sandbox.cwd / "folder").mkdir()
    assert two_lines(run_list(sandbox, "--env-file", name)).startswith(f"env file {name} cannot be read: {reason}")


@pytest.mark.parametrize("rate", ["1e-300", "1e-9999", "1e300", "0.001"])
def test_rate_that_no_run_could_keep(sandbox: Sandbox, rate: str) -> None:
    """A request once in a lifetime, or any number of them at once."""
    done = run_list(sandbox, LMX_MAX_RATE=rate)
    assert f"LMX_MAX_RATE is '{rate}', not between 0.01 and 1,000,000" == two_lines(done)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("[" * 200_000, "it is nested too deeply"),
        ('{"a":' * 200_000, "it is nested too deeply"),
        ("1" * 10_000, "it is not JSON"),
        ("\x00", "it is not JSON"),
    ],
    ids=["lists", "maps", "digits", "zero"],
)
def test_plan_that_cannot_be_read(sandbox: Sandbox, content: str, reason: str) -> None:
    """Before anything is asked."""
    (sandbox.cwd / "plan.json").write_text(content)
    before = len(sandbox.control.journal())
    ran = sync(sandbox, "--plan", "plan.json")
    message = f"plan file plan.json cannot be read: {reason}"
    assert (3, message, 2) == (ran.exit_code, ran.report["error"]["message"], ran.stderr.count("\n"))
    assert [] == sandbox.control.journal()[before:]


@pytest.mark.slow
def test_plan_that_is_a_pipe_without_a_writer(sandbox: Sandbox) -> None:
    """It is given up after five seconds."""
    os.mkfifo(sandbox.cwd / "plan")
    ran = sync(sandbox, "--plan", "plan")
    assert (3, f"plan file plan cannot be read: {PIPE}") == (ran.exit_code, ran.report["error"]["message"])


@pytest.mark.parametrize(("target", "reason"), [("folder", "Is a directory"), ("/dev/full", "No space left on device")])
def test_plan_that_cannot_be_saved(sandbox: Sandbox, target: str, reason: str) -> None:
    """The report is whole, and no file is left."""
    (sandbox.cwd / "folder").mkdir()
    put_course(sandbox, "a", "49.99")
    ran = sync(sandbox, "--dry-run", "--save-plan", target)
    assert (1, f"plan file {target} cannot be written: {reason}") == (ran.exit_code, ran.report["error"]["message"])
    assert (2, [sandbox.cwd / "folder"]) == (len(ran.changes), sorted(sandbox.cwd.rglob("*")))


def test_plan_is_written_into_a_pipe(sandbox: Sandbox) -> None:
    """Which stays one."""
    put_course(sandbox, "a", "49.99")
    pipe = sandbox.cwd / "pipe"
    os.mkfifo(pipe)
    command = f"{shlex.quote(sys.executable)} -m learnermax_cli products sync --dry-run --save-plan pipe >&2"
    script = f"{command} & cat pipe; wait $!"
    done = subprocess.run(
        ["/bin/sh", "-c", script],
        env=sandbox.env,
        cwd=sandbox.cwd,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (0, True, True) == (done.returncode, pipe.is_fifo(), '"schema": "lmx-plan/1"' in done.stdout), done.stderr


def test_sandbox_on_a_full_disk(sandbox: Sandbox, tmp_path: Path) -> None:
    """The reason is the system's."""
    assert Path("/dev/full").is_char_device(), "this machine has no /dev/full"
    (tmp_path / "start.lock").symlink_to("/dev/full")
    done = sandbox.run("sandbox", "start", env={"LMX_SANDBOX_HOME": str(tmp_path)})
    assert f"the sandbox's folder {tmp_path} can't be written to: No space left on device" == two_lines(done)
