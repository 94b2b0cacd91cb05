"""`lmx secrets pull` in a git repository: keys never go into a file that could be committed."""

import subprocess
from pathlib import Path

from tests.running import Sandbox
from tests.secrets.support import PREVIEW, WEBHOOK, api_keys, create_secret, document, ending, write_env


def git(sandbox: Sandbox, *args: str) -> None:
    """Run git where lmx runs."""
    subprocess.run(["git", *args], cwd=sandbox.cwd, env={**sandbox.env}, check=True, capture_output=True)


def test_file_that_git_does_not_ignore(sandbox: Sandbox) -> None:
    """In a repository the file must be ignored; once it is, the pull goes through."""
    create_secret(sandbox, {**api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": WEBHOOK})
    git(sandbox, "init")

    run = sandbox.run("secrets", "pull", *PREVIEW, "-o", "json")
    assert (5, "guard.git") == ending(run)
    assert ".env.local is not ignored by git: keys in it could be committed" == document(run)["error"]["message"]

    (sandbox.cwd / ".gitignore").write_text(".env.local\n")
    assert 0 == sandbox.run("secrets", "pull", *PREVIEW).returncode


def test_file_that_git_tracks(sandbox: Sandbox) -> None:
    """A tracked file is refused, ignored or not."""
    create_secret(sandbox, api_keys(sandbox))
    git(sandbox, "init")
    (sandbox.cwd / ".gitignore").write_text(".env.local\n")
    path = write_env(sandbox, {"A": "1"})
    git(sandbox, "add", "--force", ".env.local")

    run = sandbox.run("secrets", "pull", *PREVIEW, "-o", "json")

    assert (5, "guard.git") == ending(run)
    assert ".env.local is tracked by git: keys in it could be committed" == document(run)["error"]["message"]
    assert "A=1\n" == path.read_text()


def test_repository_without_git(sandbox: Sandbox) -> None:
    """In a repository that nobody can ask, nothing is written."""
    create_secret(sandbox, api_keys(sandbox))
    git(sandbox, "init")
    (sandbox.cwd / ".gitignore").write_text(".env.local\n")

    run = sandbox.run("secrets", "pull", *PREVIEW, "-o", "json", env={"PATH": str(sandbox.home)})

    assert (5, "guard.git") == ending(run)
    assert "git failed to say whether it is ignored" in document(run)["error"]["message"]


def test_other_repository_in_the_environment(sandbox: Sandbox, tmp_path: Path) -> None:
    """GIT_DIR does not make git look elsewhere."""
    create_secret(sandbox, api_keys(sandbox))
    git(sandbox, "init")

    run = sandbox.run("secrets", "pull", *PREVIEW, "-o", "json", env={"GIT_DIR": str(tmp_path / "nowhere")})

    assert ".env.local is not ignored by git: keys in it could be committed" == document(run)["error"]["message"]


def test_name_that_looks_like_a_pattern(sandbox: Sandbox) -> None:
    """A file name with git's pattern signs is taken as a name."""
    create_secret(sandbox, api_keys(sandbox))
    git(sandbox, "init")
    (sandbox.cwd / ".gitignore").write_text("*.env\n")

    run = sandbox.run("secrets", "pull", *PREVIEW, "--env-file", ":(top)x.env")

    assert (0, True) == (run.returncode, (sandbox.cwd / ":(top)x.env").exists())
