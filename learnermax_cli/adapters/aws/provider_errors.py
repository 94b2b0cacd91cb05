"""What a provider of AWS credentials runs into, as one line of what went wrong and one of what to do."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from shlex import quote
from typing import Any

from botocore import exceptions as boto

from learnermax_cli.adapters.aws.origin import (
    CONTAINER,
    CONTAINER_TOKEN_FILE,
    DENIED,
    ENVIRONMENT,
    EXPIRED,
    INSTANCE,
    LOGIN,
    PROCESS,
    REJECTED,
    ROLE,
    SSO,
    TOKEN_FILE,
    WEB_IDENTITY,
    Origin,
    clock_error,
)
from learnermax_cli.adapters.aws.watch import IN_BETWEEN, NoAnswerError, asked
from learnermax_cli.adapters.network import name_host, network_hint, no_connection
from learnermax_cli.core.errors import CredentialsError

_METHODS = (ENVIRONMENT, SSO, LOGIN, PROCESS, CONTAINER, INSTANCE, "shared-credentials-file", "config-file")
_BY_KEY = {
    "aws_access_key_id": "config-file",
    "role_arn": ROLE,
    "sso_account_id": SSO,
    "login_session": LOGIN,
    "credential_process": PROCESS,
}
_BY_NAME = {"Environment": ENVIRONMENT, "EcsContainer": CONTAINER, "Ec2InstanceMetadata": INSTANCE}
"""Of values of credential_source."""
_OPERATIONS = {
    "AssumeRole": ROLE,
    "AssumeRoleWithWebIdentity": WEB_IDENTITY,
    "GetRoleCredentials": SSO,
    "CreateToken": SSO,
    "CreateOAuth2Token": LOGIN,
}


class NoTerminalError(Exception):
    """An MFA code is needed, and nobody is there to type it."""


def provider_error(error: Exception, origin: Origin, role: str | None) -> CredentialsError:
    """Return our error for what a provider raised; `role` is the one that was asked for last."""
    origin = _locate(error, origin, role)
    message, remedy, code = f"no AWS credentials from {origin}: {_words(error)}", origin.remedy, "credentials.provider"
    match error:
        case NoTerminalError():
            export = f"aws configure export-credentials --profile {quote(origin.profile or 'default')} --format env"
            remedy = f'Run it on a terminal, or take keys first: eval "$({export})", and leave the profile out.'
        case boto.MissingDependencyException():
            remedy = (
                "Install what it needs, in the folder of lmx's source: pip install -c constraints.txt '.[aws-login]'"
            )
        case boto.ClientError():
            return _refusal(error, origin, role) or CredentialsError(message, hint=remedy, code=code)
        case NoAnswerError():
            remedy = IN_BETWEEN
        case boto.HTTPClientError() | boto.ConnectionError():
            return _unreached(error, f"getting credentials from {origin}")
        case boto.InvalidConfigError():
            remedy = f"Fix profile {origin.profile or 'default'} in the AWS config file."
    return CredentialsError(message, hint=remedy, code=code)


def _unreached(error: boto.HTTPClientError | boto.ConnectionError, doing: str) -> CredentialsError:
    """Return the error for a service that did not answer."""
    url, source = asked(error)
    if isinstance(error, boto.ReadTimeoutError | boto.ConnectTimeoutError):
        message = f"AWS timed out while {doing}: no complete answer from {name_host(url)}"
        return CredentialsError(message, hint=network_hint(url, source), code="credentials.provider")
    lost = no_connection("AWS", doing, error, url, source)
    return CredentialsError(lost.message, hint=lost.hint, code="credentials.provider")


def _refusal(error: boto.ClientError, origin: Origin, role: str | None) -> CredentialsError | None:
    """Return the error for a refusal of STS or the SSO portal that has a remedy of its own."""
    code, message = (str(error.response.get("Error", {}).get(key, "")) for key in ("Code", "Message"))
    if clock := clock_error(f"getting credentials from {origin}", code, message):
        return clock
    text = f"no AWS credentials from {origin}: {message or code}"
    if "MultiFactorAuthentication" in message:
        return CredentialsError(text, hint="Run the command again, with a new MFA code.", code="credentials.provider")
    if origin.method == SSO and code == "ForbiddenException":
        account = f"sso_role_name and sso_account_id of profile {origin.profile or 'default'}"
        remedy = f"Check {account}: its permission set has to be assigned to you. Then {origin.remedy[0].lower()}"
        return CredentialsError(text, hint=remedy + origin.remedy[1:], code="credentials.permission")
    if origin.method == ROLE and code in EXPIRED | REJECTED:
        source = _source(origin)
        text = f"no AWS credentials from {origin} with those from {source}: {message or code}"
        return CredentialsError(text, hint=source.remedy, code="credentials.provider")
    if origin.method in (ROLE, WEB_IDENTITY) and code in DENIED:
        return _denial(f"sts:{error.operation_name}", message, origin, role)
    return None


def _denial(action: str, message: str, origin: Origin, role: str | None) -> CredentialsError:
    """Return the error for a role that may not be assumed."""
    if origin.method == ROLE:
        source, policy = str(_source(origin)), f", and give it {action} on the role"
    else:
        source, policy = f"the token in {next(filter(None, _token_files(origin)))}", ", with its issuer and audience"
    return CredentialsError(
        f"AWS does not permit {action} on {role} with {source}: {message}",
        hint=f"Let the role's trust policy name that identity{policy}.",
        code="credentials.permission",
    )


def _source(origin: Origin) -> Origin:
    """Return where the credentials come from with which a role was asked for."""
    config = origin.profiles.get(origin.profile or "default", {})
    if "source_profile" not in config:
        return replace(origin, method=_BY_NAME.get(str(config.get("credential_source")), ""))
    profile = str(config["source_profile"])
    keys = origin.profiles.get(profile, {})
    method = next((method for key, method in _BY_KEY.items() if key in keys), "config-file")
    return replace(origin, method=method, profile=profile)


def _locate(error: Exception, origin: Origin, role: str | None) -> Origin:
    """Return where in a chain of profiles the error is from."""
    known: Mapping[str, Any] = getattr(error, "kwargs", {})
    method = known["provider"] if known.get("provider") in _METHODS else origin.method
    match error:
        case boto.SSOError() | boto.TokenRetrievalError():
            method = SSO
        case boto.LoginError() | boto.MissingDependencyException():
            method = LOGIN
        case boto.ClientError():
            method = _OPERATIONS.get(error.operation_name, method)
        case FileNotFoundError() | PermissionError() if error.filename == os.environ.get(CONTAINER_TOKEN_FILE):
            method = CONTAINER
        case FileNotFoundError() | PermissionError() if error.filename in _token_files(origin):
            method = WEB_IDENTITY
    if "profile" in known:
        return replace(origin, method=method, profile=known["profile"])
    keys = {
        SSO: ("sso_account_id", "sso_role_name"),
        LOGIN: ("login_session",),
        WEB_IDENTITY: ("web_identity_token_file",),
        ROLE: ("role_arn",),
    }
    if method == ROLE and role is not None:
        holders = (name for name in origin.chain if origin.profiles.get(name, {}).get("role_arn") == role)
        return replace(origin, method=ROLE, profile=next(holders, origin.profile))
    return origin.at(method, *keys.get(method, ()))


def _token_file(origin: Origin) -> str:
    config = origin.profiles.get(origin.profile or "default", {})
    return f"the token in {config.get('web_identity_token_file') or os.environ.get(TOKEN_FILE)}"


def _token_files(origin: Origin) -> Iterator[str | None]:
    yield os.environ.get(TOKEN_FILE)
    for name in origin.chain:
        yield origin.profiles.get(name, {}).get("web_identity_token_file")


def _words(error: Exception) -> str:
    """Return what the provider said, in one line."""
    known: Mapping[str, Any] = getattr(error, "kwargs", {})
    match error:
        case boto.ClientError():
            flaw = error.response.get("Error", {})
            text = f"{flaw.get('Code')}: {flaw.get('Message')}"
        case OSError():
            text = f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)
        case NoAnswerError():
            text = f"what came was no answer of AWS: {error}"
        case KeyError():
            text = f"its answer has no {error}"
        case _:
            text = str(known.get("error_msg") or known.get("msg") or error)
    return " ".join(text.split()).rstrip(".")
