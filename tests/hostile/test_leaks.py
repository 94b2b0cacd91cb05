"""Nothing that a run has read and must not show is printed or saved, however what AWS or Stripe says repeats it."""

import json
from pathlib import Path

import pytest

from learnermax_cli.core.secret_text import KnownSecrets
from learnermax_cli.terminal.console import Console, Manner
from tests.enrollments import worlds
from tests.functions.worlds import put_bought
from tests.hostile.echoes import BEFORE, ESCAPES, echoes_of
from tests.items import student_item
from tests.products.worlds import put_course
from tests.running import Sandbox
from tests.sampling import sampled
from tests.webhooks.signed import deliver, event_of
from tests.webhooks.worlds import SECRET_NAME, serving

AWS_SECRET = "CANARY+aws/CANARYsecret/CANARY=="
AWS_TOKEN = "IQoJCANARY//////CANARYtoken+CANARY/" * 8 + "=="
SIGNING = "whsec_" + "CANARY+signing/CANARY="
STORED_SIGNING = "whsec_" + "CANARYstored" + "CANARYsigning"
FORMER_SIGNING = "whsec_" + "CANARYformer" + "CANARYsigning"
FOREIGN = 'CANARY\'s "own" \\ <b>&\nCANARY\tp%40ss$ (ü\u2028\U0001f600)'
NESTED = "CANARY-nested-CANARY"
ALWAYS = (AWS_SECRET, AWS_TOKEN, SIGNING)
STORED = (STORED_SIGNING, FORMER_SIGNING, FOREIGN, NESTED)
HOOK = "https://api.learnermax.example/api/webhooks/stripe"
STRIPE_GET, STRIPE_POST = ("stripe", "GET *"), ("stripe", "POST *")
# A command, the requests that are answered with an error, and how many of them are not, so that the secret is read.
FAILURES = {
    "courses list": (("courses", "list"), ("dynamodb", "*"), 0),
    "courses set-price": (("courses", "set-price", "plain", "20"), ("dynamodb", "UpdateItem"), 0),
    "products sync": (("products", "sync", "--yes"), STRIPE_POST, 0),
    "products sync, link": (("products", "sync", "--yes"), ("dynamodb", "UpdateItem"), 0),
    "products list": (("products", "list"), STRIPE_GET, 1),
    "checkout create": (("checkout", "create", "plain", "--user", "u"), STRIPE_POST, 0),
    "checkout create, item": (("checkout", "create", "plain", "--user", "u"), ("dynamodb", "PutItem"), 0),
    "enrollments reconcile": (("enrollments", "reconcile", "--since", "3d"), STRIPE_GET, 1),
    "webhooks create": (("webhooks", "create", "--url", HOOK, "--yes"), STRIPE_POST, 0),
    "webhooks create, store": (("webhooks", "create", "--url", HOOK, "--yes"), ("secretsmanager", "PutSecretValue"), 0),
    "webhooks list": (("webhooks", "list"), STRIPE_GET, 1),
    "secrets push": (("secrets", "push", "--yes", "--no-verify"), ("secretsmanager", "PutSecretValue"), 0),
    "secrets push, move": (
        ("secrets", "push", "--yes", "--no-verify"),
        ("secretsmanager", "UpdateSecretVersionStage"),
        0,
    ),
    "doctor": (("doctor",), ("dynamodb", "*"), 0),
    "doctor, Stripe": (("doctor",), STRIPE_GET, 1),
}
NOTHING_STORED = ("courses list", "courses set-price")
"""Commands that do not read the secret, so what only it holds is not known to them."""
MANNERS = ((), ("-v", "-o", "json"), ("-v", "-o", "markdown"))


@pytest.fixture
def world(sandbox: Sandbox) -> Sandbox:
    """A sandbox with a course, a student and a pending enrollment, and secrets wherever a run reads them."""
    put_course(sandbox, "plain", "49.99")
    worlds.put_items(sandbox, [student_item("u")])
    content = {
        "STRIPE_SECRET_KEY": sandbox.info.secret_key,
        "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": sandbox.info.publishable_key,
        "STRIPE_WEBHOOK_SECRET": STORED_SIGNING,
        "STRIPE_WEBHOOK_SECRET_PREVIOUS": FORMER_SIGNING,
        "FOREIGN": FOREIGN,
        "NESTED": {"list": [NESTED, 5]},
    }
    sandbox.secretsmanager().create_secret(Name=SECRET_NAME, SecretString=json.dumps(content))
    return sandbox


