"""What an env file may set, and when it may be missing."""

from pathlib import Path

import pytest

from learnermax_cli.config.aws_access import AwsAccess
from learnermax_cli.config.settings import load_settings
from learnermax_cli.config.sources import Flags
from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.secret_text import SecretText
from tests.config.loading import KEY, load

pytestmark = pytest.mark.usefixtures("empty_folder")


@pytest.mark.parametrize(
    "line",
    [
        "STRIPE_API_BASE=https://evil.test",
        "AWS_ENDPOINT_URL=https://evil.test",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER=https://evil.test",
        "AWS_PROFILE=other",
        "AWS_REGION=eu-west-1",
        "AWS_ACCESS_KEY_ID=other",
        "LMX_SANDBOX_HOME=/elsewhere",
        "LMX_REVOKE=1",
        "GITHUB_OUTPUT=/elsewhere",
    ],
)
def test_env_file_cannot_send_keys_elsewhere(tmp_path: Path, line: str) -> None:
    """Endpoints, profile, region, credentials and folders come from the process environment or flags alone."""
    (tmp_path / ".env.local").write_text(f"{line}\nLMX_CURRENCY=eur\n")
    settings = load()
    assert {"LMX_CURRENCY": "eur"} == settings.values
    assert (AwsAccess("us-east-1"), "https://api.stripe.com") == (settings.aws, settings.stripe_api_base)


def test_env_file_gives_keys_and_settings(tmp_path: Path) -> None:
    """What belongs to the project may stand in its env file."""
    (tmp_path / ".env.local").write_text(
        f"STRIPE_SECRET_KEY={KEY}\nLMX_ENVIRONMENT=prod\nFRONTEND_URL=https://site.test\nOTHER=x\n"
    )
    settings = load()
    assert ("prod", SecretText(KEY), "https://site.test") == (
        settings.environment,
        settings.stripe_secret_key,
        settings.frontend_url,
    )
    assert "OTHER" not in settings.values


def test_named_env_file_replaces_the_default_one(tmp_path: Path) -> None:
    """--env-file is the only one that is read."""
    (tmp_path / ".env.local").write_text(f"STRIPE_SECRET_KEY={KEY}\n")
    (tmp_path / "other").write_text("LMX_CURRENCY=eur\n")
    settings = load(Flags(env_file=Path("other")))
    assert (None, "eur") == (settings.stripe_secret_key, settings.currency)


def test_missing_env_file_that_was_named_is_an_error() -> None:
    """The default one may be missing, a named one may not."""
    with pytest.raises(ConfigError) as refused:
        load(Flags(env_file=Path("none")))
    assert ("env file none does not exist", "config.env_file") == (refused.value.message, refused.value.code)


def test_env_file_that_is_about_to_be_made_may_be_missing() -> None:
    """`secrets pull` makes it."""
    assert load(Flags(env_file=Path("none"), new_env_file=True)).env_file is None


def test_environ_of_the_process_is_not_changed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An env file is read, not loaded."""
    monkeypatch.delenv("LMX_CURRENCY", raising=False)
    (tmp_path / ".env.local").write_text("LMX_CURRENCY=eur\n")
    environ: dict[str, str] = {}
    load_settings(Flags(), environ)
    assert {} == environ


def test_file_above_the_working_directory_sets_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is found from below the project's root, and obeys the same limits."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".env.local").write_text("LMX_CURRENCY=eur\nAWS_PROFILE=other\n")
    below = tmp_path / "below"
    below.mkdir()
    monkeypatch.chdir(below)
    settings = load()
    assert ({"LMX_CURRENCY": "eur"}, AwsAccess("us-east-1")) == (settings.values, settings.aws)
