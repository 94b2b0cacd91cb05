"""Fixtures of the conformance tests: the official emulators, beside the sandbox that the other tests use."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import stripe

from learnermax_cli.sandbox import serving
from learnermax_cli.sandbox.state_file import table_name
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
    mirrored = Mirror(sandbox.info.stripe_url, mock_url)
    server = serving.start(mirrored.serve)
    mirrored.url = server.url
    yield mirrored
    server.stop()


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
