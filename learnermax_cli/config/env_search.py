"""Where the env file is: in the working directory, or above it inside the same git repository."""

import os
import stat
from pathlib import Path
from shlex import quote
from typing import NamedTuple

from learnermax_cli.core.errors import ConfigError

ENV_FILE = Path(".env.local")


class EnvSearch(NamedTuple):
    """The env file to read, None when there is none, and why there is none."""

    path: Path | None
    reason: str


def search_env_file() -> EnvSearch:
    """Return `.env.local` of the working directory, else the nearest above it, never above its git repository."""
    if os.path.lexists(ENV_FILE):
        return EnvSearch(ENV_FILE, "")
    try:
        here = Path.cwd()
    except OSError:
        return EnvSearch(None, "the working directory is gone")
    top = _repository(here)
    if top is None:
        return EnvSearch(None, f"there is no {ENV_FILE} in {here}, which is in no git repository")
    if top == here:
        return EnvSearch(None, f"there is no {ENV_FILE} in {here}")
    above = here.parents[: here.parents.index(top) + 1]
    found = next((folder / ENV_FILE for folder in above if os.path.lexists(folder / ENV_FILE)), None)
    return EnvSearch(found, "" if found else f"there is no {ENV_FILE} in {here}, nor above it up to {top}")


def file_to_write() -> Path:
    """Return the file that `search_env_file` finds, else the one to make; raises ConfigError for a doubtful one."""
    path = search_env_file().path or ENV_FILE
    if path.is_absolute():
        require_trusted(path)
    return path


def require_trusted(path: Path) -> None:
    """Raise ConfigError for a file of another user, or one that others may write: it sets where keys go and come from.

    Who works in a folder chose the file in it; one above, as in a shared folder, may be there unseen.
    """
    try:
        states = (path.lstat(), path.stat())
    except OSError:
        return  # reading it reports why
    owners = {os.geteuid(), 0}
    if os.geteuid() == 0 and os.environ.get("SUDO_UID", "").isdecimal():
        owners.add(int(os.environ["SUDO_UID"]))  # as git does
    foreign = next((state.st_uid for state in states if state.st_uid not in owners), None)
    if foreign is not None:
        raise _doubtful(path, f"belongs to another user (uid {foreign})")
    if states[1].st_mode & stat.S_IWOTH:
        raise _doubtful(path, "can be written by everyone")


def _doubtful(path: Path, flaw: str) -> ConfigError:
    return ConfigError(
        f"env file {path}, found above the working directory, {flaw}",
        hint=f"Change that, or name the file if you trust it: --env-file {quote(str(path))}",
        code="config.env_file_owner",
    )


def _repository(folder: Path) -> Path | None:
    """Return the top of the repository around a folder; a submodule and a worktree have a `.git` file, each its own."""
    for parent in (folder, *folder.parents):
        try:
            (parent / ".git").lstat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError:  # a repository may begin there
            return None
        return parent
    return None
