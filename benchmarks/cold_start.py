"""How long a cold start takes, from the first import to the first answer, beside a handler written by hand.

Both from the bundle that `make package` has built, which is what runs on Lambda.
"""
# ruff: noqa: TID251 - not part of the package: prepares the secret and signs events

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from statistics import median
from typing import Any

import boto3
import stripe

from benchmarks.promises import Promise, ratio
from benchmarks.world import PROJECT, World, say
from learnermax_cli.config.sandbox_state import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.items import course_item, enrollment_item

LIMIT = 1.25
"""How many times as long as the handler written by hand the first answer may take."""
BUNDLE = PROJECT / "build" / "lambda"
_SIGNING = "whsec_" + "benchmark" * 3
_HANDLERS = {"by hand": "plain_handler", "lmx": "learnermax_cli.functions.handlers"}
_CASES = ("a payment that it confirms", "a payment confirmed before")
"""The first delivery takes two keys, an enrollment, a session, a course, a student, two writes and a mail."""
_CHILD = """
import json, sys, time
event = json.load(sys.stdin)
class context:
    aws_request_id = "benchmark"
    get_remaining_time_in_millis = staticmethod(lambda: 28_000)
sys.stdout, printed = sys.stderr, sys.stdout
started, cpu = time.perf_counter(), time.process_time()
from {module} import webhook
answer = webhook(event, context)
print(time.perf_counter() - started, time.process_time() - cpu, file=printed, flush=True)
assert answer["statusCode"] == 200, answer
"""


def measure_cold_start(world: World, runs: int) -> list[Promise]:
    """Start fresh processes in turns, on an empty sandbox without latency."""
    say(f"cold start of the webhook function: {4 * (runs + 1)} fresh processes")
    world.empty()
    world.put_items([course_item("course-0", "49.99")])
    environment = _environment(world)
    found: dict[tuple[str, str], list[tuple[float, float]]] = {}
    for number in range(-1, runs):  # the first round only fills the caches of the disk
        for who, module in _HANDLERS.items():
            event = _event(world, _put_paid(world, f"{who}-{number}"))
            for case in _CASES:
                taken = _run(module, event, environment)
                if number >= 0:
                    found.setdefault((who, case), []).append(taken)
    return [promise for case in _CASES for promise in _promises(found, case)]


def _promises(found: Mapping[tuple[str, str], list[tuple[float, float]]], case: str) -> list[Promise]:
    promises = []
    for measure, column in (("seconds", 0), ("CPU", 1)):
        lmx, by_hand = (median(taken[column] for taken in found[who, case]) for who in ("lmx", "by hand"))
        say(f"  {case}, {measure}: {lmx:.3f} s, by hand {by_hand:.3f} s")
        promises.append(ratio(f"cold start to the answer to {case}, {measure} against by hand", lmx, by_hand, LIMIT))
    return promises


def _run(module: str, event: Mapping[str, Any], environment: Mapping[str, str]) -> tuple[float, float]:
    done = subprocess.run(  # noqa: S603 - our own interpreter and code
        [sys.executable, "-S", "-c", _CHILD.format(module=module)],
        input=json.dumps(event), env=dict(environment), cwd=BUNDLE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode != 0:
        raise RuntimeError(done.stderr[-2000:])
    seconds, cpu = done.stdout.split()
    return float(seconds), float(cpu)


def _environment(world: World) -> dict[str, str]:
    """Return the variables of a function, as the template sets them, on the sandbox; the keys are in the secret."""
    keys = {"STRIPE_SECRET_KEY": world.info.secret_key, "STRIPE_WEBHOOK_SECRET": _SIGNING}
    session = boto3.Session(ACCESS_KEY_ID, SECRET_ACCESS_KEY, region_name=world.info.region)
    client = session.client("secretsmanager", endpoint_url=world.info.aws_url)
    secret = client.create_secret(Name="learnermax/stripe-keys", SecretString=json.dumps(keys))
    variables = world.environment()
    del variables["STRIPE_SECRET_KEY"]
    paths = os.pathsep.join((str(BUNDLE), str(PROJECT / "benchmarks")))
    own = {"PYTHONPATH": paths, "AWS_LAMBDA_FUNCTION_NAME": "webhook", "LMX_ENVIRONMENT": "preview"}
    return {**variables, **own, "LMX_STRIPE_SECRET_NAME": secret["ARN"]}


def _put_paid(world: World, user: str) -> str:
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
