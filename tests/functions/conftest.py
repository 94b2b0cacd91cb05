"""A container of Lambda, as the template sets it up, against the sandbox."""

import json

import pytest

from learnermax_cli.config.keys import table_name
from learnermax_cli.config.sandbox_state import topic_arn
from learnermax_cli.functions.handlers import Functions
from tests.functions.worlds import Container
from tests.running import Sandbox
from tests.webhooks.signed import SECRET


@pytest.fixture
def environ(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """The variables of a function: as the template names them, and where AWS and Stripe are."""
    stored = {"STRIPE_SECRET_KEY": sandbox.info.secret_key, "STRIPE_WEBHOOK_SECRET": SECRET}
    secret = sandbox.secretsmanager().create_secret(Name="learnermax/stripe-keys", SecretString=json.dumps(stored))
    queue = sandbox.sqs().create_queue(QueueName="lmx-retries")
    outside = {name: value for name, value in sandbox.info.environment().items() if name.startswith("AWS_")}
    variables = {
        **outside,
        "STRIPE_API_BASE": sandbox.info.stripe_url,
        "LMX_ENVIRONMENT": "preview",
        "EDUCATION_TABLE_NAME": table_name(),
        "LMX_STRIPE_SECRET_NAME": secret["ARN"],
        "LMX_RETRY_QUEUE_URL": queue["QueueUrl"],
        "TRANSACTIONAL_EMAIL_TOPIC_ARN": topic_arn(),
        "LMX_STRIPE_ACCOUNT": "",
    }
    for name, value in outside.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def container(sandbox: Sandbox, environ: dict[str, str]) -> Container:
    """A container that has not served anything yet."""
    return Container(sandbox, Functions(environ), environ)
