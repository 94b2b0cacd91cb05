"""`lmx secrets pull`, end to end."""

from pathlib import Path

import pytest

from tests.running import Sandbox
from tests.secrets.support import (
    NAME,
    PREVIEW,
    WEBHOOK,
    api_keys,
    create_secret,
    document,
    ending,
    write_env,
)

OTHER_KEY = "sk_" + "test_" + "other" * 5


def mode(path: Path) -> int:
    """Return a file's permissions."""
    return path.stat().st_mode & 0o777


def test_new_file(sandbox: Sandbox) -> None:
    """A file that is not there is made, readable by its owner alone, and nothing else is left behind."""
    create_secret(sandbox, {**api_keys(sandbox), "foreign": "X"})

    run = sandbox.run("secrets", "pull", *PREVIEW)

    path = sandbox.cwd / ".env.local"
    lines = [f"{name}={value}\n" for name, value in api_keys(sandbox).items()]
    assert (0, "".join(lines), 0o600) == (run.returncode, path.read_text(), mode(path))
    assert [".env.local"] == [child.name for child in sandbox.cwd.iterdir()]


def test_new_named_file(sandbox: Sandbox) -> None:
    """--env-file may name a file that does not exist yet."""
    create_secret(sandbox, api_keys(sandbox))

    run = sandbox.run("secrets", "pull", *PREVIEW, "--env-file", "new.env")

    assert (0, True, False) == (
        run.returncode,
        (sandbox.cwd / "new.env").exists(),
        (sandbox.cwd / ".env.local").exists(),
    )


def test_other_lines_stay(sandbox: Sandbox) -> None:
    """Comments, order, other names and export stay; keys are set in place; permissions become 600."""
    keys = api_keys(sandbox)
    create_secret(sandbox, keys)
    path = sandbox.cwd / ".env.local"
    path.write_text(f"# mine\nexport STRIPE_SECRET_KEY='{OTHER_KEY}'  # old\n\nA=\"1 2\"\n")
    path.chmod(0o644)

    run = sandbox.run("secrets", "pull", *PREVIEW, "--yes")

    public = keys["NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"]
    text = (
        f'# mine\nexport STRIPE_SECRET_KEY={keys["STRIPE_SECRET_KEY"]}  # old\n\nA="1 2"\n'
        f"NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY={public}\n"
    )
    assert (0, text, 0o600) == (run.returncode, path.read_text(), mode(path))
    assert "~ update env file .env.local" in map(str.strip, run.stdout.splitlines())


@pytest.mark.parametrize(("signing", "told"), [({"STRIPE_WEBHOOK_SECRET": WEBHOOK}, 1), ({}, 0)])
def test_signing_secret_in_a_file_is_told_to_stay_as_it_is(
    sandbox: Sandbox, signing: dict[str, str], told: int
) -> None:
    """A receiver that has it from a file does not look in the secret any more."""
    create_secret(sandbox, {**api_keys(sandbox), **signing})

    lines = sandbox.run("secrets", "pull").stdout.splitlines()

    note = "A receiver started with this file keeps its STRIPE_WEBHOOK_SECRET when "
    assert told == lines.count(f"{note}lmx webhooks create replaces the stored one.")


def test_only_stripe_keys_are_taken(sandbox: Sandbox) -> None:
    """Whoever writes the secret can't set other variables here."""
    create_secret(sandbox, {**api_keys(sandbox), "NODE_OPTIONS": "--require evil"})

    sandbox.run("secrets", "pull", *PREVIEW)

    assert "NODE_OPTIONS" not in (sandbox.cwd / ".env.local").read_text()


def test_second_pull_writes_nothing(sandbox: Sandbox) -> None:
    """A file that holds the keys is left as it is, down to its inode; too wide permissions are warned of."""
    create_secret(sandbox, api_keys(sandbox))
    sandbox.run("secrets", "pull", *PREVIEW)
    path = sandbox.cwd / ".env.local"
    path.chmod(0o644)
    before = (path.stat().st_ino, path.stat().st_mtime_ns)

    run = sandbox.run("secrets", "pull", *PREVIEW)

    assert (0, before) == (run.returncode, (path.stat().st_ino, path.stat().st_mtime_ns))
    assert ("Nothing to do" in run.stdout, "chmod 600" in run.stderr) == (True, True)


