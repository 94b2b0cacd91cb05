"""Writes a file of keys: never where git could commit it, readable by its owner alone, and in one step."""

import os
import stat
import subprocess
from pathlib import Path
from shlex import quote

from learnermax_cli.core.errors import ConfigError, FailedError, GuardError


def require_plain_file(path: Path) -> None:
    """Raise GuardError for a symbolic link, ConfigError where no plain file is or could be."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        if path.parent.is_dir():
            return
        raise ConfigError(
            f"folder {path.parent} does not exist", hint="Create it first.", code="config.env_file"
        ) from None
    except OSError as error:
        raise _unwritable(path, error) from None
    if stat.S_ISLNK(mode):
        raise GuardError(
            f"{path} is a symbolic link: keys could land anywhere",
            hint="Name the real file with --env-file.",
            code="guard.symlink",
        )
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path} is not a file", hint="Name a file with --env-file.", code="config.env_file")


def require_ignored(path: Path) -> None:
    """Raise GuardError for a file that git tracks or does not ignore, or when git can't be asked."""
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
        problem = "is in a git repository, and git failed to say whether it is ignored"
        remedy = "Run git status there to see why"
    raise GuardError(
        f"{path} {problem}: keys in it could be committed",
        hint=f"{remedy}, or name another with --env-file.",
        code="guard.git",
    )


def write_private_file(path: Path, text: str) -> None:
    """Replace a file's content, mode 600; a crash leaves the old content or the new one. Raises FailedError."""
    # The new content is written in a folder that ignores itself, so that what a kill leaves is never committed; the
    # next write removes it.
    folder = path.parent / f".{path.name.lstrip('.')}.lmx"
    try:
        _clear(folder)
        folder.mkdir(mode=0o700)
        try:
            _write(folder / ".gitignore", "*\n")
            _write(folder / "new", text)
            (folder / "new").replace(path)
            _sync(path.parent)
        finally:
            _clear(folder)
    except OSError as error:
        raise _unwritable(path, error) from None


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


def _write(path: Path, text: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text.encode("utf-8"))
        file.flush()
        os.fsync(file.fileno())


def _clear(folder: Path) -> None:
    if folder.is_symlink() or not folder.exists():
        return
    # Keys first: what is left of the folder afterwards is harmless.
    for name in ("new", ".gitignore"):
        (folder / name).unlink(missing_ok=True)
    folder.rmdir()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _unwritable(path: Path, error: OSError) -> FailedError:
    return FailedError(
        f"{path} can't be written: {error.strerror}",
        hint="Check its folder's permissions and the disk, then run the command again.",
        code="failed.env_file",
    )
