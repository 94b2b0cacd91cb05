"""How long a cold start takes, from the first import to the first answer, beside importing boto3 and stripe alone.

Both from the bundle that `make package` has built, which is what runs on Lambda.
"""
# ruff: noqa: TID251 - not part of the package: prepares the secret and signs events

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import boto3
import stripe

from benchmarks.world import PROJECT, World, say
from learnermax_cli.config.sandbox_state import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.items import course_item, enrollment_item

RUNS = 21
LIMIT = 1.5
"""How many times as long as importing the SDKs alone the first answer may take."""
BUNDLE = PROJECT / "build" / "lambda"
_SIGNING = "whsec_" + "benchmark" * 3
_SDKS = "import boto3, stripe"
_FUNCTION = (
    "from learnermax_cli.functions.handlers import webhook; answer = webhook(event, context); "
    "assert answer['statusCode'] == 200, answer"
)
_CHILD = """
import json, sys, time
event = json.load(sys.stdin)
class context:
    aws_request_id = "benchmark"
    get_remaining_time_in_millis = staticmethod(lambda: 28_000)
sys.stdout, printed = sys.stderr, sys.stdout
started = time.perf_counter()
{work}
print(time.perf_counter() - started, file=printed, flush=True)
"""


@dataclass(frozen=True, slots=True)
class ColdStart:
    """Seconds, each the least of several fresh processes: the SDKs alone, and the function to its first answer."""

    sdks: float
    already_done: float
    """The first delivery tells of a payment that was confirmed before."""
    confirmed: float
    """The first delivery confirms a payment: two keys, an account and a session read, three writes, a mail."""


def measure_cold_start(world: World, runs: int = RUNS) -> ColdStart:
    """Start fresh processes in turns, on an empty sandbox without latency."""
    say(f"cold start of the webhook function: {3 * runs} fresh processes")
    world.empty()
    world.put_items([course_item("course-0", "49.99")])
    environment = _environment(world)
    found: dict[str, list[float]] = {"sdks": [], "confirmed": [], "done": []}
    for number in range(-1, runs):  # the first round only fills the caches of the disk
        session_id = _put_paid(world, number)
        times = {
            "sdks": _run(_SDKS, {}, environment),
            "confirmed": _run(_FUNCTION, _event(world, session_id), environment),
            "done": _run(_FUNCTION, _event(world, session_id), environment),
        }
        if number >= 0:
            for name, seconds in times.items():
                found[name].append(seconds)
    return ColdStart(*(min(found[name]) for name in ("sdks", "done", "confirmed")))


def _run(work: str, event: Mapping[str, Any], environment: Mapping[str, str]) -> float:
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-S", "-c", _CHILD.format(work=work)],
        input=json.dumps(event), env=dict(environment), cwd=BUNDLE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    return float(done.stdout)


def _environment(world: World) -> dict[str, str]:
    """Return the variables of a function, as the template sets them, on the sandbox; the keys are in the secret."""
    keys = {"STRIPE_SECRET_KEY": world.info.secret_key, "STRIPE_WEBHOOK_SECRET": _SIGNING}
    session = boto3.Session(ACCESS_KEY_ID, SECRET_ACCESS_KEY, region_name=world.info.region)
    client = session.client("secretsmanager", endpoint_url=world.info.aws_url)
    secret = client.create_secret(Name="learnermax/stripe-keys", SecretString=json.dumps(keys))
    variables = world.environment()
    del variables["STRIPE_SECRET_KEY"]
    own = {"PYTHONPATH": str(BUNDLE), "AWS_LAMBDA_FUNCTION_NAME": "webhook", "LMX_ENVIRONMENT": "preview"}
    return {**variables, **own, "LMX_STRIPE_SECRET_NAME": secret["ARN"]}


def _put_paid(world: World, number: int) -> str:
    user = f"user-{number}"
    metadata = {"managedBy": "lmx", "environment": "preview", "userId": user, "courseId": "course-0"}
    row = {"user_id": user, "course_id": "course-0", "state": "paid", "offset": -60, "amount": 4999}
    session_id = world.control.seed_sessions([{**row, "metadata": metadata}], events=False)[0]
    world.put_items([enrollment_item(user, "course-0", "2026-01-01T00:00:00.000Z", stripeSessionId=session_id)])
    return session_id


def _event(world: World, session_id: str) -> dict[str, Any]:
    """Return a signed delivery as an HTTP API hands it over."""
    client = stripe.StripeClient(world.info.secret_key, base_addresses={"api": world.info.stripe_url})
    session = json.loads(str(client.v1.checkout.sessions.retrieve(session_id)))
    now = int(world.control.health()["now"])
    event = {"id": "evt_1", "object": "event", "type": "checkout.session.completed", "created": now, "livemode": False}
    body = json.dumps({**event, "data": {"object": session}})
    path = "/api/webhooks/stripe"
    header = stripe.WebhookSignature.generate_signature_header(body, _SIGNING, now)
    return {
        "version": "2.0",
        "rawPath": path,
        "headers": {"stripe-signature": header},
        "requestContext": {"http": {"method": "POST", "path": path}},
        "body": body,
        "isBase64Encoded": False,
    }


def render_cold_start(found: ColdStart) -> str:
    """Return what was measured, as one line for each case."""
    cases = (("a payment confirmed before", found.already_done), ("a payment that it confirms", found.confirmed))
    head = f"importing boto3 and stripe alone takes {found.sdks:.2f} s, the limit is {LIMIT} x"
    lines = [f"  to the answer to {case}: {seconds:.2f} s, {_ratio(seconds, found)}" for case, seconds in cases]
    return "\n".join([f"Cold start of the webhook function; {head}:", *lines])


def _ratio(seconds: float, found: ColdStart) -> str:
    ratio = seconds / found.sdks
    return f"{ratio:.2f} x" + (", more than the limit" if ratio > LIMIT else "")
