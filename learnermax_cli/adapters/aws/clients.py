"""AWS clients: metered, retried by one policy, and checked for where secret values may be sent."""

import os
import threading
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from boto3.session import Session
from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
from botocore.config import Config
from botocore.session import Session as CoreSession

from learnermax_cli.adapters.aws.errors import StrictParserFactory, aws_errors
from learnermax_cli.adapters.aws.watch import READS, Watch
from learnermax_cli.adapters.connections import (
    find_proxy,
    require_secret_endpoint,
    timed_pools,
    trust_named_authorities,
)
from learnermax_cli.config.aws_access import AwsAccess
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import Listener, RetryPolicy
from learnermax_cli.core.secret_text import KnownSecrets

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient
    from types_boto3_secretsmanager.client import SecretsManagerClient
    from types_boto3_sns.client import SNSClient
    from types_boto3_sqs.client import SQSClient
    from types_boto3_sts.client import STSClient

_POOLS = timed_pools(AWSHTTPConnectionPool, AWSHTTPSConnectionPool)


def _variables(access: AwsAccess) -> dict[str, Any]:
    """Return what botocore is to take instead of variables of the environment, as (key, variable, default, type)."""
    if access.endpoint_url is None:
        return {"profile": (None, None, access.environment_profile, None)}
    nothing = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return {"profile": (None, None, None, None), **nothing}


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
            core = _CoreSession(session_vars=_variables(access))
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
        Watch(called, self._policy, self._stop, self._listener).register(client)
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
        self._meter.add("dynamodb_read_units" if model.name.startswith(READS) else "dynamodb_write_units", units)
