"""A company's own certificate authority counts for AWS and for Stripe, by whichever variable it is named."""

import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest

from tests.running import Sandbox
from tests.sampling import sampled
from tests.world.proxies import running_proxy
from tests.world.tls import Authority, Relay, behind_tls

AWS_HOST = "dynamodb.us-east-1.amazonaws.com"
VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "AWS_CA_BUNDLE", "CURL_CA_BUNDLE")
PREVIEW = {"LMX_ENVIRONMENT": "preview", "EDUCATION_TABLE_NAME": None, "TRANSACTIONAL_EMAIL_TOPIC_ARN": None}
COMMANDS = {"AWS": ("courses", "list"), "Stripe": ("products", "list")}
UNTRUSTED = "the certificate of 127.0.0.1 is not trusted: unable to get local issuer certificate"
HINT = (
    "Where a proxy of your company inspects TLS, add its CA certificate to the system's trust store, or name it, a PEM "
    "file, in REQUESTS_CA_BUNDLE; then run the command again."
)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    """The company's authority."""
    return Authority(tmp_path)


@pytest.fixture
def tls(sandbox: Sandbox, authority: Authority, tmp_path: Path) -> Iterator[dict[str, str]]:
    """The variables that lead to the sandbox by TLS, with the authority's certificate."""
    with behind_tls(sandbox, authority, tmp_path / "state") as env:
        yield env


def _error(run: "subprocess.CompletedProcess[str]") -> tuple[int, dict[str, str]]:
    return run.returncode, json.loads(run.stdout)["error"]


@pytest.mark.parametrize("case", sampled(product(COMMANDS, ("file", "folder"), VARIABLES), 7), ids=str)
def test_authority_counts_by_each_variable(
    sandbox: Sandbox, authority: Authority, tls: dict[str, str], tmp_path: Path, case: tuple[str, str, str]
) -> None:
    """For both services, as a file and as a folder."""
    service, form, variable = case
    path = authority.path if form == "file" else authority.folder(tmp_path / "folder")
    run = sandbox.run(*COMMANDS[service], env={**tls, variable: str(path)})
    assert 0 == run.returncode, run.stderr


def test_authority_counts_by_the_profile(
    sandbox: Sandbox, authority: Authority, tls: dict[str, str], tmp_path: Path
) -> None:
    """For AWS, as boto3 reads it; a file without certificates is named as such."""
    for path in (authority.path, tmp_path / "missing.pem"):
        (tmp_path / "config").write_text(f"[default]\nca_bundle = {path}\n")
        env = {**tls, **PREVIEW, "AWS_CONFIG_FILE": str(tmp_path / "config")}
        run = sandbox.run("courses", "list", "-o", "json", env=env)
        if path.exists():
            assert 0 == run.returncode, run.stderr
    code, error = _error(run)
    where = f"ca_bundle of the AWS profile names {path}"
    message = f"{where}, which can't be read as certificates: No such file or directory"
    assert (3, message) == (code, error["message"])


@pytest.mark.skipif(sys.platform != "linux", reason="a test cannot change the trust store of other systems")
@pytest.mark.parametrize("service", COMMANDS)
def test_authority_counts_in_the_trust_store(
    sandbox: Sandbox, authority: Authority, tls: dict[str, str], tmp_path: Path, service: str
) -> None:
    """Of the system, where no variable names one; SSL_CERT_DIR moves it."""
    store = authority.folder(tmp_path / "store")
    run = sandbox.run(*COMMANDS[service], env={**tls, "SSL_CERT_DIR": str(store)})
    assert 0 == run.returncode, run.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="a test cannot change the trust store of other systems")
def test_named_authorities_stand_alone(
    sandbox: Sandbox, authority: Authority, tls: dict[str, str], tmp_path: Path
) -> None:
    """Where a variable names some, those of the system do not count besides."""
    other = Authority(tmp_path, "other")
    env = {**tls, "SSL_CERT_DIR": str(authority.folder(tmp_path / "store")), "AWS_CA_BUNDLE": str(other.path)}
    assert "failed.certificate" == _error(sandbox.run("courses", "list", "-o", "json", env=env))[1]["code"]


def test_authorities_of_all_variables_count_for_stripe(
    sandbox: Sandbox, authority: Authority, tls: dict[str, str], tmp_path: Path
) -> None:
    """A bundle for AWS alone does not keep Stripe from being reached by another one."""
    env = {**tls, "AWS_CA_BUNDLE": str(authority.path), "SSL_CERT_FILE": str(Authority(tmp_path, "other").path)}
    assert [0, 0] == [sandbox.run(*args, env=env).returncode for args in COMMANDS.values()]


def test_certificate_that_is_not_trusted_is_named(sandbox: Sandbox, tls: dict[str, str]) -> None:
    """The error says so, and how it is trusted: at AWS, which is not asked again and again."""
    code, error = _error(sandbox.run("courses", "list", "-o", "json", env=tls))
    doing = f"no connection to AWS while reading table {sandbox.dynamodb().name}"
    assert (1, "failed.certificate", HINT) == (code, error["code"], error["hint"])
    assert f"{doing}: {UNTRUSTED}" == error["message"]


