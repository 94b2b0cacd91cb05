"""Views of `lmx secrets`: keys here and there, in one version and in several."""

import json
from collections.abc import Mapping

from tests.running import Sandbox
from tests.secrets.support import NAME, OTHER, api_keys, create_secret, put_secret, write_env
from tests.views.courses import nothing
from tests.views.model import View, Words

_SIGNING = "whsec_" + "a1b2C3d4" * 5
_FORMER = "whsec_" + "z9y8X7w6" * 5


def _here(sandbox: Sandbox) -> None:
    write_env(sandbox, {**api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": _SIGNING})


def _same(sandbox: Sandbox) -> None:
    _here(sandbox)
    create_secret(sandbox, {**api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": _SIGNING})


def _differs(sandbox: Sandbox) -> None:
    write_env(sandbox, api_keys(sandbox))
    keys = {**api_keys(sandbox), "STRIPE_SECRET_KEY": "sk_" + "test_" + "51" + "Other" * 20}
    more = {"STRIPE_WEBHOOK_SECRET": _SIGNING, "STRIPE_WEBHOOK_SECRET_PREVIOUS": _FORMER, "SENDGRID_" + "x" * 80: "k"}
    create_secret(sandbox, {**keys, **more})


def _two_versions(sandbox: Sandbox) -> Words:
    _same(sandbox)
    put_secret(sandbox, {**api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": _FORMER}, OTHER)
    return {"CURRENT": OTHER}


def _scheduled(sandbox: Sandbox) -> None:
    _same(sandbox)
    sandbox.secretsmanager().delete_secret(SecretId=NAME)


def _only_there(sandbox: Sandbox) -> None:
    (sandbox.cwd / ".env.local").unlink(missing_ok=True)
    create_secret(sandbox, {**api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": _SIGNING})


def _other_file(sandbox: Sandbox) -> None:
    _only_there(sandbox)
    write_env(sandbox, {**api_keys(sandbox), "STRIPE_WEBHOOK_SECRET": _FORMER, "EDITOR": json.dumps("vi [x]")})


_PREVIEW = {"LMX_ENVIRONMENT": "preview"}
_NO_KEYS: Mapping[str, str | None] = {**_PREVIEW, "STRIPE_SECRET_KEY": None, "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": None}

VIEWS = (
    View("secrets status nothing", nothing, "secrets status", env=_NO_KEYS, reads=True),
    View("secrets status same", _same, "secrets status", env=_PREVIEW, reads=True),
    View("secrets status differs", _differs, "secrets status --exit-code", env=_PREVIEW, ends=8, reads=True),
    View("secrets push plan", _here, "secrets push --dry-run", env=_PREVIEW, reads=True),
    View("secrets push", _here, "secrets push", env=_PREVIEW),
    View("secrets push unverified", _here, "secrets push --no-verify", env=_PREVIEW),
    View("secrets push again", _same, "secrets push", env=_PREVIEW, reads=True),
    View("secrets push replace", _differs, "secrets push --prune", env=_PREVIEW, answer="y"),
    View("secrets push declined", _differs, "secrets push", env=_PREVIEW, answer="n", ends=1),
    View("secrets push restore", _scheduled, "secrets push --restore --yes", env=_PREVIEW),
    View("secrets pull", _only_there, "secrets pull", env=_PREVIEW),
    View("secrets pull plan", _only_there, "secrets pull --dry-run", env=_PREVIEW, reads=True),
    View("secrets pull again", _same, "secrets pull", env=_PREVIEW),
    View("secrets pull replace", _other_file, "secrets pull", env=_PREVIEW, answer="y"),
    View("secrets rollback plan", _two_versions, "secrets rollback --dry-run", env=_PREVIEW, reads=True),
    View("secrets rollback", _two_versions, "secrets rollback", env=_PREVIEW, answer="y"),
    View("secrets rollback declined", _two_versions, "secrets rollback", env=_PREVIEW, answer="n", ends=1),
    View("secrets rollback again", _two_versions, "secrets rollback --to {CURRENT}", env=_PREVIEW, reads=True),
)
