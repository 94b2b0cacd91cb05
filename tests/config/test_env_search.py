"""Where the env file is looked for, and which files above the working directory are not believed."""

import os
from pathlib import Path

import pytest

from learnermax_cli.config.env_search import EnvSearch, file_to_write, require_trusted, search_env_file
from learnermax_cli.core.errors import ConfigError

HERE = Path(".env.local")


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with an env file at its top, in a folder with another one."""
    top = tmp_path / "repository"
    (top / ".git").mkdir(parents=True)
    (top / "app" / "src").mkdir(parents=True)
    for folder in (tmp_path, top):
        (folder / ".env.local").touch()
    return top


def _search(folder: Path, monkeypatch: pytest.MonkeyPatch) -> EnvSearch:
    monkeypatch.chdir(folder)
    return search_env_file()


def test_file_in_the_working_directory_is_the_first(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether or not it is a repository."""
    assert HERE == _search(repository, monkeypatch).path
    assert HERE == _search(repository.parent, monkeypatch).path


def test_nearest_file_above_counts(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One folder of a repository may have its own."""
    assert repository / HERE == _search(repository / "app" / "src", monkeypatch).path
    (repository / "app" / HERE).touch()
    assert repository / "app" / HERE == _search(repository / "app" / "src", monkeypatch).path


def test_nothing_above_the_repository_counts(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names what was looked through."""
    (repository / HERE).unlink()
    app = repository / "app"
    assert EnvSearch(None, f"there is no .env.local in {repository}") == _search(repository, monkeypatch)
    assert EnvSearch(None, f"there is no .env.local in {app}, nor above it up to {repository}") == _search(
        app, monkeypatch
    )


@pytest.mark.parametrize("kind", ["file", "folder"])
def test_repository_inside_another_ends_the_search(
    repository: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """A clone has a folder `.git`, a submodule and a worktree have a file."""
    inner = repository / "app"
    (inner / ".git").touch() if kind == "file" else (inner / ".git").mkdir()
    assert None is _search(inner / "src", monkeypatch).path


def test_outside_of_a_repository_only_the_working_directory_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of a home folder are not read by chance."""
    (tmp_path / HERE).touch()
    inner = tmp_path / "inner"
    inner.mkdir()
    reason = f"there is no .env.local in {inner}, which is in no git repository"
    assert EnvSearch(None, reason) == _search(inner, monkeypatch)


def test_linked_folder_is_where_it_really_is(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As git sees it."""
    link = tmp_path / "link"
    link.symlink_to(repository / "app")
    assert repository / HERE == _search(link, monkeypatch).path


def test_link_that_leads_nowhere_is_the_file(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading it fails: another file in its place would be a guess."""
    (repository / "app" / HERE).symlink_to("gone")
    assert HERE == _search(repository / "app", monkeypatch).path


def test_working_directory_that_is_gone_has_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands that need none go on."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert EnvSearch(None, "the working directory is gone") == search_env_file()


def test_keys_are_written_to_the_file_that_is_read(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a second one, nearer, would count from then on; without one it is made in the working directory."""
    monkeypatch.chdir(repository / "app")
    assert repository / HERE == file_to_write()
    (repository / HERE).unlink()
    assert HERE == file_to_write()


def test_file_above_that_everyone_may_write_is_refused(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Anybody of the machine could set where keys come from."""
    path = repository / HERE
    path.chmod(0o666)
    monkeypatch.chdir(repository / "app")
    with pytest.raises(ConfigError) as refused:
        file_to_write()
    message = f"env file {path}, found above the working directory, can be written by everyone"
    hint = f"Change that, or name the file if you trust it: --env-file {path}"
    assert (message, hint) == (refused.value.message, refused.value.hint)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to give a file to another user")
@pytest.mark.parametrize("linked", [False, True])
def test_file_above_of_another_user_is_refused(tmp_path: Path, *, linked: bool) -> None:
    """As git refuses a repository of another user; a link of theirs counts as their file."""
    path = tmp_path / HERE
    (tmp_path / "target").touch()
    path.symlink_to("target") if linked else path.touch()
    os.chown(path, 12345, -1, follow_symlinks=False)
    with pytest.raises(ConfigError, match="belongs to another user \\(uid 12345\\)"):
        require_trusted(path)
