"""What a receiver's log may not do: cost a payment, hide a bug, or tell a secret."""

import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, cast

import pytest

from learnermax_cli.adapters.stripe.deliveries import StripeDeliveries
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.terminal.console import Console, Manner
from learnermax_cli.webhooks.model import Answer, Delivery
from learnermax_cli.webhooks.receive import Receiver
from learnermax_cli.webhooks.serve import ServeHandler
from learnermax_cli.webhooks.signing import CachedSecrets
from tests.enrollments import worlds
from tests.running import Sandbox
from tests.webhooks.signed import SECRET, deliver, event_of
from tests.webhooks.worlds import put_signing_secret

USER = "user-7"


@pytest.mark.parametrize("verbose", [(), ("-v",)])
def test_log_without_a_reader_costs_no_payment(sandbox: Sandbox, verbose: tuple[str, ...]) -> None:
    """Who read stderr is gone: what is done is acknowledged as such, and each request can't be told of either."""
    put_signing_secret(sandbox)
    worlds.put_basics(sandbox)
    session_id = worlds.put_bought(sandbox, USER)
    process = sandbox.start("webhooks", "serve", "--port", "0", *verbose)
    url = next(line for line in process.stderr if "Listening on " in line).split()[-1]
    process.stderr.close()
    assert (200, "changed: paid") == deliver(url, event_of(sandbox, session_id), worlds.now(sandbox))
    assert (200, "done: completed") == deliver(url, event_of(sandbox, session_id), worlds.now(sandbox))
    process.send_signal(signal.SIGTERM)
    assert "Received 2: 1 changed, 1 done" in process.stdout.read()
    assert 0 == process.wait(60)


class Buggy(StripeDeliveries):
    """A check with a bug, whose message holds a secret."""

    def signed_at(self, delivery: Delivery, secrets: Sequence[SecretText]) -> int | None:
        """Break."""
        raise ZeroDivisionError(SECRET)


def test_bug_is_told_with_its_traceback_and_without_secrets(capsys: pytest.CaptureFixture[str]) -> None:
    """It asks for another delivery, and is counted as failed."""
    now = partial(datetime.now, UTC)
    secrets = CachedSecrets(lambda: (SecretText(SECRET),), now)
    handler = ServeHandler(Receiver(Buggy(), secrets, now, cast("Any", None)), Console(Manner(), {}))
    assert Answer(500, "not done (ZeroDivisionError): please deliver again") == handler.receive(Delivery(b"{}", "t=1"))
    said = capsys.readouterr().err
    assert ("Traceback", False) == (said.partition(" ")[0], SECRET in said)
    assert "test_serve_log.py" in said
    assert {"received": 1, "failed": 1} == {word: count for word, count in handler.counts().items() if count}
