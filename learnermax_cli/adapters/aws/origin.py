"""Where AWS credentials come from, how they are renewed, and by which codes AWS refuses them."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from shlex import quote
from typing import Any

from learnermax_cli.core.errors import CredentialsError

ENVIRONMENT, ROLE, WEB_IDENTITY, SSO = "env", "assume-role", "assume-role-with-web-identity", "sso"
LOGIN, PROCESS, CONTAINER, INSTANCE = "login", "custom-process", "container-role", "iam-role"
TOKEN_FILE, CONTAINER_TOKEN_FILE = "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"
_CONTAINER = ("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", CONTAINER_TOKEN_FILE)
DENIED = {
    "AccessDenied",
    "AccessDeniedException",
    "KMSAccessDenied",
    "AuthorizationError",  # of SNS
    "NotAuthorized",
    "UnauthorizedOperation",
}
"""Codes of answers that refuse a permission."""
EXPIRED = {"ExpiredToken", "ExpiredTokenException"}
REJECTED = {
    "InvalidClientTokenId",
    "UnrecognizedClientException",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "InvalidAccessKeyId",
    "MissingAuthenticationToken",
}
"""Codes of answers that refuse credentials."""
_OF_CLOCK = {"RequestExpired", "RequestInTheFuture", "RequestTimeTooSkewed"}
_CLOCK = re.compile(r"Signature (?:expired|not yet current)")
ORIGIN = "Origin"
"""In the error of an answer: where the credentials come from that the request was signed with."""
SIGN_IN = "Sign in (aws sso login, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or name a --profile."


@dataclass(frozen=True, slots=True)
class Origin:
    """Where AWS credentials come from: a provider of boto3's chain, and the profile that it was configured in."""

    method: str
    """As botocore names the provider; an empty text when none had any."""
    profile: str | None
    """None for the default one."""
    profiles: Mapping[str, Mapping[str, Any]]
    environment_profile: str | None = None
    """What AWS_PROFILE names, where keys in the environment win over it."""

    def __str__(self) -> str:
        within = f" (profile {self.profile or 'default'})"
        match self.method:
            case "env":
                loser = f", which wins over AWS_PROFILE={self.environment_profile}" if self.environment_profile else ""
                return f"AWS_ACCESS_KEY_ID in the environment{loser}"
            case "assume-role":
                return f"role {self._config.get('role_arn', 'without role_arn')}{within}"
            case "assume-role-with-web-identity":
                return f"web identity{within if 'web_identity_token_file' in self._config else f' ({TOKEN_FILE})'}"
            case "container-role":
                return "the container's credential endpoint"
            case "iam-role":
                return "the instance's role"
            case "explicit":
                return "the running sandbox"
            case "shared-credentials-file" | "config-file":
                return f"the keys of profile {self.profile or 'default'}"
        named = {SSO: "single sign-on", LOGIN: "aws login", PROCESS: "credential_process"}
        return named.get(self.method, self.method) + within

    @property
    def remedy(self) -> str:
        """What to do where the provider has no credentials, or AWS takes them no more."""
        option = f" --profile {quote(self.profile)}" if self.profile else ""
        profile = f"profile {self.profile or 'default'}"
        match self.method:
            case "env":
                keys = "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary keys, AWS_SESSION_TOKEN"
                return f"Set {keys} anew, or name a --profile."
            case "sso":
                return f"Sign in: aws sso login{option}"
            case "login":
                return f"Sign in: aws login{option}"
            case "shared-credentials-file" | "config-file":
                return f"Store its keys anew: aws configure{option}"
            case "custom-process":
                return f"Run the credential_process of {profile} by hand: it has to print credentials as JSON."
            case "assume-role":
                return f"Check role_arn, source_profile and credential_source of {profile} in the AWS config file."
            case "assume-role-with-web-identity":
                own = "web_identity_token_file" in self._config
                names = "web_identity_token_file and role_arn" if own else f"{TOKEN_FILE} and AWS_ROLE_ARN"
                return (
                    f"Check {names}{f' of {profile}' if own else ''}: the file has to hold a token that is still valid."
                )
            case "container-role":
                return f"Check {' and '.join(filter(os.environ.get, _CONTAINER))}, then run the command again."
            case "iam-role":
                return "Check the role of this instance, and AWS_EC2_METADATA_SERVICE_ENDPOINT if it is set."
        return f"Sign in (aws sso login{option}), or store keys: aws configure{option}" if option else SIGN_IN

    @property
    def _config(self) -> Mapping[str, Any]:
        return self.profiles.get(self.profile or "default", {})

    @property
    def chain(self) -> tuple[str, ...]:
        """The profile and those that it takes credentials from, each named by the one before."""
        names: list[str] = []
        name: str | None = self.profile or "default"
        while name is not None and name not in names:
            names.append(name)
            name = self.profiles.get(name, {}).get("source_profile")
        return tuple(names)

    def at(self, method: str, *keys: str) -> "Origin":
        """Return the origin that a provider of the chain is: that of the first profile which has one of the keys."""
        found = (name for name in self.chain if any(key in self.profiles.get(name, {}) for key in keys))
        profile = next(found, self.profile or "default")
        return replace(self, method=method, profile=None if profile == "default" and not self.profile else profile)


def no_credentials(origin: Origin) -> CredentialsError:
    """Return the error of a run for which no provider has credentials."""
    where = f" for profile {origin.profile}" if origin.profile else ""
    return CredentialsError(f"no AWS credentials{where}", hint=origin.remedy, code="credentials.aws")


def clock_error(doing: str, code: str, message: str) -> CredentialsError | None:
    """Return our error for an answer that says that the clocks of AWS and this machine differ, None for others."""
    if code not in _OF_CLOCK and not _CLOCK.search(message):
        return None
    return CredentialsError(
        f"AWS rejected the time of the signature while {doing}: {message or code}",
        hint="Synchronize this machine's clock: timedatectl set-ntp true",
        code="credentials.clock",
    )
