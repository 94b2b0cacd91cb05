"""What a cold start of the webhook function loads: counted in modules, for seconds differ from machine to machine."""

import json
import subprocess
import sys

import pytest

from tests.enrollments import worlds
from tests.enrollments.worlds import key
from tests.forking import PROJECT
from tests.functions.events import http_api
from tests.functions.worlds import USER, put_bought
from tests.running import Sandbox
from tests.webhooks.signed import body_of, event_of, signature

_CHILD = """
import json, sys
event = json.load(sys.stdin)
class context:
    aws_request_id = "cold"
    get_remaining_time_in_millis = staticmethod(lambda: 28_000)
from learnermax_cli.functions.handlers import webhook
answer = webhook(event, context)
print(json.dumps([answer["statusCode"], sorted(sys.modules)]), file=sys.stderr)
"""
NEVER = ("typer", "rich", "click", "dotenv", "aws_lambda_powertools", "uvicorn", "flask", "moto", "sqlite3")
OURS = (
    "learnermax_cli.cli.main",
    "learnermax_cli.cli.command",
    "learnermax_cli.enrollments.reconcile_pass",
    "learnermax_cli.config.env_file",
    "learnermax_cli.planning.apply",
    "learnermax_cli.planning.render_text",
    "learnermax_cli.products.model",
    "learnermax_cli.config.sandbox_state",
    "learnermax_cli.webhooks.endpoints",
)


def loaded_by(sandbox: Sandbox, environ: dict[str, str], session_id: str) -> tuple[int, set[str]]:
    """Deliver a signed event to a fresh process; return the status and the modules loaded by then."""
    body = body_of(event_of(sandbox, session_id))
    event = http_api(body, signature(body, worlds.now(sandbox)))
    done = subprocess.run(
        [sys.executable, "-c", _CHILD], input=json.dumps(event), env={**environ, "AWS_LAMBDA_FUNCTION_NAME": "webhook"},
        cwd=PROJECT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert 0 == done.returncode, done.stderr
    status, modules = json.loads(done.stderr.splitlines()[-1])
    return status, set(modules)


@pytest.mark.parametrize("already", [False, True], ids=["confirms", "confirmed before"])
def test_first_answer_loads_what_it_needs(sandbox: Sandbox, environ: dict[str, str], already: bool) -> None:
    """Up to its first answer the function loads nothing of the terminal, of servers, or of other functions."""
    session_id = put_bought(sandbox)
    if already:
        loaded_by(sandbox, environ, session_id)
    status, modules = loaded_by(sandbox, environ, session_id)
    assert (200, "completed") == (status, worlds.read_statuses(sandbox)[key(USER)])
    assert [] == [name for name in (*NEVER, *OURS) if name in modules]
    assert 91 >= sum(name.startswith("learnermax_cli") for name in modules)
    # What was confirmed before takes no question to Stripe, so no client for it.
    assert already == ("learnermax_cli.adapters.stripe.client" not in modules)
