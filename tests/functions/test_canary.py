"""No failure that leaves a function holds a key: Lambda would log it, and Step Functions keep it as the cause."""

import json
import logging
import traceback
from collections.abc import Callable
from typing import Any

import pytest

from learnermax_cli.core.errors import LmxError
from tests.functions.events import Context, read_lines, sqs_batch_of
from tests.functions.test_retry import put_queued
from tests.functions.worlds import USER, Container, put_bought
from tests.hostile.echoes import echoes_of
from tests.running import Sandbox
from tests.webhooks.signed import SECRET

STRAY = "sk_" + "test_" + "CANARYstrayCANARYstray"
Function = Callable[[Container, Context], Any]
RECONCILES: dict[str, Function] = {
    "reconcile": lambda container, context: container.functions.reconcile({"since": "3d"}, context),
    "reconcile_window": lambda container, context: container.functions.reconcile_window({"since": "3d"}, context),
}
SENSELESS: dict[str, Function] = {
    "reconcile": lambda container, context: container.functions.reconcile({"since": STRAY}, context),
    "reconcile_window": lambda container, context: container.functions.reconcile_window({"since": STRAY}, context),
}


class BrokenContext(Context):
    """A context that shows a bug, with a key in its words."""

    def get_remaining_time_in_millis(self) -> int:
        raise RuntimeError(f"no time for {STRAY}")


def failure_of(call: Function, container: Container, context: Context) -> LmxError:
    """Return what a function fails with."""
    with pytest.raises(LmxError) as raised:
        call(container, context)
    return raised.value


def told(error: BaseException) -> str:
    """Return all that anybody could make of an error."""
    return "".join([str(error), repr(error), *traceback.format_exception(error)])


def require_silence(error: LmxError, log: str) -> None:
    """Assert that neither an error nor the log holds the key, though both tell of it."""
    assert STRAY not in told(error) + error.message + error.hint
    assert STRAY not in log


@pytest.mark.parametrize("call", RECONCILES.values(), ids=RECONCILES)
@pytest.mark.parametrize("service", ["stripe", "dynamodb"])
def test_failure_that_echoes_a_key(
    sandbox: Sandbox,
    container: Container,
    call: Function,
    service: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Stripe's and AWS's own messages hold keys: what is raised is of the same class, masked."""
    put_bought(sandbox)
    says = {"status": 400, "code": "ValidationException", "message": f"No such thing: {STRAY}"}
    sandbox.control.add_fault("error", service=service, times=None, **says)
    error = failure_of(call, container, Context())
    assert ("FailedError", "failed") == (type(error).__name__, error.code.partition(".")[0])
    assert "No such thing: sk_test_***" in error.message
    require_silence(error, capsys.readouterr().out)


@pytest.mark.parametrize("call", RECONCILES.values(), ids=RECONCILES)
@pytest.mark.parametrize("service", ["stripe", "dynamodb"])
def test_failure_that_echoes_what_was_read(
    sandbox: Sandbox, container: Container, call: Function, service: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A foreign value of the secret, and the key, in every form behind every character."""
    put_bought(sandbox)
    foreign = 'CANARY\'s "own" \\ <b>&\nCANARY\tp%40ss$ (\u00fc\u2028)'
    key, stored = sandbox.info.secret_key, {"STRIPE_WEBHOOK_SECRET": SECRET, "FOREIGN": foreign}
    client = sandbox.secretsmanager()
    client.put_secret_value(
        SecretId="learnermax/stripe-keys", SecretString=json.dumps({**stored, "STRIPE_SECRET_KEY": key})
    )
    says = {"status": 400, "code": "ValidationException", "message": " | ".join(echoes_of((foreign, key)))}
    sandbox.control.add_fault("error", service=service, times=None, **says)
    error = failure_of(call, container, Context())
    text = told(error) + error.message + error.hint + capsys.readouterr().out
    assert (False, False, True) == ("CANARY" in text, key[8:] in text, "***" in text)


@pytest.mark.parametrize("call", SENSELESS.values(), ids=SENSELESS)
def test_input_that_is_a_key(container: Container, call: Function, capsys: pytest.CaptureFixture[str]) -> None:
    """Who pastes a key into the input does not find it in the cause of the execution."""
    error = failure_of(call, container, Context())
    assert "UsageError" == type(error).__name__
    require_silence(error, capsys.readouterr().out)


@pytest.mark.parametrize("call", RECONCILES.values(), ids=RECONCILES)
def test_bug(container: Container, call: Function, capsys: pytest.CaptureFixture[str]) -> None:
    """A bug leaves under a name of its own, which nothing tries again; its traceback is in the log, masked."""
    error = failure_of(call, container, BrokenContext())
    text = capsys.readouterr().out
    assert ("UnexpectedError", "a bug: RuntimeError") == (type(error).__name__, error.message)
    require_silence(error, text)
    assert "no time for sk_test_***" in read_lines(text)[-1]["traceback"]


def test_retry_that_fails(
    sandbox: Sandbox, container: Container, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """What a message fails with is in the log, masked, and nowhere in the batch's own debug log."""
    put_queued(sandbox, container, USER)
    batch = sqs_batch_of(container.queued())
    says = {"status": 400, "code": "ValidationException", "message": f"No such thing: {STRAY}"}
    sandbox.control.add_fault("error", service="dynamodb", times=None, **says)
    with caplog.at_level(logging.DEBUG, logger="aws_lambda_powertools"):
        assert 1 == len(container.functions.retry(batch, Context())["batchItemFailures"])
    text = capsys.readouterr().out
    assert STRAY not in text + caplog.text
    assert "No such thing: sk_test_***" in read_lines(text)[-1]["message"]


@pytest.mark.parametrize("key", [["user-7"], "u7", [1, 2], {"user_id": "u", "course_id": "c"}])
def test_message_of_wrong_types(
    sandbox: Sandbox, container: Container, key: object, capsys: pytest.CaptureFixture[str]
) -> None:
    """A hint whose parts are not what they should be is told of, by what it is, and goes back."""
    put_queued(sandbox, container, USER)
    hint = container.hints()[0]
    failing = [{**hint, "key": key}, {**hint, "created": "today"}, {**hint, "session_id": 5}]
    batch = sqs_batch_of([{"Body": json.dumps(row), "MessageId": str(n)} for n, row in enumerate(failing)])
    capsys.readouterr()
    assert 3 == len(container.functions.retry(batch, Context())["batchItemFailures"])
    lines = read_lines(capsys.readouterr().out)
    assert [("failed.message", "ERROR")] * 3 == [(line["code"], line["level"]) for line in lines]


def test_retry_with_a_bug(
    sandbox: Sandbox, container: Container, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A bug at a message is in the log, with a masked traceback; the message goes back."""
    put_queued(sandbox, container, USER)
    batch = sqs_batch_of(container.queued())
    with caplog.at_level(logging.DEBUG, logger="aws_lambda_powertools"):
        assert 1 == len(container.functions.retry(batch, BrokenContext())["batchItemFailures"])
    text = capsys.readouterr().out
    assert STRAY not in text + caplog.text
    line = read_lines(text)[-1]
    assert ("ERROR", "a bug: RuntimeError") == (line["level"], line["message"])
    assert "no time for sk_test_***" in line["traceback"]
