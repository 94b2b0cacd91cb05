"""The Stripe key that lmx works with, read from the secret."""

import pytest

from tests.running import Sandbox
from tests.secrets.support import NAME, PREVIEW, api_keys, create_secret, document, ending

UNSET = {"STRIPE_SECRET_KEY": None}


def test_key_from_the_secret(sandbox: Sandbox) -> None:
    """A key that is not configured is read from the secret, with one call."""
    create_secret(sandbox, api_keys(sandbox))

    run = sandbox.run("products", "list", *PREVIEW, "-o", "json", env=UNSET)

    calls = [entry["operation"] for entry in sandbox.control.journal() if entry["service"] == "secretsmanager"]
    assert (0, ["CreateSecret", "GetSecretValue"]) == (run.returncode, calls)


@pytest.mark.parametrize("content", [None, {}, {"STRIPE_SECRET_KEY": ""}, {"STRIPE_SECRET_KEY": 1}])
def test_no_key(sandbox: Sandbox, content: dict[str, object] | None) -> None:
    """A missing secret, or one without the key, names the remedy."""
    if content is not None:
        create_secret(sandbox, content)

    run = sandbox.run("products", "list", *PREVIEW, "-o", "json", env=UNSET)

    assert (3, "config.key_missing") == ending(run)
    assert "lmx secrets push" in document(run)["error"]["hint"]


def test_secret_scheduled_for_deletion(sandbox: Sandbox) -> None:
    """A secret that is going away is explained, not called missing."""
    create_secret(sandbox, api_keys(sandbox))
    sandbox.secretsmanager().delete_secret(SecretId=NAME)

    run = sandbox.run("products", "list", *PREVIEW, "-o", "json", env=UNSET)

    assert (3, "config.secret_deleted") == ending(run)
    assert "--restore" in document(run)["error"]["hint"]
