"""What is out of reach is named: the host and what named it, the proxy on the way to it, and what went wrong."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.running import Sandbox
from tests.world.proxies import Proxy, SocksProxy, running_proxy
from tests.world.tls import Authority, Relay

OUTSIDE: Mapping[str, str | None] = {
    **dict.fromkeys(("AWS_ENDPOINT_URL", "STRIPE_API_BASE", "EDUCATION_TABLE_NAME", "TRANSACTIONAL_EMAIL_TOPIC_ARN")),
    "LMX_ENVIRONMENT": "preview",
    "LMX_TIMEOUT": "1",
}
AWS, STRIPE = "dynamodb.eu-central-1.amazonaws.com", "api.stripe.com"
SERVICES = {
    AWS: (("courses", "list"), "no connection to AWS while reading table learnermax-education-preview"),
    STRIPE: (("webhooks", "list"), "no connection to Stripe while reading the Stripe account"),
}
LOGIN, PASSWORD = "user:CANARYpass%2Fword%20CANARY", "CANARYpass/word CANARY"
CLOSED = "127.0.0.1:1"
AGAIN = "then run the command again."


def _failure(sandbox: Sandbox, host: str, env: Mapping[str, str | None]) -> tuple[int, str, str]:
    """Ask a service; return exit code, message without what every message begins with, and remedy."""
    args, beginning = SERVICES[host]
    run = sandbox.run(*args, "-v", "-o", "json", env={**OUTSIDE, "AWS_REGION": "eu-central-1", **env})
    assert "CANARY" not in run.stdout + run.stderr
    assert "Traceback" not in run.stderr
    error = json.loads(run.stdout)["error"]
    return run.returncode, error["message"].removeprefix(f"{beginning}: "), error["hint"]


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy that lets through nothing."""
    with running_proxy() as running:
        yield running


@pytest.mark.parametrize(
    ("variable", "url", "reason"),
    [
        ("AWS_ENDPOINT_URL_DYNAMODB", f"http://{CLOSED}", "connection refused"),
        ("AWS_ENDPOINT_URL", f"https://{CLOSED}", "connection refused"),
        ("AWS_ENDPOINT_URL", "https://nowhere.invalid", "host not found"),
        ("STRIPE_API_BASE", f"http://{CLOSED}", "connection refused"),
    ],
)
def test_host_and_its_variable_are_named(sandbox: Sandbox, variable: str, url: str, reason: str) -> None:
    """Of AWS and of Stripe."""
    failed = _failure(sandbox, STRIPE if variable.startswith("STRIPE") else AWS, {variable: url})
    hint = f"Check the network and {variable}, which names this host; {AGAIN}"
    assert (1, f"{reason} ({url.partition('//')[2]})", hint) == failed


@pytest.mark.parametrize(
    ("config", "source"),
    [
        ("[default]\nendpoint_url = http://{closed}\n", "endpoint_url of the AWS profile"),
        (
            "[default]\nservices = mine\n[services mine]\ndynamodb =\n  endpoint_url = http://{closed}\n",
            "endpoint_url in [services mine] of the AWS config file",
        ),
    ],
)
def test_host_and_its_section_are_named(sandbox: Sandbox, tmp_path: Path, config: str, source: str) -> None:
    """Where the AWS config file has it from."""
    (tmp_path / "config").write_text(config.format(closed=CLOSED))
    failed = _failure(sandbox, AWS, {"AWS_CONFIG_FILE": str(tmp_path / "config")})
    hint = f"Check the network and {source}, which names this host; {AGAIN}"
    assert (1, f"connection refused ({CLOSED})", hint) == failed


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "ALL_PROXY", "all_proxy"])
@pytest.mark.parametrize("host", SERVICES)
def test_proxy_that_refuses_is_named(sandbox: Sandbox, proxy: Proxy, host: str, variable: str) -> None:
    """With its answer, by whichever variable it is named, and never with its password."""
    failed = _failure(sandbox, host, {variable: f"http://{LOGIN}@{proxy.address}"})
    message = f"the proxy refused it, 403 Forbidden ({host}, by proxy http://{proxy.address})"
    hint = f"Have the proxy let this host through, or name it in NO_PROXY, or correct {variable}."
    assert (1, message, hint) == failed
    assert {f"CONNECT {host}:443"} == set(proxy.asked)