def environment(sandbox: Sandbox) -> dict[str, str | None]:
    """Return an environment whose Stripe key comes from the secret, in GitHub Actions."""
    return {
        "LMX_ENVIRONMENT": "preview",
        "EDUCATION_TABLE_NAME": "learnermax-education-sandbox",
        "FRONTEND_URL": "https://learnermax.example",
        "AWS_SECRET_ACCESS_KEY": AWS_SECRET,
        "AWS_SESSION_TOKEN": AWS_TOKEN,
        "STRIPE_WEBHOOK_SECRET": SIGNING,
        "STRIPE_SECRET_KEY": None,
        "GITHUB_ACTIONS": "true",
        "GITHUB_STEP_SUMMARY": str(sandbox.cwd / "summary"),
        "GITHUB_OUTPUT": str(sandbox.cwd / "outputs"),
    }


def require_silence(sandbox: Sandbox, *texts: str) -> None:
    """Assert that no part of a secret is in what was printed or saved."""
    text = "\n".join(texts)
    assert [] == [text[max(0, at - 40) : at + 40] for at in [text.find("CANARY")] if at >= 0]
    key = sandbox.info.secret_key
    assert (False, False) == (key[8:20] in text, key[-12:] in text)
    assert "Traceback" not in text


def run(sandbox: Sandbox, *args: str, env: dict[str, str | None] | None = None) -> str:
    """Run lmx and return what it printed, masked for it: something is, and nothing else of a secret is in it."""
    done = sandbox.run(*args, env={**environment(sandbox), **(env or {})})
    written = [path.read_text() for path in (sandbox.cwd / "summary", sandbox.cwd / "outputs") if path.exists()]
    require_silence(sandbox, done.stdout, done.stderr, *written)
    assert "***" in (done.stdout + done.stderr).replace("&#42;", "*")
    if "json" in args:
        json.loads(done.stdout)
    return done.stdout


def push_environment(sandbox: Sandbox) -> dict[str, str | None]:
    """Return the keys that `secrets push` takes."""
    return {
        "STRIPE_SECRET_KEY": sandbox.info.secret_key,
        "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY": sandbox.info.publishable_key,
    }


@pytest.mark.parametrize("manner", sampled(MANNERS, one_in=23), ids=" ".join)
@pytest.mark.parametrize("case", FAILURES)
def test_error_that_repeats_every_secret(world: Sandbox, case: str, manner: tuple[str, ...]) -> None:
    """In every form, behind every character: none is printed, annotated or in the summary."""
    args, (service, operation), skip = FAILURES[case]
    if args[0] == "checkout":
        world.run("products", "sync", "--yes", env=environment(world))
    key = world.info.secret_key
    known = (*ALWAYS, *(() if case in NOTHING_STORED else (*STORED, key)))
    says = {"status": 400, "code": "ValidationException", "message": " | ".join(echoes_of(known))}
    world.control.add_fault("error", service=service, operation=operation, times=None, skip=skip, **says)
    run(world, *args, *manner, env=push_environment(world) if args[1:2] == ("push",) else None)


@pytest.mark.parametrize("manner", sampled(MANNERS, one_in=23), ids=" ".join)
@pytest.mark.parametrize("command", [("sync", "--dry-run"), ("sync", "--yes"), ("list",)], ids=" ".join)
def test_course_that_repeats_a_secret(world: Sandbox, command: tuple[str, ...], manner: tuple[str, ...]) -> None:
    """In its name, its description and its id."""
    for number, secret in enumerate((*ALWAYS, *STORED, world.info.secret_key)):
        for place, escape in enumerate(ESCAPES.values()):
            text = BEFORE[(number + place) % len(BEFORE)] + escape(secret)
            name = text if len(text) <= 240 else "too long"
            put_course(world, f"c{number}-{place}", "49.99", name=name, description="x" * 60 + text)
    put_course(world, f"id {FOREIGN} {NESTED}", "49.99")
    if command == ("list",):
        world.run("products", "sync", "--yes", env=environment(world))
    run(world, "products", *command, *manner)


