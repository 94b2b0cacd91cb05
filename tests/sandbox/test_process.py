"""The life of a sandbox's process: one per folder, found again, outliving its starter or ending with it."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import boto3
import psutil
import pytest

from learnermax_cli.config.sandbox_state import STATE_FILE, find_sandbox
from learnermax_cli.core.errors import FailedError
from learnermax_cli.sandbox import process
from learnermax_cli.sandbox.server_process import save
from tests.forking import PROJECT
from tests.running import Sandbox

UNTIL_GONE = "while kill -0 {pid} 2>/dev/null && ! grep -q '^State:.Z' /proc/{pid}/status; do sleep 0.05; done"

STOP_OF_ANOTHER = """
import contextlib, json, pathlib, psutil, subprocess, tempfile
from learnermax_cli.sandbox import process
psutil.PROCFS_PATH = "/nonexistent"
with tempfile.TemporaryDirectory() as folder, subprocess.Popen(["sleep", "60"]) as other:
    names = "stripe_url aws_url control_url stripe_account secret_key publishable_key region created".split()
    state = {"pid": other.pid, "started": "unknown", **dict.fromkeys(names, "http://127.0.0.1:9")}
    (pathlib.Path(folder) / "state.json").write_text(json.dumps(state))
    stopped = process.stop(pathlib.Path(folder))
    with contextlib.suppress(subprocess.TimeoutExpired):
        other.wait(0.5)  # The time that a signal needs.
    print(json.dumps([stopped, other.poll()]))
    other.kill()
"""


def wait_gone(pid: int) -> None:
    """Wait until a process is gone; a test that waits in vain fails by the timeout."""
    subprocess.run(["bash", "-c", UNTIL_GONE.format(pid=pid)], timeout=30, check=True)


def python(code: str, *args: str) -> subprocess.CompletedProcess[str]:
    """Run Python code in a process of its own."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT)}
    return subprocess.run(
        [sys.executable, "-c", code, *args], env=environment, capture_output=True, text=True, timeout=60, check=False
    )


def test_start_twice_is_one_sandbox(state_dir: Path) -> None:
    """Starting again returns the sandbox that runs."""
    first = process.start(state_dir, parent_pid=os.getpid())

    assert first == process.start(state_dir)


@pytest.mark.slow
def test_two_starts_at_once_are_one_sandbox(state_dir: Path) -> None:
    """Two commands that start at the same moment end up with the same sandbox."""
    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: process.start(state_dir, parent_pid=os.getpid()), range(2))

    assert first == second


def test_stop_ends_it_and_is_nothing_the_second_time(state_dir: Path) -> None:
    """Stopping removes process and file; there is nothing to stop afterwards."""
    info = process.start(state_dir, parent_pid=os.getpid())

    assert (True, False) == (process.stop(state_dir), process.stop(state_dir))
    assert (False, None) == (psutil.pid_exists(info.pid), find_sandbox(state_dir))
    assert not (state_dir / STATE_FILE).exists()


@pytest.mark.slow
def test_killed_sandbox_leaves_no_trace(state_dir: Path) -> None:
    """The file of a process that was killed is not believed, and a new start works."""
    info = process.start(state_dir, parent_pid=os.getpid())
    os.kill(info.pid, 9)
    os.waitpid(info.pid, 0)

    assert find_sandbox(state_dir) is None
    assert info.pid != process.start(state_dir, parent_pid=os.getpid()).pid


@pytest.mark.slow
def test_recycled_pid_is_not_taken_for_the_sandbox(state_dir: Path) -> None:
    """Another process with the number of a former sandbox is neither believed nor stopped."""
    info = process.start(state_dir, parent_pid=os.getpid())
    process.stop(state_dir)
    with subprocess.Popen(["sleep", "60"]) as other:
        save(state_dir, replace(info, pid=other.pid))

        assert find_sandbox(state_dir) is None
        assert not process.stop(state_dir)
        assert other.poll() is None
        other.kill()
    assert not (state_dir / STATE_FILE).exists()


def test_address_that_another_sandbox_has_now_is_not_believed(state_dir: Path, sandbox: Sandbox) -> None:
    """Where another process answers at the address of a former sandbox, that one is not running."""
    save(state_dir, replace(sandbox.info, pid=1))

    assert find_sandbox(state_dir) is None


@pytest.mark.slow
def test_sandbox_is_stopped_though_the_clock_was_set(state_dir: Path) -> None:
    """Setting the machine's clock moves the time at which a process was created; the sandbox answers for itself."""
    info = process.start(state_dir, parent_pid=os.getpid())
    save(state_dir, replace(info, started=info.started - 3600))

    assert process.stop(state_dir)
    assert not psutil.pid_exists(info.pid)


