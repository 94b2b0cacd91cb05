"""The webhook function: every source, every refusal, and nothing acknowledged before it is safe."""

import json

import pytest

from learnermax_cli.functions.handlers import KEYS_SECONDS, Functions
from tests.enrollments import worlds
from tests.enrollments.worlds import COURSE, key
from tests.functions.events import PATH, SOURCES, Context, Source, http_api, read_lines, rest_api
from tests.functions.worlds import USER, Container, put_bought
from tests.ran import last_entry
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks.signed import SECRET, body_of, event_of, signature

STORED = "learnermax/stripe-keys"


@pytest.mark.parametrize("source", sampled(SOURCES.values(), 4), ids=SOURCES)
def test_paid_session_completes_the_enrollment(sandbox: Sandbox, container: Container, source: Source) -> None:
    """Whatever a signed event comes through: completed once, one mail, 200; and 200 again for a duplicate."""
    session_id = put_bought(sandbox)
    assert (200, "changed: paid") == container.deliver(session_id, source)
    assert (200, "done: completed") == container.deliver(session_id, source)
    assert {key(USER): "completed"} == worlds.read_statuses(sandbox)
    assert [worlds.event_of(sandbox, USER)] == worlds.read_events(sandbox)


@pytest.mark.parametrize("source", sampled(SOURCES.values(), 4), ids=SOURCES)
def test_wrong_signature_has_no_effect(sandbox: Sandbox, container: Container, source: Source) -> None:
    """400, neither Stripe nor the table is asked, nothing is queued."""
    body = body_of(event_of(sandbox, put_bought(sandbox)))
    container.send(http_api(b"", None))  # the container is warm from here on
    seq = last_entry(sandbox)
    forged = signature(body, worlds.now(sandbox), "whsec_other")
    assert (400, "signature verification failed") == container.send(source(body, forged))
    assert (400, "no Stripe-Signature header") == container.send(source(body, None))
    assert [] == [entry for entry in sandbox.control.journal(seq) if entry["service"] in ("stripe", "dynamodb", "sqs")]


def test_header_of_several_lines_is_one_list(sandbox: Sandbox, container: Container) -> None:
    """A REST API may hand over a header only as a list, in any case, and with several lines."""
    body = body_of(event_of(sandbox, put_bought(sandbox)))
    time, signed = signature(body, worlds.now(sandbox)).split(",")
    event = {**rest_api(body, None), "headers": None, "multiValueHeaders": {"STRIPE-SIGNATURE": [time, signed]}}
    assert (200, "changed: paid") == container.send(event)


@pytest.mark.parametrize("path", [f"/prod{PATH}", f"{PATH}/"])
def test_path_may_have_a_stage(sandbox: Sandbox, container: Container, path: str) -> None:
    """A stage or a base path in front of the path, or a slash behind it, is no other path."""
    body = body_of(event_of(sandbox, put_bought(sandbox)))
    event = {**http_api(body, signature(body, worlds.now(sandbox))), "rawPath": path}
    assert 200 == container.send(event)[0]


def test_get_is_refused(container: Container) -> None:
    """Another method gets 405 and is told the right one."""
    event = http_api(b"", None)
    event["requestContext"]["http"]["method"] = "GET"
    response = container.functions.webhook(event, Context())
    assert (405, "POST") == (response["statusCode"], response["headers"]["Allow"])
    assert (405, "only POST is allowed") == container.send({**rest_api(b"", None), "httpMethod": "GET"})


def test_other_path_is_refused(container: Container) -> None:
    """There is nothing else here."""
    assert (404, "not found") == container.send({**http_api(b"", None), "rawPath": "/api/courses"})


def test_large_body_is_refused(container: Container) -> None:
    """More than a megabyte is nothing that Stripe sends."""
    assert 413 == container.send(http_api(b"x" * 1_048_577, "t=1,v1=0"))[0]


@pytest.mark.parametrize(
    "event", [{}, {"body": "hello"}, {**http_api(b"", None), "body": "?", "isBase64Encoded": True}]
)
def test_what_is_no_request_is_refused(container: Container, event: dict[str, object]) -> None:
    """A test event of the console, or a body that is not what it says, is answered too."""
    assert 400 == container.send(event)[0]


@pytest.mark.parametrize("service", ["stripe", "dynamodb"])
def test_own_failure_is_queued_before_it_is_acknowledged(sandbox: Sandbox, container: Container, service: str) -> None:
    """202 once SQS has the hint: ids and times, no mail address, no amount; nothing else was written."""
    session_id = put_bought(sandbox)
    event = event_of(sandbox, session_id)
    assert 200 == container.deliver(put_bought(sandbox, "user-8"))[0]  # warm
    sandbox.control.add_fault("error", service=service, status=500, times=None)
    assert 202 == container.deliver_event(event)[0]
    sandbox.control.clear_faults()
    assert [
        {
            "event_id": event["id"],
            "type": event["type"],
            "created": event["created"],
            "livemode": False,
            "session_id": session_id,
            "key": [USER, COURSE],
            "managed": True,
            "environment": "preview",
            "account": None,
            "api_version": event["api_version"],
            "intent_id": event["data"]["object"]["payment_intent"],
            "reversal": False,
        }
    ] == container.hints()
    assert "pending" == worlds.read_statuses(sandbox)[key(USER)]


