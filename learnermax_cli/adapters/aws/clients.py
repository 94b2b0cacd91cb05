"""AWS clients: metered, retried by one policy, and checked for where secret values may be sent."""

import threading
from collections.abc import Callable
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING, Any

from boto3.session import Session
from botocore import exceptions as boto
from botocore.config import Config

from learnermax_cli.adapters.aws.errors import PLACE, StrictParserFactory, aws_errors
from learnermax_cli.adapters.aws.origin import ORIGIN
from learnermax_cli.adapters.aws.session import CoreSession
from learnermax_cli.adapters.aws.watch import READS, NoAnswerError, Watch, error_code
from learnermax_cli.adapters.network import name_host
from learnermax_cli.config.aws_access import AwsAccess
from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import Listener, RetryPolicy
from learnermax_cli.core.secret_text import KnownSecrets

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_secretsmanager.client import SecretsManagerClient
    from types_boto3_sns.client import SNSClient
    from types_boto3_sqs.client import SQSClient
    from types_boto3_sts.client import STSClient

_SOON = 3.0  # seconds for what an error message alone needs


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
        self._asking_account = threading.Lock()
        self._opening = threading.Lock()  # a session makes one client at a time [doc boto3 "Session, multithreading"]

    @cached_property
    def _core(self) -> CoreSession:
        core = CoreSession(self._access, self.known, self._policy, self._stop, self._listener)
        core.register_component("response_parser_factory", StrictParserFactory())
        return core

    @cached_property
    def _session(self) -> Session:
        access, secret = self._access, self._access.secret_access_key
        with aws_errors("signing in to AWS"):
            return Session(
                botocore_session=self._core,
                aws_access_key_id=access.access_key_id,
                aws_secret_access_key=None if secret is None else secret.reveal(),
                region_name=access.region,
                profile_name=access.profile,
            )

    def dynamodb(self) -> "DynamoDBClient":
        """Return a DynamoDB client whose calls are metered."""
        client: DynamoDBClient = self._open("dynamodb", "DynamoDB")
        client.meta.events.register("after-call.dynamodb", self._count_units)
        client.meta.events.register("after-call.dynamodb", self._name_place)
        return client

    def sns(self, region: str | None = None) -> "SNSClient":
        """Return an SNS client of a region, by default the run's."""
        client: SNSClient = self._open("sns", "SNS", region=region)
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
        return client

    def _open(self, service: str, called: str, policy: RetryPolicy | None = None, region: str | None = None) -> Any:
        policy = policy or self._policy
        with self._opening, aws_errors(f"opening {called}"):
            connect: Callable[..., Any] = self._session.client
            limits = Config(
                retries={"mode": "standard", "total_max_attempts": policy.tries},
                connect_timeout=policy.connect,
                read_timeout=policy.read,
                max_pool_connections=32,
            )
            client = connect(service, region, endpoint_url=self._access.endpoint_url, config=limits)
        client.meta.events.register("before-sign", self._sign_in)
        client.meta.events.register("after-call", self._log)
        client.meta.events.register("after-call", self._name_origin)
        Watch(called, policy, self._stop, self._listener).register(client)
        return client

    @property
    def origin(self) -> str:
        """Where the credentials come from, once a client was opened."""
        return str(self._core.origin)

    def _sign_in(self, **_: Any) -> None:
        """Find and note what signs a request before its answer can repeat it; it may be renewed in between."""
        self._core.sign_in()

    def _name_origin(self, parsed: dict[str, Any], **_: Any) -> None:
        """Say in the answer with whose credentials something was refused."""
        if "Error" in parsed:
            parsed["Error"][ORIGIN] = self._core.origin

    def _log(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        metadata = parsed.get("ResponseMetadata", {})
        self._listener.debug(
            f"AWS {model.service_model.service_name} {model.name}: {metadata.get('HTTPStatusCode')}, "
            f"request {metadata.get('RequestId')}, {metadata.get('RetryAttempts', 0)} retries"
        )

    def _count_units(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        consumed = parsed.get("ConsumedCapacity") or []
        units = sum(part.get("CapacityUnits", 0.0) for part in ([consumed] if isinstance(consumed, dict) else consumed))
        self._meter.add("dynamodb_read_units" if model.name.startswith(READS) else "dynamodb_write_units", units)

    def _name_place(self, http_response: Any, parsed: dict[str, Any], **_: Any) -> None:
        """Say in the answer that nothing is found where it was looked for."""
        if error_code(parsed) != "ResourceNotFoundException":
            return
        with self._asking_account:
            account = self._account
        place = [f"account {account}"] if account else []
        place += [f"region {self._session.region_name}", f"host {name_host(http_response.url)}"]
        parsed["Error"][PLACE] = ", ".join(place)

    @cached_property
    def _account(self) -> str | None:
        """Whose account this is; None where STS does not say so at once."""
        read = min(_SOON, self._policy.read)
        policy = self._policy._replace(tries=1, connect=min(_SOON, self._policy.connect), read=read, interactive=True)
        with suppress(LmxError, boto.BotoCoreError, boto.ClientError, NoAnswerError):
            return str(self._open("sts", "STS", policy).get_caller_identity()["Account"])
        return None
