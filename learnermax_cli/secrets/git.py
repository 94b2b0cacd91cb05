"""Whether git could carry a file away: keys are written only where no commit picks them up."""

import os
import subprocess
from pathlib import Path
from shlex import quote

from learnermax_cli.core.errors import ConfigError, GuardError


def require_ignored(path: Path) -> None:
    """Raise GuardError for a file that git tracks, does not ignore, or of which git can't tell."""
    try:
        folder = path.parent.resolve()
    except OSError:  # the working directory itself is gone
        raise ConfigError(f"folder {path.parent} does not exist", hint="Create it first.") from None
    if not _in_repository(folder):
        return
    # Both commands: 0 is yes, 1 is no, anything else is a failure [doc git-ls-files, git-check-ignore].
    # A leading ./ keeps a name that starts with a colon from being read as a pattern.
    tracked = _git(folder, "ls-files", "--error-unmatch", "--", f"./{path.name}")
    ignored = 1 if tracked == 0 else _git(folder, "check-ignore", "--quiet", "--", f"./{path.name}")
    if tracked == 1 and ignored == 0:
        return
    problem, remedy = "is not ignored by git", f"Add {path.name} to .gitignore"
    if tracked == 0:
        problem, remedy = "is tracked by git", f"Run git rm --cached {quote(path.name)}, add it to .gitignore"
    if tracked not in (0, 1) or ignored not in (0, 1):
        problem = "is in a git repository, and git can't tell whether it is ignored"
        remedy = "See what git status says there"
    raise GuardError(
        f"{path} {problem}: keys in it could be committed",
        hint=f"{remedy}, or name another with --env-file.",
        code="guard.git",
    )


def _in_repository(folder: Path) -> bool:
    return any((parent / ".git").exists() for parent in (folder, *folder.parents))


def _git(folder: Path, *args: str) -> int:
    # GIT_DIR and its like would make git look at another repository than the one around the file.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    try:
        run = subprocess.run(  # noqa: S603 - git, found on PATH, with a file name behind `--`
            ["git", "-C", str(folder), *args],  # noqa: S607
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=30,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return -1
    return run.returncode
