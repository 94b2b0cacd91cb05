"""`lmx secrets push`, end to end."""

import html
import json
import re

import pytest
import yaml

from tests.deploy.template import read_template
from tests.ran import last_entry, writes_since
from tests.running import Sandbox
from tests.secrets import support
from tests.secrets.support import NAME, PREVIEW


def test_creates_the_secret(sandbox: Sandbox) -> None:
    """The first push creates the secret with its tags, in one write."""
    run = sandbox.run("secrets", "push")

    tags = sandbox.secretsmanager().describe_secret(SecretId=NAME)["Tags"]
    assert (0, ["CreateSecret"]) == (run.returncode, writes_since(sandbox))
    assert support.api_keys(sandbox) == support.stored(sandbox)
    assert {"Project": "LearnerMax", "Environment": "sandbox"} == {tag["Key"]: tag["Value"] for tag in tags}


def test_report(sandbox: Sandbox) -> None:
    """The JSON report names the change, the account, the ARN and the references for CloudFormation."""
    report = support.document(sandbox.run("secrets", "push", "-o", "json"))

    described = sandbox.secretsmanager().describe_secret(SecretId=NAME)
    reference = f"{{{{resolve:secretsmanager:{described['ARN']}:SecretString:STRIPE_SECRET_KEY}}}}"
    change = report["changes"][0]
    assert ("secret", NAME, "create", "applied") == (change["kind"], change["key"], change["action"], change["outcome"])
    assert {"mode": "test", "account": sandbox.info.stripe_account} == report["stripe"]
    assert (described["ARN"], reference) == (report["arn"], report["references"]["STRIPE_SECRET_KEY"])
    assert [report["version_id"]] == list(described["VersionIdsToStages"])
    assert {"add": 2, "change": 0, "remove": 0, "unchanged": 0} == report["summary"]


def test_ends_with_what_a_template_needs(sandbox: Sandbox) -> None:
    """After the ARN a block of YAML to paste, the same in JSON, and what it takes to make stacks read the keys."""
    names = ("STRIPE_SECRET_KEY", "NEXT_PUBLIC_STRIPE_PUBLISHABLE_KEY")
    support.create_secret(sandbox, {"SHOP: name": "not a variable", "OTHER": "not Stripe's"})
    lines = sandbox.run("secrets", "push").stdout.splitlines()

    arn = sandbox.secretsmanager().describe_secret(SecretId=NAME)["ARN"]
    begin = lines.index("")
    block = "".join(line + "\n" for line in lines[begin + 1 :])
    assert f"ARN: {arn}" == lines[begin - 3]
    assert "only when an update touches the resource" in lines[begin - 2]
    assert "Lambda shows" in lines[begin - 1]
    assert {
        "Parameters": {"StripeSecretArn": {"Type": "String", "Default": arn}},
        "Environment": {"Variables": {n: f"{{{{resolve:secretsmanager:{arn}:SecretString:{n}}}}}" for n in names}},
    } == yaml.safe_load(block)
    assert block == support.document(sandbox.run("secrets", "push", "-o", "json"))["cloudformation"]
    (pasted,) = re.findall(r"(?s)<pre>\n(.*)</pre>", sandbox.run("secrets", "push", "-o", "markdown").stdout)
    assert block == html.unescape(pasted.replace("<!-- -->", ""))
    parameter = read_template()["Parameters"]["StripeSecretArn"]
    assert re.fullmatch(parameter["AllowedPattern"], arn)


def test_second_push_writes_nothing(sandbox: Sandbox) -> None:
    """Pushing what is stored is no write at all."""
    sandbox.run("secrets", "push")
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push")

    assert (0, []) == (run.returncode, writes_since(sandbox, position))
    assert "Nothing to do" in run.stdout


def test_merges(sandbox: Sandbox) -> None:
    """Keys that are only there stay; adding missing ones asks nothing and makes one version."""
    support.create_secret(sandbox, {"other": {"kept": True}, "STRIPE_SECRET_KEY": sandbox.info.secret_key})

    run = sandbox.run("secrets", "push")

    assert 0 == run.returncode
    assert {**support.api_keys(sandbox), "other": {"kept": True}} == support.stored(sandbox)
    assert 2 == support.versions(sandbox)


def test_new_version_becomes_current(sandbox: Sandbox) -> None:
    """The version that was current is the previous one afterwards."""
    support.create_secret(sandbox, {"other": "1"})

    report = support.document(sandbox.run("secrets", "push", "-o", "json"))

    labels = sandbox.secretsmanager().describe_secret(SecretId=NAME)["VersionIdsToStages"]
    assert ["AWSPREVIOUS"] == labels["1" * 32]
    assert "AWSCURRENT" in labels[report["version_id"]]


