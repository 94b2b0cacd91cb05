"""The signing secrets of a receiver: where they come from, how long they are kept, and what a roll does to them."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from datetime import UTC, datetime, timedelta

import pytest

from learnermax_cli.core.errors import ConfigError, FailedError
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.webhooks.signing import PLACES, CachedSecrets
from tests.enrollments import worlds
from tests.ran import last_entry
from tests.running import Sandbox
from tests.webhooks.signed import SECRET, deliver, event_of
from tests.webhooks.worlds import Serving, put_signing_secret, serving

USER = "user-7"
NEW = "whsec_" + "newer" * 5
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Stored:
    """A secret that is replaced with each reading, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = NOON
        self.readings = 0
        self.failures = 0
        self.broken = False
        self.gate = threading.Event()
        self.gate.set()
        self.cached = CachedSecrets(self._read, lambda: self.now)

    def _read(self) -> Sequence[SecretText]:
        self.gate.wait(60)
        if self.broken:
            self.failures += 1
            raise FailedError("no connection", hint="Try again.")
        self.readings += 1
        return (SecretText(f"secret {self.readings}"),)

    def after(self, seconds: float, *, mismatch: bool = False) -> str:
        """Return the secret that is used so long after the first reading."""
        self.now = NOON + timedelta(seconds=seconds)
        secrets = self.cached.after_mismatch() if mismatch else self.cached.current()
        return secrets[0].reveal()


def test_secrets_are_read_again_after_five_minutes() -> None:
    """Not with each delivery, and in any case then."""
    stored = Stored()
    assert ["secret 1", "secret 1", "secret 2"] == [stored.after(0), stored.after(299), stored.after(300)]


def test_signature_that_does_not_fit_has_them_read_again_after_a_minute() -> None:
    """Once a minute at most, however many forged deliveries come."""
    stored = Stored()
    stored.after(0)
    assert "secret 1" == stored.after(59, mismatch=True)
    assert ["secret 2"] * 100 == [stored.after(60 + number / 2, mismatch=True) for number in range(100)]


def test_clock_that_was_set_back_keeps_no_old_secret() -> None:
    """Their age is unknown then."""
    stored = Stored()
    stored.after(0)
    assert "secret 2" == stored.after(-1)


def test_secrets_too_old_are_not_used_when_they_can_not_be_read() -> None:
    """The failure is ours, and the delivery comes again; until then they are used."""
    stored = Stored()
    stored.after(0)
    stored.broken = True
    assert "secret 1" == stored.after(299)
    with pytest.raises(FailedError):
        stored.after(300)
    stored.broken = False
    assert "secret 2" == stored.after(310)


def test_reading_that_failed_is_not_tried_again_at_once() -> None:
    """Once in ten seconds, however many forged deliveries come; each of them hears of the failure."""
    stored = Stored()
    stored.after(0)
    stored.broken = True
    for number in range(80):
        with pytest.raises(FailedError, match="no connection"):
            stored.after(60 + number / 4, mismatch=True)
    assert 2 == stored.failures
    assert "secret 1" == stored.after(60)
    stored.broken = False
    assert "secret 2" == stored.after(80, mismatch=True)


def test_reading_in_progress_holds_nobody_up() -> None:
    """Secrets Manager does not answer: true deliveries go on, and of those that do not fit only a few wait."""
    stored = Stored()
    stored.after(0)
    stored.gate.clear()
    with ThreadPoolExecutor(PLACES + 1) as pool:
        mismatches = [pool.submit(stored.after, 60, mismatch=True) for _ in range(PLACES + 1)]
        refused = next(as_completed(mismatches, timeout=60))
        assert isinstance(refused.exception(), FailedError)
        assert "secret 1" == stored.after(60)
        stored.gate.set()
        assert {"secret 2"} == {mismatch.result(60) for mismatch in mismatches if mismatch is not refused}
    assert 2 == stored.readings


def test_secrets_that_are_too_old_are_waited_for() -> None:
    """Two deliveries that come when they have grown old cause one reading."""
    stored = Stored()
    stored.after(0)
    stored.gate.clear()
    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(stored.after, 300) for _ in range(2)]
        stored.gate.set()
        assert ["secret 2", "secret 2"] == [one.result(60) for one in waiting]


def test_secret_that_holds_none_is_a_matter_of_configuration() -> None:
    """The error passes through as it was raised."""

    def read() -> Sequence[SecretText]:
        raise ConfigError("none", hint="Make one.")

    with pytest.raises(ConfigError):
        CachedSecrets(read, lambda: NOON).current()


def _bought(sandbox: Sandbox) -> str:
    worlds.put_basics(sandbox)
    return worlds.put_bought(sandbox, USER)


def _deliver(sandbox: Sandbox, receiver: Serving, session_id: str, *secrets: str) -> int:
    return deliver(receiver.url, event_of(sandbox, session_id), worlds.now(sandbox), *secrets)[0]


def test_both_secrets_of_a_roll_are_accepted(sandbox: Sandbox) -> None:
    """Until the old endpoint is gone, it signs with the old one."""
    put_signing_secret(sandbox, NEW, previous=SECRET)
    session_id = _bought(sandbox)
    with serving(sandbox) as receiver:
        assert [200, 200] == [_deliver(sandbox, receiver, session_id, secret) for secret in (SECRET, NEW)]


def test_replaced_secret_is_picked_up_without_a_restart(sandbox: Sandbox) -> None:
    """Refused within the first minute, then read again before the 400; the old one is forgotten with that."""
    put_signing_secret(sandbox)
    session_id = _bought(sandbox)
    with serving(sandbox) as receiver:
        assert 200 == _deliver(sandbox, receiver, session_id, SECRET)
        put_signing_secret(sandbox, NEW)
        assert 400 == _deliver(sandbox, receiver, session_id, NEW)
        sandbox.control.advance_clock(61)
        assert [200, 400] == [_deliver(sandbox, receiver, session_id, secret) for secret in (NEW, SECRET)]


def test_secrets_manager_that_is_down_makes_no_forgery_of_a_delivery(sandbox: Sandbox) -> None:
    """Whether the secret was replaced can't be told then: 503, and it comes again."""
    put_signing_secret(sandbox)
    session_id = _bought(sandbox)
    with serving(sandbox) as receiver:
        put_signing_secret(sandbox, NEW)
        sandbox.control.advance_clock(61)
        sandbox.control.add_fault("drop", service="secretsmanager", times=None)
        assert 503 == _deliver(sandbox, receiver, session_id, NEW)
        assert 200 == _deliver(sandbox, receiver, session_id, SECRET)
        sandbox.control.clear_faults()
        sandbox.control.advance_clock(10)
        assert 200 == _deliver(sandbox, receiver, session_id, NEW)


def test_configured_secrets_win_and_are_not_looked_up(sandbox: Sandbox) -> None:
    """From the environment, or from an env file, the former one of a roll too."""
    session_id = _bought(sandbox)
    env = {"LMX_ENVIRONMENT": "preview", "STRIPE_WEBHOOK_SECRET": NEW}
    (sandbox.cwd / ".env.local").write_text(f"STRIPE_WEBHOOK_SECRET_PREVIOUS={SECRET}\n")
    with serving(sandbox, env=dict(env)) as receiver:
        seq = last_entry(sandbox)
        assert [200, 200, 400] == [
            _deliver(sandbox, receiver, session_id, s) for s in (NEW, SECRET, "whsec_" + "x" * 9)
        ]
        services = {entry["service"] for entry in sandbox.control.journal(seq)}
        assert "secretsmanager" not in services
