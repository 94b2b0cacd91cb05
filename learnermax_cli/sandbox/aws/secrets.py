"""Secrets Manager's backend: moto's own, corrected where AWS differs; each method names the rule it follows."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, ClassVar

from moto.secretsmanager.exceptions import (
    InvalidParameterException,
    InvalidRequestException,
    OperationNotPermittedOnReplica,
    ResourceExistsException,
    ResourceNotFoundException,
    SecretNotFoundException,
    ValidationException,
)
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, secretsmanager_backends

from learnermax_cli.sandbox.aws.secrets_handler import SandboxSecretsHandler

MAX_VALUE_BYTES = 65_536
CURRENT, PREVIOUS = "AWSCURRENT", "AWSPREVIOUS"


class SandboxSecretsBackend(SecretsManagerBackend):
    """Staging labels decide which version is current; moto keeps a second, diverging record of it."""

    now: ClassVar[Callable[[], float]] = staticmethod(time.time)

    @property
    def flask_paths(self) -> dict[str, Any]:
        """Return the handler of all requests."""
        return {"/": SandboxSecretsHandler.dispatch}

    def create_secret(self, name: str, *args: Any, **kwargs: Any) -> str:
        """Refuse a name that is scheduled for deletion with InvalidRequestException [doc CreateSecret]."""
        known = self.secrets.get(name)
        if known is not None and known.is_deleted():
            raise InvalidRequestException(
                "You can't create this secret because a secret with this name is already scheduled for deletion."
            )
        _require_size(kwargs.get("secret_string"))
        answer = super().create_secret(name, *args, **kwargs)
        if known is None:
            secret = self._active(name)
            secret.created_date = secret.last_changed_date = self._stamp()
            for version in secret.versions.values():
                version["createdate"] = secret.created_date
        return answer

    def get_secret_value(self, secret_id: str, version_id: str, version_stage: str) -> dict[str, Any]:
        """Read the version with the label, by default AWSCURRENT; a deleted secret is refused [doc GetSecretValue]."""
        secret = self._active(secret_id)
        if not version_id:
            label = version_stage or CURRENT
            version_id = _version_with(secret, label) or ""
            if not version_id:
                raise ResourceNotFoundException(
                    f"Secrets Manager can't find the specified secret value for staging label: {label}"
                )
        return super().get_secret_value(secret_id, version_id, version_stage)

    def put_secret_value(
        self,
        secret_id: str,
        secret_string: str,
        secret_binary: str,
        client_request_token: str,
        version_stages: list[str],
    ) -> str:
        """Add a version; the same token with the same value does nothing, with another one fails [doc PutSecretValue].

        AWSCURRENT moves only when no labels of one's own are given, or when it is one of them.
        """
        secret = self._active(secret_id)
        _require_size(secret_string)
        version_id = self._from_client_request_token(client_request_token)
        content = _content(secret_string, secret_binary)
        if version_id in secret.versions:
            if any(secret.versions[version_id].get(name) != content.get(name) for name in _CONTENT):
                raise _token_in_use(version_id, secret)
        else:
            first = [] if secret.versions or CURRENT in version_stages else [CURRENT]
            self._add_version(secret, version_id, content, [*version_stages, *first])
        return secret.to_short_dict(include_version_stages=True, version_id=version_id)

    def update_secret(self, secret_id: str, *_: Any, **changes: Any) -> str:
        """Change description or key, or add a version; a token in use is an error always [doc UpdateSecret]."""
        secret = self._active(secret_id)
        _require_size(changes.get("secret_string"))
        secret.description = changes.get("description") or secret.description
        secret.kms_key_id = changes.get("kms_key_id") or secret.kms_key_id
        secret.last_changed_date = self._stamp()
        content = _content(changes.get("secret_string"), changes.get("secret_binary"))
        if not content:
            return secret.to_short_dict(include_version_id=False)
        version_id = self._from_client_request_token(changes.get("client_request_token"))
        if version_id in secret.versions:
            raise _token_in_use(version_id, secret)
        self._add_version(secret, version_id, content, [CURRENT])
        return secret.to_short_dict()

    def update_secret_version_stage(
        self, secret_id: str, version_stage: str, remove_from_version_id: str, move_to_version_id: str
    ) -> tuple[str, str]:
        """Move a label, only from the version that is said to have it [doc UpdateSecretVersionStage].

        AWSPREVIOUS follows to where AWSCURRENT was. Nothing changes when the call is refused.
        """
        secret = self._active(secret_id)
        holder = _version_with(secret, version_stage)
        for version_id in filter(None, (remove_from_version_id, move_to_version_id)):
            if version_id not in secret.versions:
                raise InvalidParameterException(f"Not a valid version: {version_id}")
        if remove_from_version_id and holder != remove_from_version_id:
            raise InvalidParameterException(
                f"Staging label {version_stage} is not attached to version {remove_from_version_id}."
            )
        if holder and not remove_from_version_id and holder != move_to_version_id:
            raise InvalidParameterException(
                f"The parameter RemoveFromVersionId can't be empty. Staging label {version_stage} is currently "
                f"attached to version {holder}, so you must explicitly reference that version in RemoveFromVersionId."
            )
        if version_stage == CURRENT and not move_to_version_id:
            raise InvalidParameterException("You can't remove AWSCURRENT, you can only move it to another version.")
        self._move_label(secret, version_stage, move_to_version_id or None)
        secret.last_changed_date = self._stamp()
        return secret.arn, secret.name

    def rotate_secret(
        self,
        secret_id: str,
        client_request_token: str | None = None,
        rotation_lambda_arn: str | None = None,
        rotation_rules: dict[str, Any] | None = None,
        rotate_immediately: bool = True,
    ) -> str:
        """Turn rotation on; the sandbox has no functions, so the value stays as it is."""
        del client_request_token, rotate_immediately
        secret = self._active(secret_id)
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = rotation_lambda_arn or secret.rotation_lambda_arn
        secret.auto_rotate_after_days = (rotation_rules or {}).get("AutomaticallyAfterDays", 0)
        return secret.to_short_dict()

    def tag_resource(self, arn: str, tags: dict[str, str]) -> None:
        """Refuse to tag a secret that is scheduled for deletion [doc TagResource]."""
        self._active(arn)
        super().tag_resource(arn, tags)

    def _active(self, secret_id: str) -> FakeSecret:
        secret = self.secrets.get(secret_id)
        if secret is None:
            raise SecretNotFoundException
        if not isinstance(secret, FakeSecret):
            raise OperationNotPermittedOnReplica
        if secret.is_deleted():
            raise InvalidRequestException(
                "You can't perform this operation on the secret because it was marked for deletion."
            )
        return secret

    def _add_version(self, secret: FakeSecret, version_id: str, content: dict[str, str], labels: list[str]) -> None:
        stamp = self._stamp()
        secret.versions[version_id] = {
            "version_id": version_id, "createdate": stamp, "version_stages": [], **content,
        }  # fmt: skip
        for label in labels:
            self._move_label(secret, label, version_id)
        secret.last_changed_date = stamp

    def _move_label(self, secret: FakeSecret, label: str, version_id: str | None) -> None:
        holder = _version_with(secret, label)
        if holder == version_id:
            return
        if holder:
            secret.versions[holder]["version_stages"].remove(label)
        if version_id:
            secret.versions[version_id]["version_stages"].append(label)
        if label == CURRENT:
            secret.set_default_version_id(version_id)
            if holder:
                self._move_label(secret, PREVIOUS, holder)

    def _stamp(self) -> Any:
        return round(type(self).now(), 3)


_CONTENT = ("secret_string", "secret_binary")


def install(now: Callable[[], float]) -> None:
    """Have moto create backends of our class from now on, with the sandbox's clock."""
    SandboxSecretsBackend.now = staticmethod(now)
    secretsmanager_backends.clear()
    secretsmanager_backends.backend = SandboxSecretsBackend


def _version_with(secret: FakeSecret, label: str) -> str | None:
    return next((known for known, version in secret.versions.items() if label in version["version_stages"]), None)


def _content(secret_string: str | None, secret_binary: str | None) -> dict[str, str]:
    given = zip(_CONTENT, (secret_string, secret_binary), strict=True)
    return {name: value for name, value in given if value is not None}


def _token_in_use(token: str, secret: FakeSecret) -> ResourceExistsException:
    return ResourceExistsException(
        f"You can't use ClientRequestToken {token} because that value is already in use for a version of secret "
        f"{secret.arn}."
    )


def _require_size(secret_string: str | None) -> None:
    """Refuse more than 65,536 bytes [doc Secrets Manager quotas]."""
    if secret_string is not None and len(secret_string.encode()) > MAX_VALUE_BYTES:
        raise ValidationException(
            "1 validation error detected: Value at 'secretString' failed to satisfy constraint: "
            f"Member must have length less than or equal to {MAX_VALUE_BYTES}"
        )
