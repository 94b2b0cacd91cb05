"""AWS clients: metered, retried by one policy, and checked for where secret values may be sent."""

import re
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies

from boto3.session import Session
from botocore import exceptions as boto
from botocore.config import Config

from learnermax_cli.adapters.aws.errors import THROTTLED, aws_errors
from learnermax_cli.config.settings import AwsAccess
from learnermax_cli.core.errors import GuardError
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import Outage, RetryPolicy
from learnermax_cli.core.secret_text import KnownSecrets
from learnermax_cli.core.urls import is_loopback

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_secretsmanager.client import SecretsManagerClient
    from types_boto3_sns.client import SNSClient
    from types_boto3_sqs.client import SQSClient
    from types_boto3_sts.client import STSClient

_READS = ("Get", "BatchGet", "Query", "Scan", "Describe", "List")
_LONGEST_PAUSE = 20.0  # seconds between two tries [doc botocore "Retries"]
_BEGUN, _OUTAGE = "lmx begun", "lmx outage"
"""In the context of an operation: when it began, and what counts whether it failed."""
# Secrets Manager alone, in a region, by its public name or a VPC endpoint's: anybody can have an API or a bucket under
# amazonaws.com [doc "AWS Secrets Manager endpoints and quotas"].
_AWS_HOST = re.compile(
    r"(?:[a-z0-9-]+\.)?secretsmanager(?:-fips)?\.[a-z]{2,4}(?:-[a-z]+)+-\d\.(?:vpce\.)?(?:amazonaws\.com(?:\.cn)?|api\.aws)"
)


class AwsClients:
    """The AWS clients of one run.

    Once `stop` is set, only a request whose connection was lost is sent again: it may be a write that is half done.
    """

    def __init__(
        self,
        access: AwsAccess,
        meter: Meter,
        debug: Callable[[str], None],
        policy: RetryPolicy,
        stop: threading.Event,
    ) -> None:
        self._access = access
        self._meter = meter
        self._debug = debug
        self._policy = policy
        self._stop = stop
        self.known = KnownSecrets()
        """Takes the credentials that requests are signed with."""
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
        """Return an STS client."""
        client: STSClient = self._open("sts", "STS")
        return client

    def sqs(self) -> "SQSClient":
        """Return an SQS client."""
        client: SQSClient = self._open("sqs", "SQS")
        return client

    def secretsmanager(self) -> "SecretsManagerClient":
        """Return a Secrets Manager client; raises GuardError for an endpoint that keys are not sent to."""
        client: SecretsManagerClient = self._open("secretsmanager", "Secrets Manager")
        if getproxies() and is_loopback(urlsplit(client.meta.endpoint_url).hostname or ""):
            # Requests to this machine must not pass a proxy in clear text.
            client = self._open("secretsmanager", "Secrets Manager", Config(proxies={}))
        require_aws_endpoint(client.meta.endpoint_url)
        return client

    def _open(self, service: str, called: str, config: Config | None = None) -> Any:
        with self._opening, aws_errors(f"opening {called}"):
            connect: Callable[..., Any] = self._session.client
            policy = Config(
                retries={"mode": "standard", "total_max_attempts": self._policy.tries},
                connect_timeout=self._policy.connect,
                read_timeout=self._policy.read,
                max_pool_connections=32,
            )
            client = connect(service, endpoint_url=self._access.endpoint_url, config=policy.merge(config or Config()))
        client.meta.events.register("before-sign", self._note_credentials)
        client.meta.events.register("after-call", self._log)
        _Watch(called, self._policy, self._stop).register(client)
        return client

    def _note_credentials(self, **_: Any) -> None:
        """Note what signs a request before its answer can repeat it; credentials may be renewed in between."""
        credentials = self._session.get_credentials()
        if credentials is not None:
            frozen = credentials.get_frozen_credentials()
            self.known.add(frozen.secret_key, frozen.token)

    def _log(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        metadata = parsed.get("ResponseMetadata", {})
        self._debug(
            f"AWS {model.service_model.service_name} {model.name}: {metadata.get('HTTPStatusCode')}, "
            f"request {metadata.get('RequestId')}, {metadata.get('RetryAttempts', 0)} retries"
        )

    def _count_units(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity") or []
        units = sum(part.get("CapacityUnits", 0.0) for part in ([consumed] if isinstance(consumed, dict) else consumed))
        self._meter.add("dynamodb_read_units" if model.name.startswith(_READS) else "dynamodb_write_units", units)


class _Watch:
    """Ends the retries of operations in time, and the run when a service fails operation after operation."""

    def __init__(self, service: str, policy: RetryPolicy, stop: threading.Event) -> None:
        self._policy = policy
        self._stop = stop
        # No retry that begins within this time makes the operation take longer than it may.
        longest_pause = min(_LONGEST_PAUSE, 2.0 ** (policy.tries - 2))
        self._retry_seconds = policy.in_all - policy.connect - policy.read - longest_pause
        # Counted apart: where every write fails, reading may go well.
        self._reading, self._writing = Outage(service), Outage(service)

    def register(self, client: Any) -> None:
        """Watch the operations of a client."""
        events, service = client.meta.events, client.meta.service_model.service_id.hyphenize()
        events.register("before-call", self._begin)
        events.register_first(f"needs-retry.{service}", self._end_retries)
        events.register("after-call", self._note_answer)
        events.register("after-call-error", self._note_error)

    def _begin(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        outage = self._reading if model.name.startswith(_READS) else self._writing
        if not self._policy.interactive:
            outage.require_up()
        context[_BEGUN], context[_OUTAGE] = time.monotonic(), outage

    def _end_retries(
        self, request_dict: dict[str, Any], caught_exception: Exception | None, **_: Any
    ) -> Literal[False] | None:
        """Return False to end the retries; with None it is botocore that decides."""
        seconds = time.monotonic() - request_dict["context"][_BEGUN]
        stopped = self._stop.is_set() and caught_exception is None
        return False if stopped or seconds > self._retry_seconds else None

    def _note_answer(self, http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        throttled = parsed.get("Error", {}).get("Code") in THROTTLED
        context[_OUTAGE].note(ok=http_response.status_code < 500 and not throttled)

    def _note_error(self, exception: Exception, context: dict[str, Any], **_: Any) -> None:
        if isinstance(exception, boto.HTTPClientError | boto.ConnectionError):  # else it was not sent
            context[_OUTAGE].note(ok=False)


def require_aws_endpoint(url: str) -> None:
    """Raise GuardError unless a URL is an AWS endpoint over HTTPS, or of this machine."""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    plain = parts.username is None and parts.password is None
    if plain and (is_loopback(host) or (parts.scheme == "https" and _AWS_HOST.fullmatch(host))):
        return
    raise GuardError(
        f"keys are not sent to {parts.scheme}://{host}: it is neither an AWS endpoint over HTTPS nor this machine",
        hint="Unset AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_SECRETS_MANAGER, or remove endpoint_url from the profile; "
        "no flag allows it.",
        code="guard.endpoint",
    )
