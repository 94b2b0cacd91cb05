"""A local Stripe in this process, served over HTTP; emptied before each test."""

from collections.abc import Iterator

import pytest

from learnermax_cli.sandbox import serving
from learnermax_cli.sandbox.client import SandboxClient
from learnermax_cli.sandbox.stripe_api.app import create_stripe_app
from learnermax_cli.sandbox.stripe_api.state import StripeState
from tests.sandbox.stripe_server import StripeServer


@pytest.fixture(scope="session")
def running_stripe() -> Iterator[StripeServer]:
    """Serve one local Stripe for the whole session."""
    state = StripeState()
    server = serving.start(create_stripe_app(state))
    yield StripeServer(state, server.url, SandboxClient(server.url))
    state.control.reset()
    server.stop()


@pytest.fixture
def stripe_server(running_stripe: StripeServer) -> StripeServer:
    """Return the local Stripe, empty."""
    running_stripe.state.control.reset()
    return running_stripe
