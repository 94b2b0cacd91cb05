"""AWS clients: metered, retried by one policy, and checked for where secret values may be sent."""

import os
import random
import threading
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from boto3.session import Session
from botocore import exceptions as boto
from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
from botocore.config import Config
from botocore.session import Session as CoreSession

from learnermax_cli.adapters.aws.errors import NO_ANSWER, THROTTLED, NoAnswerError, StrictParserFactory, aws_errors
from learnermax_cli.adapters.connections import (
    Answering,
    find_proxy,
    require_secret_endpoint,
    timed_pools,
    trust_named_authorities,
    untrusted,
)
from learnermax_cli.config.settings import AwsAccess
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import SHORTEST_TRY, Listener, RetryPolicy, outage_of, seconds_left
from learnermax_cli.core.secret_text import KnownSecrets

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_secretsmanager.client import SecretsManagerClient
    from types_boto3_sns.client import SNSClient
    from types_boto3_sqs.client import SQSClient
    from types_boto3_sts.client import STSClient

_READS = ("Get", "BatchGet", "Query", "Scan", "Describe", "List")
_LONGEST_PAUSE = 20.0  # seconds between two tries [doc botocore "Retries"]
_POOLS = timed_pools(AWSHTTPConnectionPool, AWSHTTPSConnectionPool)
_LAST_BEGIN, _OUTAGE, _LATE = "lmx last begin", "lmx outage", "lmx late"
"""In the context of an operation: until when a try may begin, what counts whether it failed, whether it timed out."""


class _CoreSession(CoreSession):
    """Makes all clients, those of credential providers too."""

    def create_client(self, *args: Any, **kwargs: Any) -> Any:
        if not self.get_config_variable("ca_bundle"):  # AWS_CA_BUNDLE, or that of the profile
            kwargs["verify"] = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
        client: Any = super().create_client(*args, **kwargs)
        # botocore has no switch for the class of its connections, and takes NO_PROXY for less than requests does.
        http = client._endpoint.http_session  # noqa: SLF001
        http._pool_classes_by_scheme.update(_POOLS)  # noqa: SLF001
        http._proxy_config.proxy_url_for = find_proxy  # noqa: SLF001
        return client


