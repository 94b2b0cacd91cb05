"""AWS credentials by boto3's own chain: every provider ends in time, and what it runs into is one of our errors."""

import getpass
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
from botocore.config import Config
from botocore.credentials import ProfileProviderBuilder, create_credential_resolver
from botocore.session import Session

from learnermax_cli.adapters.aws.origin import INSTANCE, PROCESS, Origin, no_credentials
from learnermax_cli.adapters.aws.watch import Watch
from learnermax_cli.adapters.connections import Answering, timed_pools
from learnermax_cli.adapters.network import find_proxy
from learnermax_cli.config.aws_access import AwsAccess
from learnermax_cli.core.errors import CredentialsError, LmxError
from learnermax_cli.core.retries import Listener, RetryPolicy, seconds_left
from learnermax_cli.core.secret_text import KnownSecrets

_POOLS = timed_pools(AWSHTTPConnectionPool, AWSHTTPSConnectionPool)
_PLAIN = re.compile("[!-~]+")  # what a key or a header may hold
_SECRETS = ("WebIdentityToken", "TokenCode", "accessToken", "clientSecret", "refreshToken")
"""Parameters of the operations that providers call."""


class SigningSession(Session):
    """A botocore session whose credentials are found, and renewed, under our time limits and errors.

    Clients that providers make are watched as those of the run are.
    """

    _credentials: Any

    def __init__(
        self, access: AwsAccess, known: KnownSecrets, policy: RetryPolicy, stop: threading.Event, listener: Listener
    ) -> None:
        super().__init__(session_vars=_variables(access))
        self._access = access
        self._known = known
        self._policy = policy
        self._stop = stop
        self._listener = listener
        self._here = threading.local()  # whether this thread is within a provider, and the role that it asked for

    def get_credentials(self) -> Any:
        """Return the credentials of the run, found by the first call; raises CredentialsError when there are none."""
        if self._credentials is None:
            self._credentials = self._find()
        return self._credentials

    def sign_in(self) -> None:
        """Renew the credentials if that is due, and make them `known`; raises CredentialsError."""
        self._freeze(self.get_credentials())

    @property
    def origin(self) -> Origin:
        """Where the credentials come from."""
        return self._origin(self.get_credentials().method)

    def create_client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:
        """Make a client; one that a provider asks for keeps to the limits of the run, too."""
        if not getattr(self._here, "providing", False):
            return super().create_client(service_name, *args, **kwargs)
        self._known.add(kwargs.get("aws_secret_access_key"), kwargs.get("aws_session_token"))
        policy = self._policy
        limits = Config(
            retries={"mode": "standard", "total_max_attempts": policy.tries},
            connect_timeout=policy.connect,
            read_timeout=policy.read,
        )
        kwargs["config"] = limits.merge(kwargs["config"]) if kwargs.get("config") else limits
        client: Any = super().create_client(service_name, *args, **kwargs)
        client.meta.events.register("before-parameter-build", self._note_parameters)
        Watch(client.meta.service_model.service_id, policy, self._stop, self._listener).register(client)
        return client

    def _find(self) -> Any:
        with self._providing(INSTANCE):
            builder = _Profiles(self, self._known, (self._remaining, self._stop, self._listener))
            providers = self._providers(builder)
        profile = self._access.named_profile or "default"
        for provider in providers:
            with self._providing(provider.METHOD):
                own = builder.process_of(profile) if provider.METHOD == PROCESS else None
                credentials = (own or provider).load()
            if credentials is not None:
                self._freeze(credentials)
                return credentials
        raise no_credentials(self._origin(""))

    def _providers(self, builder: "_Profiles") -> list[Any]:
        """Return botocore's providers in their order, with those parts replaced that would wait without end."""
        # Made anew each time: one that failed remembers the profiles that it visited.
        resolver: Any = create_credential_resolver(self, region_name=self._access.region)
        roles = resolver.get_provider("assume-role")
        roles._profile_provider_builder, roles._prompter = builder, _ask  # noqa: SLF001 - only builtin ones are passed on
        for provider, fetcher in (("container-role", "_fetcher"), ("iam-role", "_role_fetcher")):
            http: Any = getattr(resolver.get_provider(provider), fetcher)._session  # noqa: SLF001
            http._pool_classes_by_scheme.update(_POOLS)  # noqa: SLF001
        http._proxy_config.proxy_url_for = find_proxy  # noqa: SLF001 - that of the instance; a container's takes none
        return list(resolver.providers)

    def _remaining(self) -> float:
        return min(self._policy.in_all, seconds_left())

    def _freeze(self, credentials: Any) -> None:
        with self._providing(credentials.method):
            frozen = credentials.get_frozen_credentials()
        self._known.add(frozen.secret_key, frozen.token)
        origin = self._origin(credentials.method)
        for name, value in (
            ("key id", frozen.access_key),
            ("secret key", frozen.secret_key),
            ("session token", frozen.token),
        ):
            if value is not None and not _PLAIN.fullmatch(value):
                raise CredentialsError(
                    f"the {name} from {origin} contains a line break or another character that no {name} has",
                    hint=origin.remedy,
                    code="credentials.provider",
                )

    @contextmanager
    def _providing(self, method: str) -> Iterator[None]:
        self._here.providing, self._here.role = True, None
        waiting = Answering(self._remaining(), lambda: self._tell_slow(method))
        try:
            with waiting:
                yield
        except LmxError:
            raise
        except Exception as error:  # whatever a provider of botocore raises
            from learnermax_cli.adapters.aws.provider_errors import provider_error

            raise provider_error(error, self._origin(method), self._here.role) from error
        finally:
            self._here.providing = False

    def _tell_slow(self, method: str) -> None:
        self._listener.waiting(f"Waiting for AWS credentials from {self._origin(method)} ...")

    def _note_parameters(self, params: dict[str, Any], **_: Any) -> None:
        self._here.role = params.get("RoleArn")
        for values in (params, params.get("tokenInput", {})):
            self._known.add(*map(values.get, _SECRETS))

    def _origin(self, method: str) -> Origin:
        access = self._access
        loser = None if access.profile else access.environment_profile
        return Origin(method, access.named_profile, self.full_config["profiles"], loser)


class _Profiles(ProfileProviderBuilder):
    """Builds the providers of a profile; its program runs under our limits."""

    def __init__(self, session: SigningSession, known: KnownSecrets, limits: tuple[Any, ...]) -> None:
        super().__init__(session)
        self._load_config = lambda: session.full_config
        self._known = known
        self._limits = limits

    def process_of(self, profile: str) -> Any:
        """Return the provider that runs the program of a profile."""
        # Few profiles have one.
        from learnermax_cli.adapters.aws.credential_process import CredentialProcess, Limits

        return CredentialProcess(profile, self._load_config, Limits(*self._limits), self._known)

    def _create_process_provider(self, profile_name: str) -> Any:
        return self.process_of(profile_name)


def _ask(prompt: str) -> str:
    """Ask for an MFA code on the terminal, and on nothing else."""
    from learnermax_cli.adapters.aws.provider_errors import NoTerminalError

    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise NoTerminalError("it asks for an MFA code, and there is no terminal")
    try:
        return getpass.getpass(prompt)
    except EOFError:
        raise NoTerminalError("no MFA code was typed") from None


def _variables(access: AwsAccess) -> dict[str, Any]:
    """Return what botocore is to take instead of variables of the environment, as (key, variable, default, type)."""
    if access.endpoint_url is None:
        return {"profile": (None, None, access.environment_profile, None)}
    nothing = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return {"profile": (None, None, None, None), **nothing}
