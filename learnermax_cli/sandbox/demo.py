"""The demo: the commands that an operator would type, run one after the other on a throw-away sandbox."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.request import ProxyHandler, build_opener

from rich.console import Console
from rich.text import Text

from learnermax_cli.core.errors import InterruptedRunError
from learnermax_cli.core.interrupt import Interrupt
from learnermax_cli.sandbox import process
from learnermax_cli.sandbox.demo_steps import OTHER_STUDENT_ID, STEPS, Step
from learnermax_cli.sandbox.student import put_student

_OUTSIDE = ("AWS_", "STRIPE_", "NEXT_PUBLIC_STRIPE_", "LMX_", "EDUCATION_", "TRANSACTIONAL_", "FRONTEND_", "GITHUB_")
_LISTENING_SECONDS = 30.0
_ENDING_SECONDS = 10.0
_VERDICT_LINES = 2


def run_demo(environ: Mapping[str, str] = os.environ) -> int:
    """Run all steps and return 0, or 1 when a step exits with another code than expected.

    Raises InterruptedRunError for the first signal, once what was started has ended.
    """
    Interrupt().install()
    console = Console(highlight=False, markup=False)
    console.print("Starting a throw-away sandbox of Stripe and AWS on this machine ...", style="dim")
    # A sandbox that is interrupted as it starts may still write there; it ends with this process.
    with tempfile.TemporaryDirectory(prefix="lmx-demo-", ignore_cleanup_errors=True) as folder:
        try:
            return _run_in(Path(folder), console, environ)
        except KeyboardInterrupt:
            hint = "Its sandbox was removed. To see it from the beginning: lmx demo"
            raise InterruptedRunError("the demo was interrupted", hint=hint) from None
        finally:
            process.stop(Path(folder) / "state")


def _run_in(folder: Path, console: Console, environ: Mapping[str, str]) -> int:
    info = process.start(folder / "state", parent_pid=os.getpid())
    put_student(info)
    put_student(info, OTHER_STUDENT_ID)
    kept = {name: value for name, value in environ.items() if not name.startswith(_OUTSIDE)}
    environment = {**kept, "LMX_SANDBOX_HOME": str(folder / "state"), **info.environment()}
    with _Runner(environment, folder) as runner:
        return _run_steps(console, runner)


def _run_steps(console: Console, runner: "_Runner") -> int:
    kept = {"PORT": str(runner.port), "URL": f"http://127.0.0.1:{runner.port}/api/webhooks/stripe"}
    for number, step in enumerate(STEPS, 1):
        words = [kept.get(word, word) for word in step.words()]
        console.print(Text(f"\n{number}. {step.title}", style="bold"), soft_wrap=True)
        if step.alone:
            runner.clear()
        console.print(Text(f"$ lmx {' '.join(words)}{' &' * step.background}", style="cyan"), soft_wrap=True)
        sys.stdout.flush()
        code, said = runner.run(step, words)
        if step.keeps is not None:
            kept[step.keeps] = said
        if code != step.exit_code:
            console.print(f"The demo stopped: this step exited with {code}.", style="bold red")
            return 1
    console.print("\nThe throw-away sandbox was removed. To run one of your own: lmx sandbox start", style="dim")
    return 0


class _Runner:
    """Runs the commands; stderr goes where stdout goes, so that both keep their order in a pipe as well."""

    def __init__(self, environment: Mapping[str, str], folder: Path) -> None:
        self._environment = environment
        self._folder = folder
        self._running: list[subprocess.Popen[str]] = []
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.clear()

    def run(self, step: Step, words: list[str]) -> tuple[int, str]:
        """Run one command, or start it in the background; return its exit code, and its last line if that is kept."""
        caught = step.verdict_only or step.keeps is not None
        started = subprocess.Popen(  # noqa: S603 - our own commands
            [sys.executable, "-m", "learnermax_cli", *words],
            env=self._environment,
            cwd=self._folder,
            stdout=subprocess.PIPE if caught else None,
            stderr=subprocess.PIPE if caught else subprocess.STDOUT,
            text=True,
            # A Ctrl-C reaches it through this process alone, else it would be the second one.
            process_group=0,
        )
        self._running.append(started)
        if step.background:
            return self._await_listening(started), ""
        out, err = started.communicate()
        self._running.remove(started)
        if not caught:
            return started.returncode, ""
        lines = out.splitlines()
        shown = lines[:_VERDICT_LINES] if step.verdict_only else lines[-1:]
        sys.stdout.write("".join(f"{line}\n" for line in shown) + err)
        sys.stdout.flush()
        return started.returncode, "".join(shown[-1:])

    def clear(self) -> None:
        """Stop what runs, such as the receiver, and wait for its report."""
        while self._running:
            running = self._running.pop()
            running.terminate()
            try:
                running.wait(_ENDING_SECONDS)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()

    def _await_listening(self, receiver: "subprocess.Popen[str]") -> int:
        """Return 0 once the receiver answers, else its exit code."""
        deadline = time.monotonic() + _LISTENING_SECONDS
        opener = build_opener(ProxyHandler({}))  # a proxy can't reach this machine
        while time.monotonic() < deadline and receiver.poll() is None:
            with suppress(OSError), opener.open(f"http://127.0.0.1:{self.port}/health", timeout=1):
                return 0
            time.sleep(0.05)
        return receiver.poll() or 1
