"""Secrets and env files that lmx refuses to write, or to read."""

import os
import subprocess
from collections.abc import Mapping
from datetime import UTC

from tests.failures.model import PREVIEW, PROD, Failure, World, all_of, holding
from tests.running import Sandbox
from tests.secrets import support
from tests.secrets.support import FIRST, NAME

_KEY, _PUBLISHABLE = "STRIPE_SECRET_KEY", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY"


def _secret(content: Mapping[str, object] | None = None, mode: str = "test") -> World:
    """Return a world with a stored secret; without content, with the API keys."""
    return lambda sandbox: support.create_secret(
        sandbox, support.api_keys(sandbox, mode) if content is None else content
    )


def _text(text: str) -> World:
    def world(sandbox: Sandbox) -> None:
        sandbox.secretsmanager().create_secret(Name=NAME, SecretString=text, ClientRequestToken=FIRST)

    return world


def _second(sandbox: Sandbox) -> None:
    support.put_secret(sandbox, {"other": "1"})


def _deleted(sandbox: Sandbox) -> dict[str, str]:
    support.create_secret(sandbox, {})
    answer = sandbox.secretsmanager().delete_secret(SecretId=NAME)
    return {"date": f"{answer['DeletionDate'].astimezone(UTC):%Y-%m-%d %H:%M}"}


def _live_beside_test(sandbox: Sandbox) -> None:
    live = support.api_keys(sandbox, "live")
    support.write_env(sandbox, {**support.api_keys(sandbox), _PUBLISHABLE: live[_PUBLISHABLE]})


def _swapped(sandbox: Sandbox) -> None:
    keys = support.api_keys(sandbox)
    support.write_env(sandbox, {_KEY: keys[_PUBLISHABLE], _PUBLISHABLE: keys[_KEY]})