class AwsClients:
    """The AWS clients of one run.

    Once `stop` is set, only a request whose connection was lost is sent again: it may be a write that is half done.
    """

    def __init__(
        self,
        access: AwsAccess,
        meter: Meter,
        listener: Listener,
        policy: RetryPolicy,
        stop: threading.Event,
    ) -> None:
        self._access = access
        self._meter = meter
        self._listener = listener
        self._policy = policy
        self._stop = stop
        self.known = KnownSecrets()
        """Takes the credentials that requests are signed with."""
        self._opening = threading.Lock()  # a session makes one client at a time [doc boto3 "Session, multithreading"]

    @cached_property
    def _session(self) -> Session:
        access, secret = self._access, self._access.secret_access_key
        with aws_errors("signing in to AWS"):
            core = _CoreSession()
            core.register_component("response_parser_factory", StrictParserFactory())
            return Session(
                botocore_session=core,
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
        require_secret_endpoint(client.meta.endpoint_url, self._secret_endpoint)
        return client

    def _secret_endpoint(self) -> str:
        """Return the endpoint of Secrets Manager without overrides."""
        unchanged: Any = {"ignore_configured_endpoint_urls": True}
        with self._opening, aws_errors("opening Secrets Manager"):
            connect: Callable[..., Any] = self._session.client
            return str(connect("secretsmanager", config=Config(**unchanged)).meta.endpoint_url)

    def _open(self, service: str, called: str) -> Any:
        with self._opening, aws_errors(f"opening {called}"):
            connect: Callable[..., Any] = self._session.client
            policy = Config(
                retries={"mode": "standard", "total_max_attempts": self._policy.tries},
                connect_timeout=self._policy.connect,
                read_timeout=self._policy.read,
                max_pool_connections=32,
            )
            client = connect(service, endpoint_url=self._access.endpoint_url, config=policy)
        if client.meta.endpoint_url.startswith("https:"):
            trust_named_authorities()
        client.meta.events.register("before-sign", self._note_credentials)
        client.meta.events.register("after-call", self._log)
        _Watch(called, self._policy, self._stop, self._listener).register(client)
        return client

    def _note_credentials(self, **_: Any) -> None:
        """Note what signs a request before its answer can repeat it; credentials may be renewed in between."""
        credentials = self._session.get_credentials()
        if credentials is not None:
            frozen = credentials.get_frozen_credentials()
            self.known.add(frozen.secret_key, frozen.token)

    def _log(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        metadata = parsed.get("ResponseMetadata", {})
        self._listener.debug(
            f"AWS {model.service_model.service_name} {model.name}: {metadata.get('HTTPStatusCode')}, "
            f"request {metadata.get('RequestId')}, {metadata.get('RetryAttempts', 0)} retries"
        )

    def _count_units(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity") or []
        units = sum(part.get("CapacityUnits", 0.0) for part in ([consumed] if isinstance(consumed, dict) else consumed))
        self._meter.add("dynamodb_read_units" if model.name.startswith(_READS) else "dynamodb_write_units", units)


class _Watch:
    """Ends answers and retries of operations in time, and the run when a service fails operation after operation."""

    def __init__(self, service: str, policy: RetryPolicy, stop: threading.Event, listener: Listener) -> None:
        self._service = service
        self._listener = listener
        self._policy = policy
        self._stop = stop
        self._longest_pause = min(_LONGEST_PAUSE, 2.0 ** (policy.tries - 2))
        self._here = threading.local()
        # Counted apart: where every write fails, reading may go well.
        self._reading, self._writing = outage_of(service, policy), outage_of(service, policy)

    def register(self, client: Any) -> None:
        """Watch the operations of a client."""
        events, service = client.meta.events, client.meta.service_model.service_id.hyphenize()
        self._url = client.meta.endpoint_url
        events.register("before-call", self._begin)
        events.register("before-send", self._begin_try)
        events.register("response-received", self._end_try)
        events.register_first(f"needs-retry.{service}", self._decide)
        events.register("after-call", self._end)
        events.register("after-call-error", self._end_without_answer)

    def _begin(self, model: Any, context: dict[str, Any], **_: Any) -> None:
        policy, outage = self._policy, self._reading if model.name.startswith(_READS) else self._writing
        if seconds_left() < SHORTEST_TRY:
            raise boto.ReadTimeoutError(endpoint_url=self._url)
        outage.begin()
        # No retry that begins until then makes the operation take longer than it may.
        seconds = min(policy.in_all - policy.connect - policy.read - self._longest_pause, seconds_left())
        context[_LAST_BEGIN], context[_OUTAGE] = time.monotonic() + seconds, outage

    def _begin_try(self, **_: Any) -> None:
        seconds = min(self._policy.read, max(seconds_left(), 0.0))
        self._here.answering = Answering(seconds, self._tell_slow)

    def _tell_slow(self) -> None:
        self._listener.waiting(f"Waiting for an answer of {self._service} ({urlsplit(self._url).netloc}) ...")

    def _end_try(self, context: dict[str, Any], **_: Any) -> None:
        answering: Answering = self._here.answering
        answering.end()
        context[_LATE] = answering.late

    def _decide(
        self, request_dict: dict[str, Any], caught_exception: Exception | None, response: Any, attempts: int, **_: Any
    ) -> float | Literal[False] | None:
        """Return False to end the retries, or seconds to wait before one; with None it is botocore that decides."""
        context = request_dict["context"]
        half_done = caught_exception is not None and context[_OUTAGE] is self._writing
        stopped = self._stop.is_set() and not half_done
        over = time.monotonic() > context[_LAST_BEGIN] or untrusted("AWS", "", caught_exception) is not None
        if stopped or over or context[_OUTAGE].silent():
            return False
        if response is not None and _code(response[1]) == NO_ANSWER:
            again = attempts < self._policy.tries
            return random.uniform(0.01, min(self._longest_pause, 0.5 * 2**attempts)) if again else False
        return None

    def _end(self, http_response: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        code = _code(parsed)
        context[_OUTAGE].end(ok=http_response.status_code < 500 and code not in THROTTLED and code != NO_ANSWER)
        if code != NO_ANSWER:
            return
        if context[_LATE]:
            raise boto.ReadTimeoutError(endpoint_url=http_response.url)
        where = f"HTTP {http_response.status_code} from {urlsplit(http_response.url).netloc}"
        raise NoAnswerError(f"{where}, {parsed['Error']['Message']}")

    def _end_without_answer(self, exception: Exception, context: dict[str, Any], **_: Any) -> None:
        sent = isinstance(exception, boto.HTTPClientError | boto.ConnectionError)
        context[_OUTAGE].end(ok=False if sent else None)
        if sent and context.get(_LATE):
            raise boto.ReadTimeoutError(endpoint_url=self._url) from exception


def _code(parsed: dict[str, Any]) -> str | None:
    code: str | None = parsed.get("Error", {}).get("Code")
    return code
