"""Runs whole commands through the mirror."""

from tests.conformance.mirror import Mirror
from tests.running import Sandbox


def run(sandbox: Sandbox, mirror: Mirror, *args: str) -> list[str]:
    """Run lmx to its end, which both sides of the mirror have nothing against; return what it asked of Stripe."""
    mirror.exchanges.clear()
    environment = {
        "STRIPE_API_BASE": mirror.url,
        "STRIPE_SECRET_KEY": sandbox.info.secret_key,
        "FRONTEND_URL": "https://learnermax.example",
        "LMX_MAX_RATE": "1000",
    }
    done = sandbox.run(*args, "-e", "preview", env=environment)
    assert 0 == done.returncode, done.stderr
    assert {(200, 200)} == {exchange.statuses for exchange in mirror.exchanges}
    return mirror.operations()
