"""Writing a private file in one step."""

from pathlib import Path

import pytest

from learnermax_cli.core.errors import ConfigError, FailedError, GuardError
from learnermax_cli.secrets.private_file import require_plain_file, write_private_file


def test_replaces_in_one_step(tmp_path: Path) -> None:
    """The file is a new one with the new content, mode 600, and nothing else is left."""
    path = tmp_path / ".env"
    path.write_text("old")
    path.chmod(0o644)
    old = path.open()

    write_private_file(path, "new\r\n")

    assert ("old", b"new\r\n", 0o600) == (old.read(), path.read_bytes(), path.stat().st_mode & 0o777)
    assert [path] == list(tmp_path.iterdir())
    old.close()


def test_clears_what_a_kill_left(tmp_path: Path) -> None:
    """The leftovers of a killed run go away with the next."""
    left = tmp_path / ".env.lmx"
    left.mkdir()
    (left / ".gitignore").write_text("*\n")
    (left / "new").write_text("keys")

    write_private_file(tmp_path / ".env", "new")

    assert [tmp_path / ".env"] == list(tmp_path.iterdir())


def test_link_in_place_of_the_folder(tmp_path: Path) -> None:
    """A link that somebody laid where the content waits is not followed."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".env.lmx").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(FailedError):
        write_private_file(tmp_path / ".env", "new")

    assert [] == list((tmp_path / "elsewhere").iterdir())


@pytest.mark.parametrize("name", ["file", "new"])
def test_plain_file(tmp_path: Path, name: str) -> None:
    """A file, and a name that is free, are fine."""
    (tmp_path / "file").write_text("")
    require_plain_file(tmp_path / name)


def test_what_is_no_plain_file(tmp_path: Path) -> None:
    """A link, a folder and a name in no folder are not."""
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")
    (tmp_path / "folder").mkdir()

    with pytest.raises(GuardError):
        require_plain_file(tmp_path / "link")
    for path in (tmp_path / "folder", tmp_path / "no" / "where"):
        with pytest.raises(ConfigError):
            require_plain_file(path)
