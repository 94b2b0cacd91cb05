"""Writes a file that only its owner may read, in one step: a crash leaves the old content or the new one."""

import os
import stat
from pathlib import Path

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
            hint="Name the file that is meant with --env-file.",
            code="guard.symlink",
        )
    if not stat.S_ISREG(mode):
        raise ConfigError(f"{path} is not a file", hint="Name a file with --env-file.", code="config.env_file")


def write_private_file(path: Path, text: str) -> None:
    """Replace a file's content, mode 600; raises FailedError when the disk does not let it."""
    # The new content waits in a folder that ignores itself, so that what a kill leaves is never committed; the next
    # write clears it away.
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
        hint="Check its folder's permissions and the disk, then run again.",
        code="failed.env_file",
    )
