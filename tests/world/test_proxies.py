"""Behind a proxy: requests to this machine never go there, and NO_PROXY counts as `requests` reads it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from requests.utils import get_environ_proxies, select_proxy

from learnermax_cli.adapters.network import find_proxy
from learnermax_cli.config.keys import table_name
from tests.adapters.aws.clients import build
from tests.running import Sandbox
from tests.world.proxies import Proxy, running_proxy

PROXY = "http://proxy.example:3128"


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy that refuses everything."""
    with running_proxy() as running:
        yield running


@pytest.mark.parametrize("args", [("courses", "list"), ("secrets", "status"), ("doctor",)], ids=" ".join)
def test_sandbox_is_reached_past_the_proxy(sandbox: Sandbox, proxy: Proxy, args: tuple[str, ...]) -> None:
    """No request of a command on the sandbox is seen by the proxy, whichever service it is for."""
    without = sandbox.run(*args, "-o", "json")
    run = sandbox.run(*args, "-o", "json", env=proxy.env)
    assert (without.returncode, []) == (run.returncode, proxy.asked), run.stderr


def test_every_client_reaches_this_machine(sandbox: Sandbox, proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """DynamoDB, Secrets Manager, SNS, SQS and STS."""
    for name, value in proxy.env.items():
        monkeypatch.setenv(name, value)
    clients = build(sandbox)
    clients.dynamodb().describe_table(TableName=table_name())
    clients.secretsmanager().create_secret(Name="name", SecretString="value")
    clients.sns().get_topic_attributes(TopicArn=sandbox.info.environment()["TRANSACTIONAL_EMAIL_TOPIC_ARN"])
    clients.sqs().send_message(QueueUrl=sandbox.queue_url, MessageBody="{}")
    clients.sts().get_caller_identity()
    assert [] == proxy.asked


@pytest.mark.slow
def test_sandbox_starts_behind_a_proxy(sandbox: Sandbox, proxy: Proxy, tmp_path: Path) -> None:
    """`sandbox start` writes its first student past the proxy."""
    env = {**proxy.env, "LMX_SANDBOX_HOME": str(tmp_path / "other")}
    started = sandbox.run("sandbox", "start", env=env)
    stopped = sandbox.run("sandbox", "stop", env=env)
    assert ([0, 0], []) == ([started.returncode, stopped.returncode], proxy.asked), started.stderr


@pytest.mark.slow
def test_demo_runs_behind_a_proxy(sandbox: Sandbox, proxy: Proxy) -> None:
    """All its commands, and the wait for its receiver."""
    demo = sandbox.run("demo", env=proxy.env)
    assert (0, []) == (demo.returncode, proxy.asked), demo.stdout


@pytest.mark.parametrize(
    ("args", "host"),
    [
        (("courses", "list"), "dynamodb.eu-central-1.amazonaws.com"),
        (("secrets", "status"), "secretsmanager.eu-central-1.amazonaws.com"),
        (("webhooks", "list"), "api.stripe.com"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_services_are_reached_by_the_proxy(sandbox: Sandbox, proxy: Proxy, args: tuple[str, ...], host: str) -> None:
    """What is not this machine is asked for at the proxy, and its refusal is no connection."""
    outside = {"AWS_ENDPOINT_URL": None, "STRIPE_API_BASE": None, "AWS_REGION": "eu-central-1", "LMX_TIMEOUT": "1"}
    run = sandbox.run(*args, "-e", "preview", "-o", "json", env={**proxy.env, **outside})
    assert (1, {f"CONNECT {host}:443"}) == (run.returncode, set(proxy.asked)), run.stderr


@pytest.mark.parametrize(
    ("url", "no_proxy", "proxied"),
    [
        ("https://dynamodb.us-east-1.amazonaws.com", "", True),
        ("https://dynamodb.us-east-1.amazonaws.com", ".amazonaws.com", False),
        ("https://dynamodb.us-east-1.amazonaws.com", "stripe.com, amazonaws.com", False),
        ("https://dynamodb.us-east-1.amazonaws.com", "notamazonaws.com", True),
        ("https://dynamodb.us-east-1.amazonaws.com", "*", False),
        ("https://api.stripe.com", "api.stripe.com", False),
        ("https://10.1.2.3:8443", "10.0.0.0/8", False),
        ("https://10.1.2.3:8443", "10.1.2.3", False),
        ("https://11.1.2.3:8443", "10.0.0.0/8", True),
        ("https://vpce.corp.example:8443", "corp.example:8443", False),
        ("https://vpce.corp.example:8443", "corp.example:443", True),
        ("http://vpce.corp.example", "", False),  # HTTP_PROXY is not set
    ],
)
def test_no_proxy_counts_as_requests_reads_it(
    monkeypatch: pytest.MonkeyPatch, url: str, no_proxy: str, *, proxied: bool
) -> None:
    """Suffixes with and without a dot, ports, addresses and networks: for AWS as `requests` has it for Stripe."""
    for name in ("HTTP_PROXY", "http_proxy", "https_proxy", "no_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    monkeypatch.setenv("NO_PROXY", no_proxy)
    expected = PROXY if proxied else None
    assert [expected] * 2 == [find_proxy(url), select_proxy(url, get_environ_proxies(url))]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "localhost", "[::1]"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_this_machine_has_no_proxy(monkeypatch: pytest.MonkeyPatch, scheme: str, host: str) -> None:
    """By whatever name, encrypted or not."""
    monkeypatch.setenv("HTTP_PROXY", PROXY)
    monkeypatch.setenv("HTTPS_PROXY", PROXY)
    assert find_proxy(f"{scheme}://{host}:8443") is None


@pytest.mark.parametrize("named", ["proxy.example:3128", "//proxy.example:3128", PROXY])
def test_proxy_may_be_named_without_a_scheme(monkeypatch: pytest.MonkeyPatch, named: str) -> None:
    """Then it is asked by HTTP."""
    monkeypatch.setenv("HTTPS_PROXY", named)
    assert PROXY == find_proxy("https://dynamodb.us-east-1.amazonaws.com")