def test_first_version_of_an_empty_secret(sandbox: Sandbox) -> None:
    """A secret that was made without a value gets its first version."""
    sandbox.secretsmanager().create_secret(Name=NAME)

    run = sandbox.run("secrets", "push", "-o", "json")

    assert ("applied", support.api_keys(sandbox)) == (
        support.document(run)["changes"][0]["outcome"],
        support.stored(sandbox),
    )


def test_prunes(sandbox: Sandbox) -> None:
    """--prune drops the other keys."""
    support.create_secret(sandbox, {"other": "1", **support.api_keys(sandbox)})

    run = sandbox.run("secrets", "push", "--prune", "--yes")

    assert (0, support.api_keys(sandbox)) == (run.returncode, support.stored(sandbox))


@pytest.mark.parametrize("flags", [(), ("--prune",)])
def test_replacing_needs_a_yes(sandbox: Sandbox, flags: tuple[str, ...]) -> None:
    """Without a terminal, a live value is replaced or dropped only with --yes; the report is printed all the same."""
    content = (
        {**support.api_keys(sandbox), "other": "1"} if flags else {"STRIPE_SECRET_KEY": "sk_" + "test_" + "old" * 8}
    )
    support.create_secret(sandbox, content)
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push", *flags, "-o", "json")

    assert (5, "guard.confirm") == support.ending(run)
    assert "--yes" in support.document(run)["error"]["hint"]
    assert "planned" == support.document(run)["changes"][0]["outcome"]
    assert ([], content) == (writes_since(sandbox, position), support.stored(sandbox))


def test_yes_replaces(sandbox: Sandbox) -> None:
    """--yes answers."""
    support.create_secret(sandbox, {"STRIPE_SECRET_KEY": "sk_" + "test_" + "old" * 8})

    assert 0 == sandbox.run("secrets", "push", "--yes").returncode
    assert support.api_keys(sandbox) == support.stored(sandbox)


@pytest.mark.parametrize(("answer", "code", "replaced"), [("y\n", 0, True), ("n\n", 1, False), ("\n", 1, False)])
def test_asks_on_a_terminal(sandbox: Sandbox, answer: str, code: int, replaced: bool) -> None:
    """On a terminal the question decides, and the default is no."""
    support.create_secret(sandbox, {"STRIPE_SECRET_KEY": "sk_" + "test_" + "old" * 8})

    assert code == support.run_on_terminal(sandbox, answer, "secrets", "push")
    assert replaced == (support.api_keys(sandbox) == support.stored(sandbox))


@pytest.mark.parametrize("there", [None, {}, {"STRIPE_SECRET_KEY": "sk_" + "test_" + "old" * 8}])
def test_dry_run_writes_nothing(sandbox: Sandbox, there: dict[str, object] | None) -> None:
    """A dry run plans the same and writes nothing."""
    if there is not None:
        support.create_secret(sandbox, there)
    position = last_entry(sandbox)

    run = sandbox.run("secrets", "push", "--dry-run", "-o", "json")

    assert (0, []) == (run.returncode, writes_since(sandbox, position))
    real = sandbox.run("secrets", "push", "--yes", "-o", "json")
    assert support.document(run)["digest"] == support.document(real)["digest"]


def test_prod_has_its_own_secret(sandbox: Sandbox) -> None:
    """Live keys go to prod's secret."""
    support.write_env(sandbox, support.api_keys(sandbox, "live"))

    run = sandbox.run("secrets", "push", "-e", "prod", "--yes", "-o", "json")

    assert "live" == support.document(run)["stripe"]["mode"]
    assert support.api_keys(sandbox, "live") == support.stored(sandbox, "learnermax/stripe-keys-prod")


def test_named_secret(sandbox: Sandbox) -> None:
    """--secret-name wins over LMX_STRIPE_SECRET_NAME, which wins over the default."""
    sandbox.run("secrets", "push", *PREVIEW, env={"LMX_STRIPE_SECRET_NAME": "from/environment"})
    sandbox.run("secrets", "push", *PREVIEW, "--secret-name", "from/flag", env={"LMX_STRIPE_SECRET_NAME": "x"})

    assert (
        support.api_keys(sandbox) == support.stored(sandbox, "from/environment") == support.stored(sandbox, "from/flag")
    )