def test_dry_run(sandbox: Sandbox) -> None:
    """A dry run shows the plan and leaves the folder as it was."""
    create_secret(sandbox, api_keys(sandbox))

    run = sandbox.run("secrets", "pull", *PREVIEW, "--dry-run", "-o", "json")

    assert (0, "planned") == (run.returncode, document(run)["changes"][0]["outcome"])
    assert [] == list(sandbox.cwd.iterdir())


def test_replacing_needs_a_yes(sandbox: Sandbox) -> None:
    """A differing key in the file is not replaced without a yes."""
    create_secret(sandbox, api_keys(sandbox))
    path = write_env(sandbox, {"STRIPE_SECRET_KEY": OTHER_KEY})

    run = sandbox.run("secrets", "pull", *PREVIEW, "-o", "json")

    assert (5, "guard.confirm") == ending(run)
    assert f"STRIPE_SECRET_KEY={OTHER_KEY}\n" == path.read_text()


def test_filling_an_empty_name_needs_none(sandbox: Sandbox) -> None:
    """A name without a value, as in a copied example file, is filled without asking."""
    create_secret(sandbox, api_keys(sandbox))
    path = write_env(sandbox, {"STRIPE_SECRET_KEY": ""})

    assert 0 == sandbox.run("secrets", "pull", *PREVIEW).returncode
    assert sandbox.info.secret_key in path.read_text()


def test_live_keys(sandbox: Sandbox) -> None:
    """Live keys come into a file only when that is meant."""
    create_secret(sandbox, api_keys(sandbox, "live"), "learnermax/stripe-keys-prod")

    refused = sandbox.run("secrets", "pull", "-e", "prod", "-o", "json")
    assert (5, "guard.live") == ending(refused)
    assert "--allow-live" in document(refused)["error"]["hint"]
    assert [] == list(sandbox.cwd.iterdir())

    assert 0 == sandbox.run("secrets", "pull", "-e", "prod", "--allow-live").returncode


def test_symbolic_link(sandbox: Sandbox) -> None:
    """Keys are not written through a link, dangling or not."""
    create_secret(sandbox, api_keys(sandbox))
    target = sandbox.home / "target"
    (sandbox.cwd / ".env.local").symlink_to(target)

    assert (5, "guard.symlink") == ending(sandbox.run("secrets", "pull", *PREVIEW, "-o", "json"))
    target.write_text("A=1\n")
    assert (5, "guard.symlink") == ending(sandbox.run("secrets", "pull", *PREVIEW, "-o", "json"))
    assert "A=1\n" == target.read_text()


def test_folder_that_is_not_there(sandbox: Sandbox) -> None:
    """A file can't be made in a folder that does not exist."""
    create_secret(sandbox, api_keys(sandbox))

    run = sandbox.run("secrets", "pull", *PREVIEW, "--env-file", "no/where.env", "-o", "json")

    assert (3, "config.env_file") == ending(run)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        ({}, "config.key_missing"),
        ({"foreign": "x"}, "config.key_missing"),
        ({"STRIPE_SECRET_KEY": "two\nlines"}, "config.key"),
        ({"STRIPE_SECRET_KEY": {"nested": 1}}, "config.key"),
    ],
)
def test_secret_without_good_keys(sandbox: Sandbox, content: dict[str, object], code: str) -> None:
    """What is not a Stripe key is not written to a file."""
    create_secret(sandbox, content)

    assert (3, code) == ending(sandbox.run("secrets", "pull", *PREVIEW, "-o", "json"))
    assert [] == list(sandbox.cwd.iterdir())


def test_no_secret(sandbox: Sandbox) -> None:
    """A missing secret names the command that makes it."""
    run = sandbox.run("secrets", "pull", *PREVIEW, "-o", "json")

    assert (3, "config.secret_missing") == ending(run)
    assert "lmx secrets push" in document(run)["error"]["hint"]


def test_scheduled_for_deletion(sandbox: Sandbox) -> None:
    """A secret that can't be read is explained."""
    create_secret(sandbox, api_keys(sandbox))
    sandbox.secretsmanager().delete_secret(SecretId=NAME)

    assert (3, "config.secret_deleted") == ending(sandbox.run("secrets", "pull", *PREVIEW, "-o", "json"))