def test_certificate_of_stripe_that_is_not_trusted_is_named(
    sandbox: Sandbox, authority: Authority, tmp_path: Path
) -> None:
    """At Stripe as well."""
    with behind_tls(sandbox, authority, tmp_path / "state", ("stripe",)) as env:
        code, error = _error(sandbox.run("webhooks", "list", "-o", "json", env=env))
    doing = "no connection to Stripe while reading the Stripe account"
    assert (1, "failed.certificate", HINT) == (code, error["code"], error["hint"])
    assert f"{doing}: {UNTRUSTED}" == error["message"]


def test_doctor_names_the_certificate(sandbox: Sandbox, tls: dict[str, str]) -> None:
    """Of each service; what needs a connection is not tried."""
    rows = json.loads(sandbox.run("doctor", "-o", "json", env=tls).stdout)["items"]
    failed = {row["check"] for row in rows if row["status"] == "failed"}
    assert {"AWS identity", "Clock against AWS", "Stripe key"} == failed, rows
    assert all(UNTRUSTED in row["found"] for row in rows if row["status"] == "failed")


@pytest.mark.parametrize("service", COMMANDS)
def test_certificate_that_has_expired_is_named(
    sandbox: Sandbox, authority: Authority, tmp_path: Path, service: str
) -> None:
    """As that: naming an authority would not help."""
    with behind_tls(sandbox, authority, tmp_path / "state", expired=True) as tls:
        env = {**tls, "REQUESTS_CA_BUNDLE": str(authority.path)}
        code, error = _error(sandbox.run(*COMMANDS[service], "-o", "json", env=env))
    hint = "Check the clock of this machine; if it is right, the certificate must be renewed."
    assert (1, "failed.certificate", hint) == (code, error["code"], error["hint"])
    assert error["message"].endswith(": the certificate of 127.0.0.1 is not trusted: certificate has expired")


def test_certificate_of_another_host_is_named(sandbox: Sandbox, authority: Authority) -> None:
    """With the host that was meant."""
    with running_proxy() as proxy:
        relay = Relay(authority.context("other.example"), sandbox.info.aws_url)
        proxy.tunnels = {AWS_HOST: relay.port}
        env = {**proxy.env, **PREVIEW, "AWS_ENDPOINT_URL": None, "REQUESTS_CA_BUNDLE": str(authority.path)}
        code, error = _error(sandbox.run("courses", "list", "-o", "json", env=env))
        relay.close()
    hint = f"Check what answers as {AWS_HOST}: a proxy, or another server than the one that was meant."
    assert (1, "failed.certificate", hint) == (code, error["code"], error["hint"])
    assert f": the certificate of {AWS_HOST} is not trusted: Hostname mismatch" in error["message"]


FLAWS = (None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nx\n", "folder")


@pytest.mark.parametrize("case", sampled(product(COMMANDS, FLAWS, VARIABLES), 7), ids=str)
def test_file_without_certificates_is_named(
    sandbox: Sandbox, tls: dict[str, str], tmp_path: Path, case: tuple[str, str | None, str]
) -> None:
    """Variable and file, instead of a connection that fails."""
    service, content, variable = case
    path, hint = tmp_path / "bundle.pem", f"Name a PEM file of certificates in {variable}, or unset it."
    if content == "folder":
        path.mkdir()
        hint = f"Run `openssl rehash {path}`, or name a PEM file of certificates in {variable}."
    elif content is not None:
        path.write_text(content)
    code, error = _error(sandbox.run(*COMMANDS[service], "-o", "json", env={**tls, variable: str(path)}))
    assert (3, "config.certificates") == (code, error["code"])
    assert error["message"].startswith(f"{variable} names {path}, which can't be read as certificates: ")
    assert hint == error["hint"]


@pytest.mark.parametrize("variable", VARIABLES)
def test_proxy_that_inspects_tls_is_passed(sandbox: Sandbox, authority: Authority, variable: str) -> None:
    """Both services are reached by their own hosts, through a proxy that shows certificates of the company."""
    targets = {AWS_HOST: sandbox.info.aws_url, "api.stripe.com": sandbox.info.stripe_url}
    context = authority.context(*targets)
    outside = {"AWS_ENDPOINT_URL": None, "STRIPE_API_BASE": None, **PREVIEW}
    with running_proxy() as proxy:
        relays = {host: Relay(context, url) for host, url in targets.items()}
        proxy.tunnels = {host: relay.port for host, relay in relays.items()}
        env = {**outside, **proxy.env}
        trusting = sandbox.run("products", "list", env={**env, variable: str(authority.path)})
        other = sandbox.run("products", "list", "-o", "json", env=env)
        for relay in relays.values():
            relay.close()
    assert 0 == trusting.returncode, trusting.stderr
    assert {f"CONNECT {host}:443" for host in targets} == set(proxy.asked)
    assert "failed.certificate" == _error(other)[1]["code"]