def test_plan_of_a_course_that_repeats_a_key(world: Sandbox) -> None:
    """The file holds the masked text, has the digest of the report, and can be applied; Stripe gets the text."""
    text = f"x{FOREIGN} and %3D{world.info.secret_key}."
    put_course(world, "a", "49.99", description=text)
    planned = json.loads(run(world, "products", "sync", "--dry-run", "--save-plan", "plan", "-o", "json"))
    saved = (world.cwd / "plan").read_text()
    require_silence(world, saved)
    assert planned["digest"] == json.loads(saved)["digest"]
    applied = json.loads(run(world, "products", "sync", "--yes", "--plan", "plan", "-o", "json"))
    assert (planned["digest"], None) == (applied["digest"], applied.get("error"))
    assert text in [product.description for product in world.stripe().v1.products.list().data]


def test_receiver(world: Sandbox) -> None:
    """Its log holds no secret that a failure of the table or of Stripe repeats."""
    event, now = event_of(world, put_bought(world, "u")), worlds.now(world)
    message = " | ".join(echoes_of((AWS_SECRET, AWS_TOKEN, *STORED, world.info.secret_key)))
    env = {**environment(world), "STRIPE_WEBHOOK_SECRET": None}
    with serving(world, "-v", env=env) as receiver:
        for service in ("dynamodb", "stripe"):
            fault = {"service": service, "status": 400, "code": "ValidationException", "message": message}
            world.control.add_fault("error", times=None, **fault)
            assert 503 == deliver(receiver.url, event, now, STORED_SIGNING)[0]
            world.control.clear_faults()
        report = receiver.end()
    require_silence(world, *receiver.lines, json.dumps(report))


def test_argument_that_is_a_secret(world: Sandbox) -> None:
    """A key or token of the environment, pasted into the wrong place."""
    for text in (AWS_SECRET, f"x{SIGNING}", AWS_TOKEN):
        for args in ((text,), ("courses", text), ("courses", "list", "-e", text), ("courses", "list", "--table", text)):
            run(world, *args, "-o", "json")


def test_env_file_that_makes_no_sense(world: Sandbox) -> None:
    """Its keys are known before its other settings are complained of."""
    (world.cwd / ".env.local").write_text(f"STRIPE_WEBHOOK_SECRET={SIGNING}\nLMX_PRICE_UNIT=x{SIGNING}\n")
    run(world, "courses", "list", env={"STRIPE_WEBHOOK_SECRET": None})


def test_setting_that_is_stored_too_is_shown(world: Sandbox) -> None:
    """The table's name is no secret because another program keeps it in the secret; numbers are none either."""
    content = {"STRIPE_SECRET_KEY": world.info.secret_key, "TABLE": "learnermax-education-sandbox", "N": 123456789012}
    world.secretsmanager().put_secret_value(SecretId=SECRET_NAME, SecretString=json.dumps(content))
    put_course(world, "123456789012", "49.99")
    done = world.run("products", "sync", "--dry-run", "-o", "json", env=environment(world))
    assert "123456789012" in [change["key"] for change in json.loads(done.stdout)["changes"]]
    (world.cwd / "plan").unlink(missing_ok=True)
    assert "learnermax-education-sandbox" in world.run("doctor", env=environment(world)).stdout


def test_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    """A bug whose message is a secret, over several lines."""
    console = Console(Manner(), {"AWS_SECRET_ACCESS_KEY": AWS_SECRET, "AWS_SESSION_TOKEN": FOREIGN})
    for secret in (AWS_SECRET, FOREIGN):
        console.trace(f"Traceback\n  ValueError: x{secret}\n  KeyError: {secret!r}\n")
    assert "CANARY" not in capsys.readouterr().err


def test_saved_credentials(world: Sandbox, tmp_path: Path) -> None:
    """What boto3 reads from a profile is known, too."""
    profile = tmp_path / "credentials"
    profile.write_text(
        f"[default]\naws_access_key_id = A\naws_secret_access_key = {AWS_SECRET}\naws_session_token = {AWS_TOKEN}\n"
    )
    message = " | ".join(echoes_of((AWS_SECRET, AWS_TOKEN)))
    fault = {"service": "dynamodb", "status": 400, "code": "ValidationException", "message": message}
    world.control.add_fault("error", times=None, **fault)
    names = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
    env: dict[str, str | None] = {**dict.fromkeys(names), "AWS_SHARED_CREDENTIALS_FILE": str(profile)}
    run(world, "courses", "list", env=env)


def test_canary_would_be_noticed(world: Sandbox) -> None:
    """The check finds a secret where there is one, and a run that knows nothing masks nothing of it."""
    assert AWS_TOKEN == KnownSecrets().mask(AWS_TOKEN)
    for text in (AWS_TOKEN, world.info.secret_key):
        with pytest.raises(AssertionError):
            require_silence(world, text)
