"""Fixtures of the conformance tests: the official emulators, beside the sandbox that the other tests use."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import stripe

from learnermax_cli.config.keys import StripeKey, parse_stripe_key, table_name
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.sandbox import serving
from tests.adapters.stripe.clients import build_at
from tests.conformance import emulators
from tests.conformance.mirror import Mirror
from tests.conformance.tables import TablePair, client_of, copy_table
from tests.running import Sandbox

if TYPE_CHECKING:
    from types_boto3_dynamodb.client import DynamoDBClient


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which versions met."""
    mock, local = (emulators.version_of(home) for home in (emulators.STRIPE_MOCK, emulators.DYNAMODB_LOCAL))
    if mock:
        spec = emulators.read_spec()["info"]["version"]
        terminalreporter.write_line(f"stripe-mock {mock} speaks {spec}; the SDK pins {stripe.api_version}")
    if local:
        terminalreporter.write_line(f"DynamoDB Local {local}")


@pytest.fixture(scope="session")
def mock_url() -> Iterator[str]:
    """Where stripe-mock listens."""
    with emulators.stripe_mock() as url:
        yield url


@pytest.fixture
def mirror(sandbox: Sandbox, mock_url: str) -> Iterator[Mirror]:
    """The sandbox's Stripe, empty, each request to which stripe-mock sees as well."""
    known = emulators.read_spec()["info"]["version"]
    mirrored = Mirror(sandbox.info.stripe_url, mock_url, {f"api_version={stripe.api_version}": f"api_version={known}"})
    server = serving.start(mirrored.serve)
    mirrored.url = server.url
    yield mirrored
    server.stop()


@pytest.fixture
def heard(mirror: Mirror) -> Iterator[Mirror]:
    """Return the mirror; at the end stripe-mock has nothing against any request that the sandbox took."""
    yield mirror
    assert mirror.exchanges
    assert [] == mirror.refusals()


@pytest.fixture
def key(sandbox: Sandbox) -> StripeKey:
    """The sandbox's secret key."""
    return parse_stripe_key("STRIPE_SECRET_KEY", SecretText(sandbox.info.secret_key))


@pytest.fixture
def client(mirror: Mirror, key: StripeKey) -> stripe.StripeClient:
    """Return the client that commands use, pointed at both sides."""
    return _client_at(mirror.url, key)


@pytest.fixture
def mock_client(mock_url: str) -> stripe.StripeClient:
    """Return the client that commands use, pointed at stripe-mock alone."""
    return _client_at(mock_url, parse_stripe_key("STRIPE_SECRET_KEY", SecretText("sk_" + "test_conformance")))


@pytest.fixture(scope="session")
def local_dynamodb() -> "Iterator[DynamoDBClient]":
    """A client of DynamoDB Local."""
    with emulators.dynamodb_local() as url:
        yield client_of(url)


@pytest.fixture
def tables(local_dynamodb: "DynamoDBClient", sandbox: Sandbox) -> TablePair:
    """LearnerMax's table, empty, in DynamoDB Local and in the sandbox."""
    ours, name = client_of(sandbox.info.aws_url), table_name("sandbox")
    copy_table(ours, local_dynamodb, name)
    return TablePair(local_dynamodb, ours, name)


def _client_at(url: str, key: StripeKey) -> stripe.StripeClient:
    return build_at(url, key.text.reveal())