@pytest.mark.slow
def test_hanging_sandbox_is_stopped(state_dir: Path) -> None:
    """A sandbox that answers nothing any more is known by the time at which it was created."""
    info = process.start(state_dir, parent_pid=os.getpid())
    os.kill(info.pid, signal.SIGSTOP)

    assert process.stop(state_dir)
    assert not psutil.pid_exists(info.pid)


def test_no_other_process_is_ended_without_proc() -> None:
    """Where there is no /proc, a process that has got the number of a former sandbox is left alone."""
    done = python(STOP_OF_ANOTHER)

    assert ("[false, null]\n", "") == (done.stdout, done.stderr)


@pytest.mark.slow
def test_sandbox_outlives_its_starter(state_dir: Path) -> None:
    """Started without a parent to watch, it goes on when its starter is gone."""
    code = "import sys, pathlib; from learnermax_cli.sandbox import process; process.start(pathlib.Path(sys.argv[1]))"
    started = python(code, str(state_dir))

    assert (0, "") == (started.returncode, started.stderr)
    assert find_sandbox(state_dir) is not None


@pytest.mark.slow
def test_sandbox_ends_with_its_parent(state_dir: Path) -> None:
    """Started for a parent, it ends when that is gone, and takes its file along."""
    code = (
        "import os, sys, pathlib; from learnermax_cli.sandbox import process;"
        "print(process.start(pathlib.Path(sys.argv[1]), parent_pid=os.getpid()).pid)"
    )
    pid = int(python(code, str(state_dir)).stdout)

    wait_gone(pid)

    assert not (state_dir / STATE_FILE).exists()


@pytest.mark.slow
def test_taken_port_is_told(state_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A port that is in use ends the start with the reason."""
    other = tmp_path_factory.mktemp("other")
    port = int(process.start(other, parent_pid=os.getpid()).aws_url.rpartition(":")[2])
    try:
        with pytest.raises(FailedError, match="in use"):
            process.start(state_dir, aws_port=port, parent_pid=os.getpid())
    finally:
        process.stop(other)


@pytest.mark.slow
def test_credentials_of_the_starter_stay_outside(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that does not exist, or endpoints of somewhere else, do not disturb the sandbox."""
    monkeypatch.setenv("AWS_PROFILE", "no-such-profile")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")

    info = process.start(state_dir, parent_pid=os.getpid())

    assert info == find_sandbox(state_dir)


@pytest.mark.slow
def test_environment_is_all_that_other_tools_need(state_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the exported variables a bare boto3 finds the sandbox's table."""
    info = process.start(state_dir, parent_pid=os.getpid())
    for name, text in info.environment().items():
        monkeypatch.setenv(name, text)

    names = boto3.client("dynamodb").list_tables()["TableNames"]

    assert info.environment()["EDUCATION_TABLE_NAME"] in names
    assert {
        "AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_REGION", "AWS_SECRET_ACCESS_KEY",
        "EDUCATION_TABLE_NAME", "LMX_ENVIRONMENT", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY", "STRIPE_API_BASE",
        "STRIPE_SECRET_KEY", "TRANSACTIONAL_EMAIL_TOPIC_ARN",
    } == info.environment().keys()  # fmt: skip


def test_finding_a_sandbox_loads_nothing_heavy(state_dir: Path) -> None:
    """Every command looks for a sandbox with `-e sandbox`: that must not load servers or SDKs."""
    process.start(state_dir, parent_pid=os.getpid())
    code = (
        "import json, pathlib, sys; from learnermax_cli.config import sandbox_state;"
        "found = sandbox_state.find_sandbox(pathlib.Path(sys.argv[1])) is not None;"
        "heavy = {'boto3', 'botocore', 'flask', 'moto', 'psutil', 'stripe', 'werkzeug'} & sys.modules.keys();"
        "print(json.dumps([found, sorted(heavy)]))"
    )

    assert [True, []] == json.loads(python(code, str(state_dir)).stdout)


def test_missing_extra_is_told_with_its_remedy(state_dir: Path) -> None:
    """Without moto the start fails with the line that installs it."""
    code = (
        "import sys, pathlib; sys.modules['moto'] = None; from learnermax_cli.core.errors import ConfigError;"
        "from learnermax_cli.sandbox import process\n"
        "try: process.start(pathlib.Path(sys.argv[1]))\n"
        "except ConfigError as error: print(error.message, error.hint)"
    )

    said = python(code, str(state_dir)).stdout

    assert (
        "the sandbox needs packages that are not installed: moto "
        "Install them, in the folder of lmx's source: pip install -c constraints.txt '.[sandbox]'\n"
    ) == said
