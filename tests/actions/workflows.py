"""The workflows of the repository, and a runner that does with their steps what GitHub's does."""

import importlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.forking import PROJECT

FOLDER = PROJECT / ".github" / "workflows"
SECONDS = 120.0


@cache
def read_workflow(name: str) -> dict[str, Any]:
    """Return a workflow by its file name; every scalar stays text, so that `on` is not taken for a boolean."""
    yaml: Any = importlib.import_module("yaml")
    document: dict[str, Any] = yaml.load((FOLDER / name).read_text(encoding="utf-8"), yaml.BaseLoader)
    return document


def workflow_names() -> list[str]:
    """Return the file names of all workflows."""
    return sorted(path.name for path in FOLDER.glob("*.yml"))


@dataclass(frozen=True, slots=True)
class StepDone:
    """How a step ended, and what it left in the files of Actions."""

    exit_code: int
    stdout: str
    stderr: str
    outputs: Mapping[str, str]
    summary: str

    @property
    def annotations(self) -> list[str]:
        """The lines that GitHub's runner would obey."""
        lines = (self.stdout + self.stderr).splitlines()
        return [line for line in lines if line.lstrip().startswith("::") or "##[" in line]


class Job:
    """A job of a workflow in a workspace of its own; `values` are what its expressions come to, by variable."""

    def __init__(self, workflow: str, name: str, workspace: Path, values: Mapping[str, str]) -> None:
        document = read_workflow(workflow)
        self._job = document["jobs"][name]
        self._env = {**document.get("env", {}), **self._job.get("env", {})}
        self.workspace = workspace
        self._values = values
        self._steps = 0
        workspace.mkdir(parents=True, exist_ok=True)

    def run(self, step_id: str) -> StepDone:
        """Run a step to its end."""
        process, files = self._start(step_id)
        stdout, stderr = process.communicate(timeout=SECONDS)
        return _done(process.returncode, stdout, stderr, files)

    def start(self, step_id: str) -> "subprocess.Popen[str]":
        """Start a step and return at once."""
        return self._start(step_id)[0]

    def _start(self, step_id: str) -> "tuple[subprocess.Popen[str], Path]":
        step = next(step for step in self._job["steps"] if step.get("id") == step_id)
        self._steps += 1
        files = self.workspace.parent / f"{self.workspace.name}-{self._steps}"
        files.mkdir()
        script = files / "script.sh"
        script.write_text(step["run"], encoding="utf-8")
        for name in ("output", "summary"):
            (files / name).touch()
        process = subprocess.Popen(
            # [doc "Workflow syntax", shell: bash]
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=self.workspace,
            env={**self._variables(files), **self._resolved({**self._env, **step.get("env", {})})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        return process, files

    def _resolved(self, env: Mapping[str, str]) -> dict[str, str]:
        # A variable that nobody has set comes to nothing.
        return {name: self._values.get(name, "") if "${{" in text else text for name, text in env.items()}

    def _variables(self, files: Path) -> dict[str, str]:
        """Return what a runner sets by itself [doc "Variables"]; no terminal, no colour wish, no GITHUB_ENV."""
        return {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_EVENT_NAME": "workflow_dispatch",
            "GITHUB_JOB": self.workspace.name,
            "GITHUB_OUTPUT": str(files / "output"),
            "GITHUB_REPOSITORY": "learnermax/lmx",
            "GITHUB_RUN_ID": "1658821493",
            "GITHUB_STEP_SUMMARY": str(files / "summary"),
            "GITHUB_WORKSPACE": str(self.workspace),
            "HOME": str(files),
            "LANG": "C.UTF-8",
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": str(PROJECT),
            "RUNNER_OS": "Linux",
            **{name: text for name, text in self._values.items() if name not in self._env},
        }


def kill(process: "subprocess.Popen[str]") -> int:
    """Kill a step with all that it started, as a runner that goes away does; return how its shell ended."""
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return process.returncode


def _done(exit_code: int, stdout: str, stderr: str, files: Path) -> StepDone:
    outputs = dict(line.split("=", 1) for line in (files / "output").read_text(encoding="utf-8").splitlines())
    return StepDone(exit_code, stdout, stderr, outputs, (files / "summary").read_text(encoding="utf-8"))
