"""The botocore session: makes all clients, those of credential providers too, fit for the network that they meet."""

import os
from typing import Any

from botocore.awsrequest import AWSHTTPConnectionPool, AWSHTTPSConnectionPool
from botocore.config import Config

from learnermax_cli.adapters.aws.credentials import SigningSession
from learnermax_cli.adapters.aws.watch import SOURCE
from learnermax_cli.adapters.certificates import require_key_log
from learnermax_cli.adapters.connections import socks_manager, timed_pools
from learnermax_cli.adapters.network import find_proxy, require_network, require_secret_endpoint, uses_socks

_POOLS = timed_pools(AWSHTTPConnectionPool, AWSHTTPSConnectionPool)


class CoreSession(SigningSession):
    """Makes clients whose answers have a time limit, and which take the proxies and authorities that Stripe's takes."""

    def create_client(self, service_name: str, *args: Any, **kwargs: Any) -> Any:
        """Make a client; raises ConfigError or GuardError where it could not work or must not."""
        require_key_log()  # which botocore opens whatever the scheme
        bundle = self.get_config_variable("ca_bundle")  # AWS_CA_BUNDLE, or that of the profile
        if not bundle:
            kwargs["verify"] = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("SSL_CERT_FILE")
        client: Any = super().create_client(service_name, *args, **kwargs)
        url, source = client.meta.endpoint_url, None if kwargs.get("endpoint_url") else self._find_override(client)
        require_network(url, bundle)
        if service_name == "secretsmanager":
            require_secret_endpoint(url, lambda: self._default_endpoint(service_name, *args, **kwargs), source)
        # botocore has no switch for the class of its connections, and takes NO_PROXY for less than requests does.
        http = client._endpoint.http_session  # noqa: SLF001
        http._pool_classes_by_scheme.update(_POOLS)  # noqa: SLF001
        http._proxy_config.proxy_url_for = find_proxy  # noqa: SLF001
        proxy = find_proxy(url)
        if proxy is not None and uses_socks(proxy):
            http._proxy_managers[proxy] = socks_manager(proxy, **http._get_pool_manager_kwargs())  # noqa: SLF001

        def note_host(exception: Exception, **_: Any) -> None:
            known = getattr(exception, "kwargs", {})
            known.update({"endpoint_url": known.get("endpoint_url") or url, SOURCE: source})

        client.meta.events.register("after-call-error", note_host)
        return client

    def _default_endpoint(self, *args: Any, **kwargs: Any) -> str:
        unchanged: Any = {"ignore_configured_endpoint_urls": True}
        client: Any = super().create_client(*args, **{**kwargs, "config": Config(**unchanged)})
        return str(client.meta.endpoint_url)

    def _find_override(self, client: Any) -> str | None:
        """Return what names the endpoint of a client, in botocore's order, None when AWS's own is used.

        [botocore.configprovider.ConfiguredEndpointProvider]
        """
        service = client.meta.service_model.service_id.hyphenize().replace("-", "_")
        variables = (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL")
        if found := next((name for name in variables if os.environ.get(name)), None):
            return found
        profile = self.get_scoped_config()
        name = profile.get("services")
        section = self.full_config.get("services", {}).get(name, {}).get(service, {})
        if isinstance(section, dict) and section.get("endpoint_url"):
            return f"endpoint_url in [services {name}] of the AWS config file"
        return "endpoint_url of the AWS profile" if profile.get("endpoint_url") else None