@pytest.mark.slow
def test_queue_that_refuses_means_503(sandbox: Sandbox, container: Container) -> None:
    """What nobody has is not acknowledged: Stripe sends it again, and then it is made good."""
    session_id = put_bought(sandbox)
    assert 200 == container.deliver(put_bought(sandbox, "user-8"))[0]
    for service in ("dynamodb", "sqs"):
        sandbox.control.add_fault("error", service=service, status=500, times=None)
    assert 503 == container.deliver(session_id)[0]
    sandbox.control.clear_faults()
    assert [] == container.hints()
    assert (200, "changed: paid") == container.deliver(session_id)


def test_no_queue_means_503(sandbox: Sandbox, environ: dict[str, str]) -> None:
    """Without a queue Stripe itself is the queue."""
    del environ["LMX_RETRY_QUEUE_URL"]
    container = Container(sandbox, Functions(environ), environ)
    session_id = put_bought(sandbox)
    assert 200 == container.deliver(put_bought(sandbox, "user-8"))[0]
    sandbox.control.add_fault("error", service="dynamodb", status=500, times=None)
    assert 503 == container.deliver(session_id)[0]


@pytest.mark.parametrize("stored", ["{}", None], ids=["no keys", "no secret"])
def test_missing_keys_mean_503(sandbox: Sandbox, environ: dict[str, str], stored: str | None) -> None:
    """A function without its keys answers, tells nothing, and is right soon after they are there."""
    clock = [0.0]
    container = Container(sandbox, Functions(environ, lambda: clock[0]), environ)
    session_id = put_bought(sandbox)
    client = sandbox.secretsmanager()
    kept = client.get_secret_value(SecretId=STORED)["SecretString"]
    if stored is None:
        client.delete_secret(SecretId=STORED)
    else:
        client.put_secret_value(SecretId=STORED, SecretString=stored)
    assert 503 == container.deliver(session_id)[0]
    if stored is None:
        client.restore_secret(SecretId=STORED)
    client.put_secret_value(SecretId=STORED, SecretString=kept)
    clock[0] = KEYS_SECONDS
    assert (200, "changed: paid") == container.deliver(session_id)


def test_forged_request_to_a_cold_container_asks_stripe_nothing(sandbox: Sandbox, environ: dict[str, str]) -> None:
    """Where an account is named too: signature first, and only a signed event has it looked up, and obeyed."""
    body = body_of(event_of(sandbox, put_bought(sandbox)))
    account = sandbox.stripe().v1.accounts.retrieve_current().id
    container = Container(sandbox, Functions({**environ, "LMX_STRIPE_ACCOUNT": account}), environ)
    seq = last_entry(sandbox)
    forged = signature(body, worlds.now(sandbox), "whsec_other")
    assert (400, "signature verification failed") == container.send(http_api(body, forged))
    asked = [(entry["service"], entry["operation"]) for entry in sandbox.control.journal(seq)]
    assert {("secretsmanager", "GetSecretValue")} == set(asked)
    signed = http_api(body, signature(body, worlds.now(sandbox)))
    other = Container(sandbox, Functions({**environ, "LMX_STRIPE_ACCOUNT": "acct_other"}), environ)
    assert (202, "queued (guard.account)") == other.send(signed)
    assert (200, "changed: paid") == container.send(signed)


@pytest.mark.slow
def test_revoked_key_is_read_anew(sandbox: Sandbox, container: Container) -> None:
    """When Stripe refuses the key that a warm container has, the stored one takes its place in the same delivery."""
    session_id = put_bought(sandbox)
    assert 200 == container.deliver(put_bought(sandbox, "user-8"))[0]
    event = event_of(sandbox, session_id)
    put_new_key(sandbox)
    sandbox.control.set_key_status(sandbox.info.secret_key, "revoked")
    assert (200, "changed: paid") == container.deliver_event(event)


@pytest.mark.slow
def test_keys_are_kept_for_some_minutes(sandbox: Sandbox, environ: dict[str, str]) -> None:
    """A warm container asks Secrets Manager neither for each event nor never."""
    clock = [0.0]
    container = Container(sandbox, Functions(environ, lambda: clock[0]), environ)
    session_id = put_bought(sandbox)
    container.deliver(session_id)
    seq = last_entry(sandbox)
    clock[0] = KEYS_SECONDS - 1
    container.deliver(session_id)
    assert 0 == secret_reads(sandbox, seq)
    clock[0] = KEYS_SECONDS
    container.deliver(session_id)
    assert 1 == secret_reads(sandbox, seq)  # API key and signing secret come with one reading


def test_log_is_json_and_tells_no_secret(
    sandbox: Sandbox, container: Container, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line per delivery with ids, effect and status; neither mail address nor key."""
    session_id = put_bought(sandbox)
    container.deliver(session_id)
    text = capsys.readouterr().out
    line = read_lines(text)[-1]
    expected = {"message": "answered", "status": 200, "effect": "changed", "state": "paid", "session": session_id}
    assert {**expected, "enrollment": key(USER)} == {name: line[name] for name in (*expected, "enrollment")}
    assert not any(secret in text for secret in (SECRET, sandbox.info.secret_key, "@example.com"))


def secret_reads(sandbox: Sandbox, seq: int) -> int:
    """Return how often a secret's value was read after a journal entry."""
    return sum(entry["operation"] == "GetSecretValue" for entry in sandbox.control.journal(seq))


def put_new_key(sandbox: Sandbox) -> None:
    """Store another key of the same account."""
    stored = {"STRIPE_SECRET_KEY": sandbox.control.add_key(kind="secret")["value"], "STRIPE_WEBHOOK_SECRET": SECRET}
    sandbox.secretsmanager().put_secret_value(SecretId=STORED, SecretString=json.dumps(stored))
