"""What providers of AWS credentials run into, with the two lines of the run; and those that work."""

import json
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.world.aws_stub import CREDENTIALS, Answer, portal_error, portal_role, sts_error, sts_role

ROLE = "arn:aws:iam::111122223333:role/admin"
MFA = "arn:aws:iam::111122223333:mfa/me"
BASE = "[profile base]\naws_access_key_id = AKIABASE\naws_secret_access_key = base-secret-key\n"
SSO = (
    "[sso-session corp]\nsso_start_url = https://corp.test/start\nsso_region = us-east-1\n"
    "[profile sso]\nsso_session = corp\nsso_account_id = 111122223333\nsso_role_name = Admin\n"
)
LEGACY = (
    "[profile legacy]\nsso_start_url = https://corp.test/start\nsso_region = us-east-1\n"
    "sso_account_id = 111122223333\nsso_role_name = Admin\n"
)
SET_KEYS = (
    "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary keys, AWS_SESSION_TOKEN anew, or name a --profile."
)
IN_BETWEEN = "A proxy may be in between. Check network, proxy, region and AWS_ENDPOINT_URL, then run the command again."
CHECK_TOKEN = "Check AWS_WEB_IDENTITY_TOKEN_FILE and AWS_ROLE_ARN: the file has to hold a token that is still valid."
CHECK_ROLE = "Check role_arn, source_profile and credential_source of profile work in the AWS config file."
RUN_PROCESS = "Run the credential_process of profile work by hand: it has to print credentials as JSON."
TRUST = "Let the role's trust policy name that identity, and give it sts:AssumeRole on the role."
FORBIDDEN = (
    "Check sso_role_name and sso_account_id of profile sso: its permission set has to be assigned to you. "
    "Then sign in: aws sso login --profile sso"
)
CLOCK = "Signature expired: 20261129T010000Z is now earlier than 20261129T014500Z"
WEB = {"AWS_WEB_IDENTITY_TOKEN_FILE": "$folder/token", "AWS_ROLE_ARN": ROLE}
CONTAINER = {"AWS_CONTAINER_CREDENTIALS_FULL_URI": "$url/container"}
OF_CONTAINER = "no AWS credentials from the container's credential endpoint"
OF_ROLE = f"no AWS credentials from role {ROLE} (profile work)"
WEB_TOKEN = "web-identity-token"


def _role(source: str = "source_profile = base", more: str = "") -> str:
    return f"[profile work]\nrole_arn = {ROLE}\n{source}\n{more}\n"


def _process(script: str) -> str:
    return f"[profile work]\ncredential_process = sh -c {shlex.quote(script)}\n"


@dataclass(frozen=True, slots=True)
class Case:
    """What providers meet, and the two lines of the run; $folder, $url and $host stand for what the test makes."""

    error: str
    remedy: str
    config: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    exit_code: int = 4
    tokens: Mapping[str, str] = field(default_factory=dict)
    """Session or start URL of single sign-on: when its token ends."""


WORK = {"AWS_PROFILE": "work"}
SSO_ENV, LEGACY_ENV = {"AWS_PROFILE": "sso"}, {"AWS_PROFILE": "legacy"}
VALID, ENDED = "2099-01-01T00:00:00Z", "2020-01-01T00:00:00Z"

