"""lmx from wherever an operator stands: which env file counts, and that every command says so."""

import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.checkout import worlds as checkout
from tests.ran import Ran
from tests.running import Sandbox

FILE = Path(".env.local")
GIT = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null", "PATH": "/usr/bin:/bin:/usr/local/bin"}
COMMIT = ("-c", "user.name=t", "-c", "user.email=t@x.test", "commit", "-q", "--allow-empty", "-m", "c")
Go = Callable[[Path], Path]
"""Makes what a case needs beside the project, in which it returns where to stand."""


def git(folder: Path, *args: str) -> None:
    """Run git in a folder, without the settings of the machine."""
    subprocess.run(["git", *args], cwd=folder, env=GIT, check=True, capture_output=True)


def folder(path: Path) -> Path:
    """Make a folder."""
    path.mkdir(parents=True, exist_ok=True)
    return path


def repository(path: Path) -> Path:
    """Make a git repository."""
    git(folder(path), "init", "-q")
    return path


def _worktree(project: Path) -> Path:
    git(project, *COMMIT)
    git(project, "worktree", "add", "-q", str(project / "trees" / "one"))
    return folder(project / "trees" / "one" / "src")


def _submodule(project: Path) -> Path:
    git(repository(project.parent / "library"), *COMMIT)
    git(project, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(project.parent / "library"), "lib")
    return folder(project / "lib" / "src")


def _linked(project: Path) -> Path:
    link = project.parent / "elsewhere"
    link.symlink_to(folder(project / "apps" / "web"))
    return link


def _linked_to_other(project: Path) -> Path:
    other = folder(repository(project.parent / "other") / "src")
    (project / "other").symlink_to(other)
    return project / "other"


# From where, and the file that counts there: that of the working directory, that of the project, or none.
FROM: Mapping[str, tuple[Go, str]] = {
    "root": (lambda project: project, "here"),
    "sub-directory": (lambda project: folder(project / "apps" / "web"), "project"),
    "sub-directory by a link": (_linked, "project"),
    "git directory": (lambda project: project / ".git", "project"),
    "worktree": (_worktree, "none"),
    "submodule": (_submodule, "none"),
    "other repository inside": (lambda project: repository(project / "vendor" / "other"), "none"),
    "other repository by a link": (_linked_to_other, "none"),
    "other repository": (lambda project: repository(project.parent / "other"), "none"),
    "outside": (lambda project: folder(project.parent / "notes"), "none"),
    "folder above": (lambda project: project.parent, "none"),
}
# One command of each group that reads settings.
COMMANDS: Mapping[str, tuple[str, ...]] = {
    "config": ("config",),
    "doctor": ("doctor",),
    "secrets": ("secrets", "status"),
    "courses": ("courses", "list"),
    "products": ("products", "list"),
    "checkout": ("checkout", "show", "cs_test_" + "a1" * 29),
    "enrollments": ("enrollments", "list"),
    "webhooks": ("webhooks", "list"),
}


@pytest.fixture
def project(sandbox: Sandbox) -> Path:
    """A git repository whose env file names the table to work with."""
    path = repository(sandbox.cwd / "project")
    (path / FILE).write_text("EDUCATION_TABLE_NAME=learnermax-education-preview\nLMX_CURRENCY=eur\n")
    return path


def run(sandbox: Sandbox, where: Path, *args: str, env: Mapping[str, str | None] | None = None) -> Ran:
    """Run lmx in a folder, with the keys of the sandbox but nothing else of it that an env file may set."""
    unset = dict.fromkeys(("LMX_ENVIRONMENT", "EDUCATION_TABLE_NAME", "FRONTEND_URL", "TRANSACTIONAL_EMAIL_TOPIC_ARN"))
    sandbox.cwd = where
    done = sandbox.run(*args, "-o", "json", env={**unset, **(env or {})})
    return Ran.read(done.returncode, done.stdout, done.stderr)


def read(ran: Ran) -> list[str]:
    """Return the env files that a command says it reads."""
    return [line.removeprefix("Reading ") for line in ran.stderr.splitlines() if line.startswith("Reading ")]


@pytest.mark.parametrize("case", FROM)
def test_env_file_that_counts(sandbox: Sandbox, project: Path, case: str) -> None:
    """Never one above the repository that the operator stands in."""
    go, counts = FROM[case]
    where = go(project)
    ran = run(sandbox, where, "config")
    path = {"here": str(FILE), "project": str(project / FILE), "none": None}[counts]
    currency = next(item for item in ran.report["items"] if item["name"] == "LMX_CURRENCY")
    expected = ("usd", "default") if path is None else ("eur", path)
    assert (0, *expected) == (ran.exit_code, currency["value"], currency["source"])
    assert ([] if path is None else [path]) == read(ran)
    assert [] == read(run(sandbox, where, "config", "-q"))


