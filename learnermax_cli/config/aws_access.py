"""How a run reaches AWS: profile and region by boto3's rules, or a sandbox alone."""

import configparser
import os
import re
import shlex
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.secret_text import SecretText

if TYPE_CHECKING:
    from learnermax_cli.config.sandbox_state import SandboxInfo

_REGION = re.compile(r"(?![0-9]+$)(?!-)[a-zA-Z0-9-]{1,63}(?<!-)")  # [botocore.utils.validate_region_name]
_CONFIG = "AWS_CONFIG_FILE"
_FILES = (("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"), (_CONFIG, "~/.aws/config"))


class AwsAccess(NamedTuple):
    """How boto3 is to reach AWS; everything None leaves it to boto3's own rules."""

    region: str
    profile: str | None = None
    """Of --profile, which wins over keys in the environment."""
    endpoint_url: str | None = None
    access_key_id: str | None = None
    secret_access_key: SecretText | None = None
    environment_profile: str | None = None
    """Of AWS_PROFILE, over which keys in the environment win."""

    @property
    def named_profile(self) -> str | None:
        """The profile that the run names, None when that is boto3's default."""
        return self.profile or self.environment_profile


def environment_profile(environ: Mapping[str, str]) -> str | None:
    """Return the profile that the environment names, None when it names none."""
    return environ.get("AWS_DEFAULT_PROFILE") or environ.get("AWS_PROFILE") or None


def require_region(region: str, source: str) -> str:
    """Return a region; raises ConfigError for a text that is none, which would become a part of host names."""
    if not _REGION.fullmatch(region):
        hint = f"Set {source} to one such as eu-central-1."
        raise ConfigError(f"{source} is {region!r}, not an AWS region", hint=hint)
    return region


def sandbox_access(sandbox: "SandboxInfo") -> AwsAccess:
    """Return the access to a sandbox, which nothing else has a say in."""
    own = sandbox.environment()
    secret = SecretText(own["AWS_SECRET_ACCESS_KEY"])
    return AwsAccess(own["AWS_REGION"], None, sandbox.aws_url, own["AWS_ACCESS_KEY_ID"], secret)


def read_region(profile: str, environ: Mapping[str, str]) -> str | None:
    """Return the region of a profile as botocore finds it; a file that can't be read is reported by who signs in."""
    for variable, default in _FILES:
        path = os.path.expanduser(os.path.expandvars(environ.get(variable) or default))  # noqa: PTH111 - as botocore
        parser = configparser.RawConfigParser()
        with suppress(configparser.Error, UnicodeDecodeError, OSError):
            parser.read([path] if os.path.isfile(path) else [])  # noqa: PTH113 - as botocore
        for section in parser.sections():
            region = parser.get(section, "region", fallback="").strip()
            if region and profile == _profile_of(section, variable):
                return region
    return None


def _profile_of(section: str, variable: str) -> str | None:
    """Return the profile that a section stands for: only in the config file its name has a word before it."""
    if variable != _CONFIG or section == "default":
        return section
    with suppress(ValueError):  # quotes that do not end
        match shlex.split(section):
            case [word, name] if word.startswith("profile"):
                return name
    return None