CASES = {
    "MFA without a terminal": Case(
        f"{OF_ROLE}: it asks for an MFA code, and there is no terminal",
        "Run it on a terminal, or take keys first: "
        'eval "$$(aws configure export-credentials --profile work --format env)", and leave the profile out.',
        BASE + _role(more=f"mfa_serial = {MFA}"),
        WORK,
    ),
    "token file of web identity is missing": Case(
        "no AWS credentials from web identity (AWS_WEB_IDENTITY_TOKEN_FILE): $folder/none: No such file or directory",
        CHECK_TOKEN,
        env={**WEB, "AWS_WEB_IDENTITY_TOKEN_FILE": "$folder/none"},
    ),
    "token file of a profile is missing": Case(
        "no AWS credentials from web identity (profile work): $folder/none: No such file or directory",
        "Check web_identity_token_file and role_arn of profile work: the file has to hold a token that is still valid.",
        _role("web_identity_token_file = $folder/none"),
        WORK,
    ),
    "token file of a container is missing": Case(
        f"{OF_CONTAINER}: $folder/none: No such file or directory",
        "Check AWS_CONTAINER_CREDENTIALS_FULL_URI and AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE, then run the command "
        "again.",
        env={**CONTAINER, "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE": "$folder/none"},
    ),
    "program does not exist": Case(
        "no AWS credentials from credential_process (profile work): no-such-program: No such file or directory",
        RUN_PROCESS,
        "[profile work]\ncredential_process = no-such-program --password hunter2\n",
        WORK,
    ),
    "program fails": Case(
        "no AWS credentials from credential_process (profile work): it ended in 3: the ticket *** is over",
        RUN_PROCESS,
        _process("echo secret-of-the-program; (echo the ticket secret-of-the-program; echo is over) >&2; exit 3"),
        WORK,
    ),
    "program prints nonsense": Case(
        "no AWS credentials from credential_process (profile work): what it printed is no JSON",
        RUN_PROCESS,
        _process("echo secret-of-the-program"),
        WORK,
    ),
    "program prints no key": Case(
        "no AWS credentials from credential_process (profile work): what it printed has no SecretAccessKey",
        RUN_PROCESS,
        _process("""echo '{"Version": 1, "AccessKeyId": "AKIA"}'"""),
        WORK,
    ),
    "program hangs": Case(
        "no AWS credentials from credential_process (profile work): it did not end in time",
        RUN_PROCESS,
        _process("exec sleep 1000"),
        {**WORK, "LMX_TIMEOUT": "0.1"},
    ),
    "program of a source profile fails": Case(
        "no AWS credentials from credential_process (profile other): it ended in 1: without a word on stderr",
        "Run the credential_process of profile other by hand: it has to print credentials as JSON.",
        _role("source_profile = other") + "[profile other]\ncredential_process = false\n",
        WORK,
    ),
    "aws login without its extra": Case(
        "no AWS credentials from aws login (profile work): Using the login credential provider requires an additional "
        'dependency. You will need to pip install "botocore[crt]" before proceeding',
        "Install what it needs, in the folder of lmx's source: pip install -c constraints.txt '.[aws-login]'",
        "[profile work]\nlogin_session = arn:aws:iam::111122223333:user/me\n",
        WORK,
    ),
    "role may not be assumed": Case(
        f"AWS does not permit sts:AssumeRole on {ROLE} with the keys of profile base: User: me is not authorized",
        TRUST,
        BASE + _role(),
        WORK,
        {"AssumeRole": sts_error("AccessDenied", "User: me is not authorized")},
    ),
    "role may not be assumed by web identity": Case(
        f"AWS does not permit sts:AssumeRoleWithWebIdentity on {ROLE} with the token in $folder/token: Not authorized",
        "Let the role's trust policy name that identity, with its issuer and audience.",
        env=WEB,
        answers={"AssumeRoleWithWebIdentity": sts_error("AccessDenied", "Not authorized")},
    ),
    "MFA code of a role is wrong": Case(
        f"{OF_ROLE}: MultiFactorAuthentication failed with invalid MFA code.",
        "Run the command again, with a new MFA code.",
        BASE + _role(),
        WORK,
        {"AssumeRole": sts_error("AccessDenied", "MultiFactorAuthentication failed with invalid MFA code.")},
    ),
    "web identity is invalid": Case(
        "no AWS credentials from web identity (AWS_WEB_IDENTITY_TOKEN_FILE): InvalidIdentityToken: No provider for ***",
        CHECK_TOKEN,
        env=WEB,
        answers={"AssumeRoleWithWebIdentity": sts_error("InvalidIdentityToken", f"No provider for {WEB_TOKEN}", 400)},
    ),
    "web identity has expired": Case(
        "no AWS credentials from web identity (AWS_WEB_IDENTITY_TOKEN_FILE): ExpiredTokenException: Token is expired",
        CHECK_TOKEN,
        env=WEB,
        answers={"AssumeRoleWithWebIdentity": sts_error("ExpiredTokenException", "Token is expired", 400)},
    ),
    "keys of the source have expired": Case(
        f"{OF_ROLE} with those from the keys of profile base: The token is expired: ***",
        "Store its keys anew: aws configure --profile base",
        BASE + _role(),
        WORK,
        {"AssumeRole": sts_error("ExpiredToken", "The token is expired: base-secret-key")},
    ),
    "clock": Case(
        f"AWS rejected the time of the signature while getting credentials from role {ROLE} (profile work): {CLOCK}",
        "Synchronize this machine's clock: timedatectl set-ntp true",
        BASE + _role(),
        WORK,
        {"AssumeRole": sts_error("SignatureDoesNotMatch", CLOCK)},
    ),
    "single sign-on without a token": Case(
        "no AWS credentials from single sign-on (profile sso): Token for corp does not exist",
        "Sign in: aws sso login --profile sso",
        SSO,
        SSO_ENV,
    ),
    "single sign-on of a source profile": Case(
        "no AWS credentials from single sign-on (profile sso): Token for corp does not exist",
        "Sign in: aws sso login --profile sso",
        SSO + _role("source_profile = sso"),
        WORK,
    ),
    "single sign-on of the default profile": Case(
        "no AWS credentials from single sign-on (profile default): Token for https://corp.test/start does not exist",
        "Sign in: aws sso login",
        LEGACY.replace("profile legacy", "default"),
    ),
    "token of single sign-on has expired": Case(
        "no AWS credentials from single sign-on (profile sso): Token has expired and refresh failed",
        "Sign in: aws sso login --profile sso",
        SSO,
        SSO_ENV,
        tokens={"corp": ENDED},
    ),
    "portal forbids": Case(
        "no AWS credentials from single sign-on (profile sso): No access",
        FORBIDDEN,
        SSO,
        SSO_ENV,
        {"/federation/credentials": portal_error("ForbiddenException", "No access")},
        tokens={"corp": VALID},
    ),
    "portal takes the token no more": Case(
        "no AWS credentials from single sign-on (profile legacy): The SSO session associated with this profile has "
        "expired or is otherwise invalid. To refresh this SSO session run aws sso login with the corresponding profile",
        "Sign in: aws sso login --profile legacy",
        LEGACY,
        LEGACY_ENV,
        {"/federation/credentials": portal_error("UnauthorizedException", "Session token not found or invalid", 401)},
        tokens={"https://corp.test/start": VALID},
    ),
    "portal trickles": Case(
        "AWS timed out while getting credentials from single sign-on (profile sso): no complete answer from $host",
        "Check the network; then run the command again.",
        SSO,
        {**SSO_ENV, "LMX_TIMEOUT": "0.2"},
        {"/federation/credentials": Answer(200, "", trickles=True)},
        tokens={"corp": VALID},
    ),
    "STS cannot be reached": Case(
        f"no connection to AWS while getting credentials from role {ROLE} (profile work): connection refused "
        "(127.0.0.1:9)",
        "Check the network and AWS_ENDPOINT_URL_STS, which names this host; then run the command again.",
        BASE + _role(),
        {**WORK, "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:9", "LMX_TIMEOUT": "0.1"},
    ),
    "STS answers with a page": Case(
        f"{OF_ROLE}: what came was no answer of AWS: HTTP 200 from $host, it can't be read (ResponseParserError)",
        IN_BETWEEN,
        BASE + _role(),
        {**WORK, "LMX_TIMEOUT": "0.1"},
        {"AssumeRole": Answer(200, "<html>")},
    ),
    "container fails": Case(
        f"{OF_CONTAINER}: Error retrieving metadata: Received non 200 response 500 from container metadata: broken",
        "Check AWS_CONTAINER_CREDENTIALS_FULL_URI, then run the command again.",
        env=CONTAINER,
        answers={"/container": Answer(500, "broken")},
    ),
    "container answers without keys": Case(
        f"{OF_CONTAINER}: its answer has no 'AccessKeyId'",
        "Check AWS_CONTAINER_CREDENTIALS_FULL_URI, then run the command again.",
        env=CONTAINER,
        answers={"/container": Answer(200, "{}")},
    ),
    "container trickles": Case(
        f"{OF_CONTAINER}: Error retrieving metadata: Received error when attempting to retrieve container metadata: "
        'Connection was closed before we received a valid response from endpoint URL: "$url/container"',
        "Check AWS_CONTAINER_CREDENTIALS_FULL_URI, then run the command again.",
        env={**CONTAINER, "LMX_TIMEOUT": "0.1"},
        answers={"/container": Answer(200, "", trickles=True)},
    ),
    "instance trickles": Case(
        "no AWS credentials",
        "Sign in (aws sso login, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or name a --profile.",
        env={
            "AWS_EC2_METADATA_DISABLED": "false",
            "AWS_EC2_METADATA_SERVICE_ENDPOINT": "$url",
            "LMX_TIMEOUT": "0.1",
        },
        answers={"/latest/api/token": Answer(200, "", trickles=True)},
    ),
    "address of the instance": Case(
        "no AWS credentials from the instance's role: Invalid endpoint EC2 Instance Metadata endpoint: no url",
        "Check the role of this instance, and AWS_EC2_METADATA_SERVICE_ENDPOINT if it is set.",
        env={"AWS_EC2_METADATA_SERVICE_ENDPOINT": "no url"},
    ),
    "file of TLS keys": Case(
        "SSLKEYLOGFILE names $folder/none/keys, which can't be written: No such file or directory",
        "Create its folder, or unset SSLKEYLOGFILE.",
        BASE + _role(),
        {**WORK, "SSLKEYLOGFILE": "$folder/none/keys"},
    ),
    "source profile does not exist": Case(
        f'{OF_ROLE}: The source_profile "base" referenced in the profile "work" does not exist',
        "Fix profile work in the AWS config file.",
        _role(),
        WORK,
    ),
    "roles in a circle": Case(
        f"{OF_ROLE}: Infinite loop in credential configuration detected. Attempting to load from profile work which "
        "has already been visited. Visited profiles: ['work', 'other']",
        "Fix profile work in the AWS config file.",
        _role("source_profile = other") + f"[profile other]\nrole_arn = {ROLE}-2\nsource_profile = work\n",
        WORK,
    ),
    "role without a source": Case(
        f"{OF_ROLE}: Partial credentials found in assume-role, missing: source_profile or credential_source",
        CHECK_ROLE,
        _role(""),
        WORK,
    ),
    "source of a role has none": Case(
        f"{OF_ROLE}: No credentials found in credential_source referenced in profile work",
        CHECK_ROLE,
        _role("credential_source = Ec2InstanceMetadata"),
        WORK,
    ),
    "key id without a secret": Case(
        "no AWS credentials from AWS_ACCESS_KEY_ID in the environment: "
        "Partial credentials found in env, missing: AWS_SECRET_ACCESS_KEY",
        SET_KEYS,
        env={"AWS_ACCESS_KEY_ID": "AKIA"},
    ),
    "key id of a profile without a secret": Case(
        "no AWS credentials from the keys of profile work: "
        "Partial credentials found in config-file, missing: aws_secret_access_key",
        "Store its keys anew: aws configure --profile work",
        "[profile work]\naws_access_key_id = AKIA\n",
        WORK,
    ),
    "line break in the key id": Case(
        "the key id from AWS_ACCESS_KEY_ID in the environment contains a line break or another character that no key "
        "id has",
        SET_KEYS,
        env={"AWS_ACCESS_KEY_ID": "AKIA\n", "AWS_SECRET_ACCESS_KEY": "secret"},
    ),
    "line break in the secret key": Case(
        "the secret key from AWS_ACCESS_KEY_ID in the environment contains a line break or another character that no "
        "secret key has",
        SET_KEYS,
        env={"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret\r"},
    ),
    "line break in the token": Case(
        "the session token from AWS_ACCESS_KEY_ID in the environment contains a line break or another character that "
        "no session token has",
        SET_KEYS,
        env={"AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "to\nken"},
    ),
    "line break in the region": Case(
        "AWS_REGION is 'us-east-1\\n', not an AWS region",
        "Set AWS_REGION to one such as eu-central-1.",
        env={"AWS_REGION": "us-east-1\n"},
        exit_code=3,
    ),
    "profile does not exist": Case(
        "The config profile (work) could not be found",
        "Name an existing profile with --profile or AWS_PROFILE.",
        env=WORK,
        exit_code=3,
    ),
    "file of profiles cannot be read": Case(
        "Unable to parse config file: $folder/config",
        "Fix it, or name another file in AWS_CONFIG_FILE or AWS_SHARED_CREDENTIALS_FILE.",
        "no section\n",
        exit_code=3,
    ),
    "profile without credentials": Case(
        "no AWS credentials for profile work",
        "Sign in (aws sso login --profile work), or store keys: aws configure --profile work",
        "[profile work]\nregion = us-east-1\n",
        WORK,
    ),
    "keys of the environment win and are wrong": Case(
        "AWS rejected the credentials from AWS_ACCESS_KEY_ID in the environment, which wins over AWS_PROFILE=base "
        "while reading table learnermax-education-preview",
        SET_KEYS,
        BASE,
        {"AWS_PROFILE": "base", "AWS_ACCESS_KEY_ID": "AKIA", "AWS_SECRET_ACCESS_KEY": "secret"},
    ),
    "keys of a profile are wrong": Case(
        "AWS rejected the credentials from the keys of profile base while reading table learnermax-education-preview",
        "Store its keys anew: aws configure --profile base",
        BASE,
        {"AWS_PROFILE": "base"},
    ),
}

WORKING = {
    "role": Case("", "", BASE + _role(), WORK, {"AssumeRole": sts_role("AssumeRole")}),
    "web identity": Case("", "", env=WEB, answers={"AssumeRoleWithWebIdentity": sts_role("AssumeRoleWithWebIdentity")}),
    "container": Case("", "", env=CONTAINER, answers={"/container": Answer(200, json.dumps(CREDENTIALS))}),
    "instance": Case(
        "",
        "",
        env={"AWS_EC2_METADATA_DISABLED": "false", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "$url"},
        answers={
            "/latest/api/token": Answer(200, "token"),
            "/latest/meta-data/iam/security-credentials/": Answer(200, "role"),
            "/latest/meta-data/iam/security-credentials/role": Answer(200, json.dumps(CREDENTIALS)),
        },
    ),
    "program": Case("", "", _process(f"echo {shlex.quote(json.dumps({'Version': 1, **CREDENTIALS}))}"), WORK),
    "single sign-on": Case("", "", SSO, SSO_ENV, {"/federation/credentials": portal_role()}, tokens={"corp": VALID}),
}