@pytest.mark.parametrize("group", COMMANDS)
def test_every_command_says_which_file_it_reads(sandbox: Sandbox, project: Path, group: str) -> None:
    """On stderr alone, also when it fails; with -v that there is none, with -q nothing."""
    below, outside = folder(project / "apps"), folder(project.parent / "notes")
    where = str(project / FILE)
    assert [where] == read(run(sandbox, below, *COMMANDS[group]))
    assert [] == read(run(sandbox, below, *COMMANDS[group], "-q"))
    ran = run(sandbox, outside, *COMMANDS[group], "-v")
    line = f"No env file is read: there is no .env.local in {outside}, which is in no git repository"
    assert ([], 1) == (read(ran), ran.stderr.splitlines().count(line))
    assert line not in run(sandbox, outside, *COMMANDS[group]).stderr


def test_home_is_no_place_for_settings(sandbox: Sandbox, project: Path) -> None:
    """A file there counts only for who works there."""
    (sandbox.home / FILE).write_text("LMX_CURRENCY=gbp\n")
    assert [] == read(run(sandbox, folder(sandbox.home / "work"), "config"))
    assert [str(FILE)] == read(run(sandbox, sandbox.home, "config"))
    assert [str(project / FILE)] == read(run(sandbox, folder(project / "apps"), "config"))


def test_unreadable_file_above_is_an_error(sandbox: Sandbox, project: Path) -> None:
    """A link that leads nowhere stands for all: another file, or none, would be a guess."""
    below = folder(project / "apps" / "web")
    (project / "apps" / FILE).symlink_to("gone")
    ran = run(sandbox, below, "courses", "list")
    message = f"env file {project / 'apps' / FILE} does not exist"
    assert (3, message) == (ran.exit_code, ran.report["error"]["message"])


def test_file_above_that_everyone_may_write_is_refused(sandbox: Sandbox, project: Path) -> None:
    """Its remedy works as it stands; in the working directory it is the operator's own choice."""
    (project / FILE).chmod(0o666)
    below = folder(project / "apps")
    ran = run(sandbox, below, "courses", "list")
    error = ran.report["error"]
    assert (3, "config.env_file_owner") == (ran.exit_code, error["code"])
    option = error["hint"].rpartition("it: ")[2].split()
    assert (0, [str(project / FILE)]) == ((named := run(sandbox, below, "config", *option)).exit_code, read(named))
    assert [str(FILE)] == read(run(sandbox, project, "config"))


def test_push_from_elsewhere_names_the_file_that_it_did_not_find(sandbox: Sandbox, project: Path) -> None:
    """And what to do."""
    outside = folder(project.parent / "notes")
    names = ("STRIPE_SECRET_KEY", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY")
    ran = run(sandbox, outside, "secrets", "push", "--no-verify", env=dict.fromkeys(names))
    place = f"the process environment, and there is no .env.local in {outside}, which is in no git repository"
    error = ran.report["error"]
    assert (3, f"{' and '.join(names)} missing in {place}") == (ran.exit_code, error["message"])
    assert (
        "In the project's directory: cp .env.example .env.local, and fill it in; or name a file with --env-file."
        == error["hint"]
    )


def test_status_from_elsewhere_names_it_too(sandbox: Sandbox, project: Path) -> None:
    """Else keys that stand in the project's file look as if they were missing."""
    outside = folder(project.parent / "notes")
    names = ("STRIPE_SECRET_KEY", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY")
    ran = run(sandbox, outside, "secrets", "status", env=dict.fromkeys(names))
    reason = f"there is no .env.local in {outside}, which is in no git repository"
    line = f"Compared with the Stripe keys from the process environment, which has none; {reason}."
    assert (0, True) == (ran.exit_code, line in ran.stderr.splitlines())


def test_pull_writes_the_file_that_is_read(sandbox: Sandbox, project: Path) -> None:
    """From a sub-directory too: a second file there would count from then on."""
    (project / ".gitignore").write_text(".env.local\n")
    below = folder(project / "apps")
    assert 0 == run(sandbox, project, "secrets", "push", "--yes", env={"LMX_ENVIRONMENT": "sandbox"}).exit_code
    ran = run(sandbox, below, "secrets", "pull", "--yes", env=checkout.ENV)
    assert (0, str(project / FILE), False) == (ran.exit_code, ran.report["file"], (below / FILE).exists())
    assert "STRIPE_SECRET_KEY=" in (project / FILE).read_text()


@pytest.mark.parametrize("args", [("-e", "sandbox"), ("--env-file", "other")], ids=" ".join)
def test_search_is_only_for_who_names_nothing(sandbox: Sandbox, project: Path, args: tuple[str, ...]) -> None:
    """A sandbox reads none, and a named file is the only one."""
    below = folder(project / "apps")
    (below / "other").write_text("LMX_CURRENCY=gbp\n")
    assert ([] if "sandbox" in args else ["other"]) == read(run(sandbox, below, "courses", "list", *args))