def test_kms_key(sandbox: Sandbox) -> None:
    """A new secret takes the KMS key; an old one keeps its own, and that is said."""
    sandbox.run("secrets", "push", "--kms-key-id", "alias/one")
    same = sandbox.run("secrets", "push", "--kms-key-id", "alias/one")
    second = sandbox.run("secrets", "push", "--kms-key-id", "alias/two")

    assert "--kms-key-id" not in same.stderr
    assert "alias/one" == sandbox.secretsmanager().describe_secret(SecretId=NAME)["KmsKeyId"]
    assert "--kms-key-id counts only when a secret is created" in second.stderr


def test_secret_by_arn(sandbox: Sandbox) -> None:
    """The full ARN names the secret as well."""
    support.create_secret(sandbox, {})
    arn = sandbox.secretsmanager().describe_secret(SecretId=NAME)["ARN"]

    assert 0 == sandbox.run("secrets", "push", "--secret-name", arn).returncode
    assert support.api_keys(sandbox) == support.stored(sandbox)


def test_restricted_key_is_known_by_the_refusal(sandbox: Sandbox) -> None:
    """A restricted key may not read the account; the refusal names it."""
    support.write_env(sandbox, support.api_keys(sandbox, kind="restricted"))

    report = support.document(sandbox.run("secrets", "push", *PREVIEW, "-o", "json"))

    assert sandbox.info.stripe_account == report["stripe"]["account"]
    assert 1 == report["meter"]["stripe_reads"]


def test_no_verify_asks_nobody(sandbox: Sandbox) -> None:
    """--no-verify makes no call to Stripe; the account is what the key says."""
    report = support.document(sandbox.run("secrets", "push", "--no-verify", "-o", "json"))

    assert (0, sandbox.info.stripe_account) == (report["meter"]["stripe_reads"], report["stripe"]["account"])


def test_mode_mismatch_can_be_meant(sandbox: Sandbox) -> None:
    """--allow-mode-mismatch stores live keys for preview, and they are verified as such."""
    support.write_env(sandbox, support.api_keys(sandbox, "live"))

    run = sandbox.run("secrets", "push", *PREVIEW, "--allow-mode-mismatch", "-o", "json")

    assert (0, "live") == (run.returncode, support.document(run)["stripe"]["mode"])
    assert support.api_keys(sandbox, "live") == support.stored(sandbox)


def test_other_keys_of_any_type_survive(sandbox: Sandbox) -> None:
    """What lmx does not know comes back as it was."""
    foreign = {"number": 1.5, "list": [1, None], "text": "\u00fc\u2028", "deep": {"a": {"b": []}}}
    support.create_secret(sandbox, foreign)

    sandbox.run("secrets", "push")

    assert {**foreign, **support.api_keys(sandbox)} == support.stored(sandbox)


FOREIGN = r'"a\u0062":12345678901234567890.12345,"b":[1E5,  1e400, {"x" : -0.0}],"c":"\u00fc","c":2.50'


def test_other_keys_keep_their_bytes(sandbox: Sandbox) -> None:
    """Through a push, a registration and a rollback."""
    client = sandbox.secretsmanager()
    client.create_secret(Name=NAME, SecretString="{" + FOREIGN + "}", ClientRequestToken=support.FIRST)
    for args in (
        ("secrets", "push"),
        ("webhooks", "create", "--url", "https://api.learnermax.example/api/webhooks/stripe"),
        ("secrets", "status"),
        ("secrets", "pull", *PREVIEW, "--env-file", "pulled"),
    ):
        assert 0 == sandbox.run(*args).returncode
        assert FOREIGN in client.get_secret_value(SecretId=NAME, VersionStage="AWSCURRENT")["SecretString"]
    keys = {*support.api_keys(sandbox), "STRIPE_WEBHOOK_SECRET", "ab", "b", "c"}
    assert keys == support.stored(sandbox).keys()
    assert 0 == sandbox.run("secrets", "rollback", "--to", support.FIRST, "--yes").returncode
    assert "{" + FOREIGN + "}" == client.get_secret_value(SecretId=NAME)["SecretString"]


def test_push_after_another_version(sandbox: Sandbox) -> None:
    """The text stored is canonical JSON, so that equal content is equal text."""
    support.create_secret(sandbox, {"z": "1"})
    support.put_secret(sandbox, {"z": "1", "a": "2"})

    sandbox.run("secrets", "push")

    text = sandbox.secretsmanager().get_secret_value(SecretId=NAME)["SecretString"]
    assert json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")) == text
