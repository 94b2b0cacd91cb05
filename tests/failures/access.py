"""What AWS and Stripe do not give: credentials, permissions, a connection, an answer."""

from tests.doctor.worlds import restricted_key
from tests.failures.model import HOSTILE, PREVIEW, Failure, World, all_of, broken
from tests.running import Sandbox
from tests.secrets.support import create_secret

_SIGN_IN = "Sign in (aws sso login, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY), or name a --profile."
_ORIGIN = "AWS_ACCESS_KEY_ID in the environment"
_SET_KEYS = (
    "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary keys, AWS_SESSION_TOKEN anew, or name a --profile."
)
_TABLE = "learnermax-education-preview"
_AGAIN = "Run the command again; if it fails again, check the AWS service health and the table or secret named."
_READ = "secretsmanager:GetSecretValue"
# A role may be called what it likes.
_READER = f"User: arn:aws:sts::123456789012:assumed-role/kms-reader/x is not authorized to perform: {_READ}"
_KMS = "Give this identity kms:Decrypt and kms:GenerateDataKey on the key, in its own policy or the key's."
_STORED = {**PREVIEW, "STRIPE_SECRET_KEY": None}


def _secret(sandbox: Sandbox) -> None:
    create_secret(sandbox, {})


def _junk(sandbox: Sandbox) -> None:
    create_secret(sandbox, {"STRIPE_SECRET_KEY": "junk"})


def _restricted(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    return {"env": {"STRIPE_SECRET_KEY": restricted_key(sandbox, "event")}}


def _status(status: str) -> World:
    def world(sandbox: Sandbox) -> None:
        sandbox.control.set_key_status(sandbox.info.secret_key, status)

    return world


def _kms(operation: str, message: str) -> World:
    return all_of(_secret, broken("secretsmanager", operation, code="AccessDeniedException", message=message))


FAILURES = (
    Failure(
        "courses list",
        4,
        "no AWS credentials",
        _SIGN_IN,
        env={**PREVIEW, "AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None},
    ),
    Failure(
        "courses list",
        4,
        f"AWS rejected the credentials from {_ORIGIN} while reading table {_TABLE}",
        _SET_KEYS,
        env={**PREVIEW, "AWS_ACCESS_KEY_ID": "AKIAUNKNOWN"},
    ),
    Failure(
        "courses list",
        4,
        f"the AWS credentials from {_ORIGIN} have expired while reading table {_TABLE}",
        _SET_KEYS,
        broken("dynamodb", code="ExpiredTokenException"),
        PREVIEW,
    ),
    Failure(
        "courses list",
        4,
        f"AWS rejected the time of the signature while reading table {_TABLE}: Signature expired: now is later",
        "Synchronize this machine's clock: timedatectl set-ntp true",
        broken("dynamodb", code="InvalidSignatureException", message="Signature expired: now is later"),
        PREVIEW,
    ),
    Failure(
        "courses list --profile '$hostile'",
        3,
        "The config profile ($harmless) could not be found",
        "Name an existing profile with --profile or AWS_PROFILE.",
        env=PREVIEW,
    ),
    Failure(
        "courses list --region 'bad region'",
        3,
        "--region is 'bad region', not an AWS region",
        "Set --region to one such as eu-central-1.",
        env=PREVIEW,
    ),
    Failure(
        "courses list",
        3,
        "invalid AWS configuration while opening DynamoDB: Invalid endpoint: not a url",
        "Check --region, --profile and AWS_ENDPOINT_URL.",
        env={**PREVIEW, "AWS_ENDPOINT_URL": "not a url"},
    ),
    Failure(
        "courses list",
        1,
        f"AWS answered ValidationException while reading table {_TABLE}: $harmless",
        _AGAIN,
        broken("dynamodb", code="ValidationException", message=HOSTILE),
        PREVIEW,
    ),
    Failure(
        "secrets status",
        5,
        "keys are not sent to https://evil.test, which AWS_ENDPOINT_URL names: it is neither an AWS endpoint over "
        "HTTPS nor this machine",
        "Unset AWS_ENDPOINT_URL; no flag allows it.",
        env={**PREVIEW, "AWS_ENDPOINT_URL": "https://evil.test"},
    ),
    Failure(
        "products list",
        4,
        "AWS does not permit the use of the KMS key while reading secret learnermax/stripe-keys",
        _KMS,
        _kms("GetSecretValue", "Access to KMS is not allowed"),
        _STORED,
    ),
    Failure(
        "products list",
        4,
        "AWS does not permit the use of the KMS key while reading secret learnermax/stripe-keys",
        _KMS,
        _kms("GetSecretValue", "User: arn:aws:iam::123456789012:user/x is not authorized to perform: kms:Decrypt"),
        _STORED,
    ),
    Failure(
        "products list",
        4,
        f"AWS does not permit {_READ} while reading secret learnermax/stripe-keys",
        f"Give this identity {_READ}; docs/permissions.md has policies to copy.",
        _kms("GetSecretValue", _READER),
        _STORED,
    ),
    Failure(
        "secrets push",
        1,
        "AWS answered EncryptionFailure while creating secret learnermax/stripe-keys: The key is disabled.",
        "Check that the KMS key exists, is enabled and symmetric, then run the command again.",
        broken("secretsmanager", "CreateSecret", code="EncryptionFailure", message="The key is disabled."),
    ),
    Failure(
        "products list",
        3,
        "STRIPE_SECRET_KEY in secret learnermax/stripe-keys is not a Stripe key",
        "Copy it from the Stripe dashboard, Developers > API keys or Webhooks: it starts with whsec_, sk_, rk_ or pk_.",
        _junk,
        _STORED,
    ),
    Failure(
        "products list",
        4,
        "Stripe rejected the key while reading the Stripe account: it may have been revoked (request $request)",
        "Create a new key in the Dashboard, set STRIPE_SECRET_KEY to it, then run lmx secrets push",
        _status("revoked"),
        PREVIEW,
    ),
    Failure(
        "products list -e preview",
        4,
        "Stripe rejected the key while reading the Stripe account: it has expired (request $request)",
        "Create a new key in the Dashboard, set STRIPE_SECRET_KEY to it, then run lmx secrets push -e preview",
        _status("expired"),
        PREVIEW,
    ),
    Failure(
        "webhooks replay --since 3d",
        4,
        "the restricted Stripe key lacks event_read, needed for listing events (request $request)",
        "Grant the key event_read in the Dashboard (Developers > API keys); docs/permissions.md lists all.",
        _restricted,
        PREVIEW,
    ),
    Failure(
        "products list",
        1,
        "Stripe answered 400 while reading the Stripe account: $harmless (request $request)",
        "Run the command again. If it fails again, look up the request in the Dashboard's logs.",
        broken("stripe", message=HOSTILE),
        PREVIEW,
    ),
)