@pytest.mark.parametrize("sent", ["", f"{LOGIN}@"], ids=["no password", "wrong password"])
@pytest.mark.parametrize("host", SERVICES)
def test_proxy_that_wants_a_password_is_named(sandbox: Sandbox, proxy: Proxy, host: str, sent: str) -> None:
    """As that, and without the password that it got."""
    proxy.login = "user:other"
    failed = _failure(sandbox, host, {"HTTPS_PROXY": f"http://{sent}{proxy.address}"})
    message = f"the proxy wants a user name and password ({host}, by proxy http://{proxy.address})"
    assert (4, message, "Put those that it takes into HTTPS_PROXY: http://USER:PASSWORD@HOST:PORT") == failed


@pytest.mark.parametrize(
    ("address", "reason"), [(CLOSED, "connection refused"), ("proxy.invalid:3128", "host not found")]
)
@pytest.mark.parametrize("scheme", ["http", "socks5h"])
@pytest.mark.parametrize("host", SERVICES)
def test_proxy_out_of_reach_is_named(sandbox: Sandbox, host: str, scheme: str, address: str, reason: str) -> None:
    """Beside the host, for it may be either that is wrong."""
    failed = _failure(sandbox, host, {"HTTPS_PROXY": f"{scheme}://{LOGIN}@{address}"})
    message = f"{reason} ({host}, by proxy {scheme}://{address})"
    assert (1, message, f"Check the network and the proxy in HTTPS_PROXY; {AGAIN}") == failed


@pytest.mark.parametrize(
    ("url", "flaw"),
    [
        (f"ftp://{LOGIN}@{CLOSED}", "has the scheme ftp"),
        (f"socks://{LOGIN}@{CLOSED}", "has the scheme socks"),
        (f"http://{LOGIN}@127.0.0.1:port", "is malformed"),
        (f"http://{LOGIN}@", "is malformed"),
    ],
)
@pytest.mark.parametrize("host", SERVICES)
def test_proxy_that_cannot_be_one_is_named(sandbox: Sandbox, host: str, url: str, flaw: str) -> None:
    """By its variable; of its text only the scheme is shown."""
    failed = _failure(sandbox, host, {"ALL_PROXY": url})
    assert (
        3,
        f"the proxy in ALL_PROXY {flaw}",
        "Set ALL_PROXY to http://HOST:PORT (or https://, socks5h://).",
    ) == failed


@pytest.mark.parametrize("host", SERVICES)
def test_socks_proxy_without_its_extra_is_named(sandbox: Sandbox, tmp_path: Path, host: str) -> None:
    """With the command that installs it."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['socks'] = None\n")
    path = f"{tmp_path}:{sandbox.env['PYTHONPATH']}"
    failed = _failure(sandbox, host, {"ALL_PROXY": f"socks5h://{LOGIN}@{CLOSED}", "PYTHONPATH": path})
    hint = (
        "Install it, in the folder of lmx's source: pip install -c constraints.txt '.[socks]'; or name an HTTP proxy."
    )
    assert (3, f"ALL_PROXY names a SOCKS proxy, socks5h://{CLOSED}, but PySocks is not installed", hint) == failed


def test_services_are_reached_by_a_socks_proxy(sandbox: Sandbox, tmp_path: Path) -> None:
    """AWS and Stripe, by their names, which the proxy resolves."""
    authority = Authority(tmp_path)
    targets = {"dynamodb.us-east-1.amazonaws.com": sandbox.info.aws_url, STRIPE: sandbox.info.stripe_url}
    context = authority.context(*targets)
    relays = {host: Relay(context, url) for host, url in targets.items()}
    proxy = SocksProxy({host: relay.port for host, relay in relays.items()})
    names = {"ALL_PROXY": f"socks5h://{proxy.address}", "REQUESTS_CA_BUNDLE": str(authority.path)}
    run = sandbox.run("products", "list", env={**OUTSIDE, **names})
    proxy.close()
    for relay in relays.values():
        relay.close()
    assert (0, set(targets)) == (run.returncode, set(proxy.asked)), run.stderr


def test_proxy_that_takes_the_password_is_passed(sandbox: Sandbox, proxy: Proxy, tmp_path: Path) -> None:
    """As it is encoded in the URL, for both services."""
    authority = Authority(tmp_path)
    targets = {"dynamodb.us-east-1.amazonaws.com": sandbox.info.aws_url, STRIPE: sandbox.info.stripe_url}
    context = authority.context(*targets)
    relays = {host: Relay(context, url) for host, url in targets.items()}
    proxy.login, proxy.tunnels = f"user:{PASSWORD}", {host: relay.port for host, relay in relays.items()}
    names = {"ALL_PROXY": f"http://{LOGIN}@{proxy.address}", "REQUESTS_CA_BUNDLE": str(authority.path)}
    run = sandbox.run("products", "list", env={**OUTSIDE, **names})
    for relay in relays.values():
        relay.close()
    assert 0 == run.returncode, run.stderr
