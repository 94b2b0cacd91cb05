"""AWS clients: checked for where values may go, metered, and with errors that people understand."""

import re
import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies

from boto3.session import Session
from botocore.config import Config

from learnermax_cli.adapters.aws.errors import aws_errors
from learnermax_cli.config.settings import AwsAccess
from learnermax_cli.core.errors import GuardError
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.urls import is_loopback

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_secretsmanager.client import SecretsManagerClient
    from types_boto3_sns.client import SNSClient
    from types_boto3_sqs.client import SQSClient
    from types_boto3_sts.client import STSClient

# Standard mode also retries throttles; each attempt waits longer, at most 20 s [doc boto3 "Retries"].
_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 8}, connect_timeout=10, read_timeout=60, max_pool_connections=32
)
# For a run on whose answer somebody waits.
_HURRIED = _CONFIG.merge(
    Config(retries={"mode": "standard", "total_max_attempts": 3}, connect_timeout=2, read_timeout=5)
)
# Secrets Manager alone, in a region, by its public name or a VPC endpoint's: anybody can have an API or a bucket under
# amazonaws.com [doc "AWS Secrets Manager endpoints and quotas"].
_AWS_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)?secretsmanager(?:-fips)?\.[a-z]{2,4}(?:-[a-z]+)+-\d\.(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws)"
)


class AwsClients:
    """The AWS clients of one run."""

    def __init__(self, access: AwsAccess, meter: Meter, debug: Callable[[str], None], *, hurried: bool = False) -> None:
        self._access = access
        self._config = _HURRIED if hurried else _CONFIG
        self._meter = meter
        self._debug = debug
        self._opening = threading.Lock()  # a session makes one client at a time [doc boto3 "Session, multithreading"]

    @cached_property
    def _session(self) -> Session:
        access, secret = self._access, self._access.secret_access_key
        with aws_errors("signing in to AWS"):
            return Session(
                aws_access_key_id=access.access_key_id,
                aws_secret_access_key=None if secret is None else secret.reveal(),
                region_name=access.region,
                profile_name=access.profile,
            )

    def dynamodb(self) -> "DynamoDBClient":
        """Return a DynamoDB client whose calls are metered."""
        client: DynamoDBClient = self._open("dynamodb", "DynamoDB")
        client.meta.events.register("after-call.dynamodb", self._count_units)
        return client

    def sns(self) -> "SNSClient":
        """Return an SNS client."""
        client: SNSClient = self._open("sns", "SNS")
        return client

    def sts(self) -> "STSClient":
        """Return an STS client, which tells whose credentials these are."""
        client: STSClient = self._open("sts", "STS")
        return client

    def sqs(self) -> "SQSClient":
        """Return an SQS client."""
        client: SQSClient = self._open("sqs", "SQS")
        return client

    def secretsmanager(self) -> "SecretsManagerClient":
        """Return a Secrets Manager client; raises GuardError for an endpoint where keys must not go."""
        client: SecretsManagerClient = self._open("secretsmanager", "Secrets Manager")
        if getproxies() and is_loopback(urlsplit(client.meta.endpoint_url).hostname or ""):
            # What is meant for this machine must not pass a proxy in clear text.
            client = self._open("secretsmanager", "Secrets Manager", Config(proxies={}))
        require_aws_endpoint(client.meta.endpoint_url)
        return client

    def _open(self, service: str, called: str, config: Config | None = None) -> Any:
        with self._opening, aws_errors(f"opening {called}"):
            connect: Callable[..., Any] = self._session.client
            client = connect(
                service, endpoint_url=self._access.endpoint_url, config=self._config.merge(config or Config())
            )
        client.meta.events.register("after-call", self._tell)
        return client

    def _tell(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        metadata = parsed.get("ResponseMetadata", {})
        self._debug(
            f"AWS {model.service_model.service_name} {model.name}: {metadata.get('HTTPStatusCode')}, "
            f"request {metadata.get('RequestId')}, {metadata.get('RetryAttempts', 0)} retries"
        )

    def _count_units(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity") or []
        units = sum(part.get("CapacityUnits", 0.0) for part in ([consumed] if isinstance(consumed, dict) else consumed))
        reads = model.name in ("GetItem", "BatchGetItem", "Query", "Scan", "TransactGetItems")
        self._meter.add("dynamodb_read_units" if reads else "dynamodb_write_units", units)


def require_aws_endpoint(url: str) -> None:
    """Raise GuardError unless values sent to this URL reach AWS over HTTPS, or this machine alone."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    plain = parts.username is None and parts.password is None
    if plain and (is_loopback(host) or (parts.scheme == "https" and _AWS_HOST.fullmatch(host))):
        return
    raise GuardError(
        f"keys must not go to {parts.scheme}://{host}: it is neither an AWS endpoint over HTTPS nor this machine",
        hint="Unset AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_SECRETS_MANAGER, or take endpoint_url out of the profile; "
        "no flag lifts this.",
        code="guard.endpoint",
    )
