"""Command lines, settings and env files that make no sense, and accesses that do not belong together."""

from pathlib import Path

from tests.failures.model import HOSTILE, PREVIEW, PROD, Failure, holding
from tests.running import Sandbox

_PREFIXED = (
    "Copy it from the Stripe dashboard, Developers > API keys or Webhooks: it starts with whsec_, sk_, rk_ or pk_."
)
_TOPIC = "arn:aws:sns:us-east-1:123456789012:mail-prod"
_TABLE = "arn:aws:dynamodb:us-east-1:999999999999:table/x"


def _folder(sandbox: Sandbox) -> None:
    (sandbox.cwd / ".env.local").mkdir()


def _publishable(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    return {"env": {"STRIPE_SECRET_KEY": sandbox.info.publishable_key}}


def _odd_home(sandbox: Sandbox) -> dict[str, dict[str, str]]:
    Path(sandbox.cwd / "home").write_text("a file", encoding="utf-8")
    return {"env": {"LMX_SANDBOX_HOME": "home"}}


FAILURES = (
    Failure(
        "enrollments reconcile --since 0001-01-01T00:00:00+23:59",
        2,
        "--since is '0001-01-01T00:00:00+23:59', neither a span nor a time",
        "Give a span such as 30d, 36h or 90m, or a time such as 2026-11-01T00:00:00Z.",
    ),
    Failure(
        f"secrets pull --env-file {'x' * 300}",
        1,
        f"{'x' * 300} can't be written: File name too long",
        "Check its folder's permissions and the disk, then run the command again.",
    ),
    Failure(
        "checkout create a --user b --success-url https://host.example/\udcff",
        2,
        "--success-url is 'https://host.example/\\udcff', not an absolute URL",
        "Give a URL with https:// and a host.",
    ),
    Failure(
        "products snyc",
        2,
        "No such command 'snyc'.",
        "Did you mean lmx products sync? See lmx products --help.",
    ),
    Failure("courses '$hostile'", 2, "No such command '$harmless'.", "See lmx courses --help."),
    Failure("courses list a b", 2, "Got unexpected extra argument(s) (a b)", "See lmx courses list --help."),
    Failure(
        "checkout create a", 2, "Missing option '--user'.", "Example: lmx checkout create TEST-COURSE-003 --user user-1"
    ),
    Failure(
        "courses set-price a -5",
        2,
        "the price is -5, not a positive number",
        "Give it in major units, such as 49.99.",
    ),
    Failure("courses set-price a 49,99", 2, "'49,99' is not a price", "Give it in major units, such as 49.99."),
    Failure(
        "courses list",
        3,
        f"unknown environment {HOSTILE!r}",
        "Use preview, prod or sandbox (-e, or LMX_ENVIRONMENT).",
        env={"LMX_ENVIRONMENT": HOSTILE},
    ),
    Failure(
        "courses list",
        3,
        "LMX_PRICE_UNIT is 'cents', not major or minor",
        "Set LMX_PRICE_UNIT to major or minor.",
        env={**PREVIEW, "LMX_PRICE_UNIT": "cents"},
    ),
    Failure(
        "courses list",
        3,
        "LMX_AWS_ACCOUNT is '123', not an AWS account",
        "Set LMX_AWS_ACCOUNT to its twelve digits.",
        env={**PREVIEW, "LMX_AWS_ACCOUNT": "123"},
    ),
    Failure(
        "products sync --currency '$$$$'",
        2,
        "--currency is '$$$$', not a currency code",
        "Set --currency to a code such as usd.",
    ),
    Failure(
        "products list",
        3,
        "no sandbox is running",
        "Start one: lmx sandbox start",
        env={"LMX_SANDBOX_HOME": "/nowhere"},
    ),
    Failure("courses list -e sandbox", 3, "no sandbox is running", "Start one: lmx sandbox start", _odd_home),
    Failure(
        "sandbox start",
        3,
        "the sandbox's folder home can't be written to: File exists",
        "Name another folder in LMX_SANDBOX_HOME.",
        _odd_home,
    ),
    Failure(
        "courses list --env-file '$hostile'",
        3,
        "env file $harmless does not exist",
        "Name an existing file with --env-file, or make this one: cp .env.example '$harmless'",
        env=PREVIEW,
    ),
    Failure(
        "courses list",
        3,
        "env file .env.local cannot be read: Is a directory",
        "Check its permissions and content, or name another with --env-file.",
        _folder,
        PREVIEW,
    ),
    Failure(
        "courses list",
        3,
        "env file .env.local can't be understood at line 2",
        "Check the quotes there; a line reads NAME=value.",
        holding(".env.local", 'A=1\nSTRIPE_SECRET_KEY="sk_\n'),
        PREVIEW,
    ),
    Failure(
        "courses list -e prod --table learnermax-preview",
        5,
        "table learnermax-preview is named after environment preview, but this run is for prod",
        "Use -e preview, or name another table with --table or EDUCATION_TABLE_NAME; if intended: "
        "LMX_ALLOW_MISMATCH=learnermax-preview",
        env=PROD,
    ),
    Failure(
        "courses list",
        5,
        f"topic {_TOPIC} is named after environment prod, but this run is for preview",
        "Use -e prod, or name another topic with TRANSACTIONAL_EMAIL_TOPIC_ARN; if intended: "
        f"LMX_ALLOW_MISMATCH={_TOPIC}",
        env={**PREVIEW, "TRANSACTIONAL_EMAIL_TOPIC_ARN": _TOPIC},
    ),
    Failure(
        "courses list",
        5,
        f"topic {_TOPIC} is named after environment prod, but this run is for preview",
        "Use -e prod, name another env file with --env-file, or another topic with TRANSACTIONAL_EMAIL_TOPIC_ARN; "
        f"if intended: LMX_ALLOW_MISMATCH={_TOPIC}",
        holding(".env.local", f"TRANSACTIONAL_EMAIL_TOPIC_ARN={_TOPIC}\n"),
        {**PREVIEW, "TRANSACTIONAL_EMAIL_TOPIC_ARN": None},
    ),
    Failure(
        "courses list -e prod",
        5,
        "a test mode key does not fit environment prod",
        "Use a live mode key (without STRIPE_SECRET_KEY the one of secret learnermax/stripe-keys-prod is taken), "
        "another env file (--env-file), or another environment (-e).",
        holding(".env.local", "STRIPE_SECRET_KEY=sk_test_1NPQ48T0QwijFdte\n"),
        {**PROD, "STRIPE_SECRET_KEY": None},
    ),
    Failure(
        "courses list",
        5,
        f"table {_TABLE} belongs to AWS account 999999999999, but LMX_AWS_ACCOUNT is 123456789012",
        "Name another table with --table or EDUCATION_TABLE_NAME, or change LMX_AWS_ACCOUNT; if intended: "
        f"LMX_ALLOW_MISMATCH={_TABLE}",
        env={**PREVIEW, "LMX_AWS_ACCOUNT": "123456789012", "EDUCATION_TABLE_NAME": _TABLE},
    ),
    Failure(
        "courses list",
        5,
        "the AWS credentials from AWS_ACCESS_KEY_ID in the environment belong to account 123456789012, "
        "but LMX_AWS_ACCOUNT is 999999999999",
        "Sign in to that account, name a --profile of it, or change LMX_AWS_ACCOUNT.",
        env={**PREVIEW, "LMX_AWS_ACCOUNT": "999999999999", "TRANSACTIONAL_EMAIL_TOPIC_ARN": None},
    ),
    Failure(
        "courses list -e prod",
        5,
        "a test mode key does not fit environment prod",
        "Use a live mode key (without STRIPE_SECRET_KEY the one of secret learnermax/stripe-keys-prod is "
        "taken), or another environment (-e).",
        env=PROD,
    ),
    Failure(
        "courses list",
        5,
        "the Stripe key belongs to account $account, but LMX_STRIPE_ACCOUNT is acct_1other",
        "Use a key of that account, or change LMX_STRIPE_ACCOUNT.",
        env={**PREVIEW, "LMX_STRIPE_ACCOUNT": "acct_1other"},
    ),
    Failure(
        "products list",
        3,
        "STRIPE_SECRET_KEY is a publishable key",
        "Use a secret (sk_) or restricted (rk_) key.",
        _publishable,
        PREVIEW,
    ),
    Failure(
        "products list",
        3,
        "STRIPE_SECRET_KEY is not a Stripe key",
        _PREFIXED,
        env={**PREVIEW, "STRIPE_SECRET_KEY": "key"},
    ),
    Failure(
        "products list -e preview",
        3,
        "no STRIPE_SECRET_KEY: it is not configured, and secret learnermax/stripe-keys does not exist",
        "Store it: lmx secrets push -e preview",
        env={**PREVIEW, "STRIPE_SECRET_KEY": None},
    ),
    Failure(
        "products list",
        5,
        "the Stripe key must not go to https://evil.test, only to https://api.stripe.com without a "
        "path, or to this machine",
        "Unset STRIPE_API_BASE; no flag lifts this.",
        env={**PREVIEW, "STRIPE_API_BASE": "https://user:word@evil.test/v1"},
    ),
    Failure(
        "products list",
        5,
        "the Stripe key must not go to a malformed address, only to https://api.stripe.com without a "
        "path, or to this machine",
        "Unset STRIPE_API_BASE; no flag lifts this.",
        env={**PREVIEW, "STRIPE_API_BASE": "http://[bad"},
    ),
    Failure(
        "webhooks serve --port 0",
        3,
        "STRIPE_WEBHOOK_SECRET is not a Stripe key",
        _PREFIXED,
        env={**PREVIEW, "STRIPE_WEBHOOK_SECRET": "signing"},
    ),
)