def _no_signing_secret(sandbox: Sandbox) -> None:
    support.write_env(sandbox, {**support.api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": sandbox.info.secret_key})


def _live(sandbox: Sandbox) -> None:
    support.write_env(sandbox, support.api_keys(sandbox, "live"))


def _repository(sandbox: Sandbox) -> None:
    subprocess.run(["git", "init", "-q", str(sandbox.cwd)], check=True)


def _tracked(sandbox: Sandbox) -> None:
    _repository(sandbox)
    (sandbox.cwd / "my keys").write_text("A=1\n", encoding="utf-8")
    subprocess.run(["git", "-C", str(sandbox.cwd), "add", "my keys"], check=True)


def _broken_repository(sandbox: Sandbox) -> None:
    (sandbox.cwd / ".git").mkdir()


def _pipe(sandbox: Sandbox) -> None:
    os.mkfifo(sandbox.cwd / "pipe")


def _linked(sandbox: Sandbox) -> None:
    (sandbox.cwd / "link").symlink_to("file")


def _in_git(command: str, what: str, hint: str, world: World) -> Failure:
    message = f"{what}: keys in it could be committed"
    return Failure(command, 5, message, f"{hint}, or name another with --env-file.", all_of(_secret(), world))


FAILURES = (
    Failure(
        "secrets push -e prod",
        3,
        f"{_KEY} and {_PUBLISHABLE} missing in the process environment, and there is no .env.local in $folder, "
        "which is in no git repository",
        "In the project's directory: cp .env.example .env.prod.local, fill it in, and add --env-file .env.prod.local",
        lambda sandbox: {"folder": str(sandbox.cwd)},
        env={**PROD, _KEY: None, _PUBLISHABLE: None},
    ),
    Failure(
        "secrets push",
        3,
        f"{_KEY} and {_PUBLISHABLE} missing in the process environment, and there is no .env.local in $folder, "
        "which is in no git repository",
        "In the project's directory: cp .env.example .env.local, and fill it in; or name a file with --env-file.",
        lambda sandbox: {"folder": str(sandbox.cwd)},
        env={**PREVIEW, _KEY: None, _PUBLISHABLE: None},
    ),
    Failure(
        "secrets push",
        3,
        f"{_KEY} is a test mode key, {_PUBLISHABLE} a live mode key",
        "Copy both from the same page of the Stripe dashboard.",
        _live_beside_test,
        PREVIEW,
    ),
    Failure(
        "secrets push",
        3,
        f"{_KEY} holds a publishable key, not a secret or restricted one",
        "Copy the right one from the Stripe dashboard: it starts with sk_ or rk_",
        _swapped,
        PREVIEW,
    ),
    Failure(
        "secrets push",
        3,
        "STRIPE_WEBHOOK_SECRET holds a secret key, not a webhook one",
        "Copy the right one from the Stripe dashboard: it starts with whsec_",
        _no_signing_secret,
        PREVIEW,
    ),
    Failure(
        "secrets push",
        5,
        "live mode keys do not fit environment preview, which takes test mode keys",
        "Use other keys or another environment (-e); if intended, pass --allow-mode-mismatch.",
        _live,
        PREVIEW,
    ),
    Failure(
        "secrets push -e sandbox",
        3,
        f"the value of secret {NAME} is not JSON",
        "Make an earlier version current (lmx secrets rollback -e sandbox), or store a JSON object, at least {}, "
        "in the account and region of this run.",
        _text("plain"),
    ),
    Failure(
        "secrets push",
        3,
        "the secret would hold 65681 bytes, more than 65536",
        "Drop keys that do not belong there: lmx secrets push --prune",
        _secret({"other": "x" * 65_400}),
    ),
    Failure(
        "secrets push",
        5,
        f"secret {NAME} is owned by rds: one writer would overwrite the other",
        "Keep the keys in another secret: --secret-name.",
        lambda sandbox: support.create_owned_secret(sandbox, {}),
    ),
    Failure(
        "secrets push --secret-name learnermax-abc123",
        3,
        "secret learnermax-abc123 does not exist, and can't be created: its name must not end in a "
        "hyphen and six characters, as the end of an ARN does",
        "Use another name with --secret-name or LMX_STRIPE_SECRET_NAME.",
    ),
    Failure(
        "secrets status",
        3,
        f"secret {NAME} is scheduled for deletion ($date UTC)",
        "Restore it with lmx secrets push --restore, or use another with --secret-name.",
        _deleted,
    ),
    Failure(
        "secrets rollback",
        1,
        f"secret {NAME} has no earlier version",
        "To store other keys: lmx secrets push",
        _secret({}),
    ),
    Failure(
        "secrets rollback",
        5,
        "confirmation required, but there is no terminal",
        f"If this is the right version: lmx secrets rollback --yes --to {FIRST}",
        all_of(_secret({}), _second),
    ),
    Failure(
        f"secrets rollback --to {FIRST}",
        3,
        f"the value of secret {NAME}, version {FIRST}, is not JSON",
        "Name another version: lmx secrets rollback --to VERSION",
        all_of(_text("plain"), _second),
    ),
    Failure(
        "secrets pull",
        3,
        f"secret {NAME} holds no Stripe keys",
        "Store them: lmx secrets push",
        _secret({"other": "1"}),
    ),
    Failure(
        "secrets pull",
        5,
        "the secret holds live mode keys, which do not belong in a file by mistake",
        "If intended, pass --allow-live.",
        _secret(mode="live"),
    ),
    Failure("secrets pull --env-file pipe", 3, "pipe is not a file", "Name a file with --env-file.", _pipe),
    Failure("secrets pull --env-file no/file", 3, "folder no does not exist", "Create it first.", _secret()),
    Failure(
        "secrets pull --env-file link",
        5,
        "link is a symbolic link: keys could land anywhere",
        "Name the real file with --env-file.",
        all_of(_secret(), _linked),
    ),
    _in_git("secrets pull", ".env.local is not ignored by git", "Add .env.local to .gitignore", _repository),
    _in_git(
        "secrets pull --env-file 'my keys'",
        "my keys is tracked by git",
        "Run git rm --cached 'my keys', add it to .gitignore",
        _tracked,
    ),
    _in_git(
        "secrets pull",
        ".env.local is in a git repository, and git failed to say whether it is ignored",
        "Run git status there to see why",
        _broken_repository,
    ),
    Failure(
        "secrets pull --env-file file",
        3,
        "env file file can't be understood at line 1",
        "Check the quotes there; a line reads NAME=value.",
        all_of(_secret(), holding("file", "STRIPE_SECRET_KEY='x\n")),
    ),
)
