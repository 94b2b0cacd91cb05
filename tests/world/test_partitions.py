"""Every partition: the host that botocore resolves for a region is right, and overrides alone are judged."""

import threading
import time
from pathlib import Path

import pytest

from learnermax_cli.adapters.aws.clients import AwsClients
from learnermax_cli.config.aws_access import AwsAccess
from learnermax_cli.core.errors import GuardError
from learnermax_cli.core.meter import Meter
from learnermax_cli.core.retries import BATCH
from learnermax_cli.core.secret_text import SecretText
from tests.adapters import Nobody

DUAL_STACK = {"AWS_USE_DUALSTACK_ENDPOINT": "true"}
FIPS = {"AWS_USE_FIPS_ENDPOINT": "true"}


def _host(region: str, profile: str | None = None) -> str:
    """Return where secrets of a region go; raises GuardError."""
    key = None if profile else SecretText("secret")
    access = AwsAccess(region, profile, access_key_id=None if profile else "AKIA", secret_access_key=key)
    clients = AwsClients(access, Meter(time.monotonic), Nobody(), BATCH, threading.Event())
    return clients.secretsmanager().meta.endpoint_url.removeprefix("https://")


@pytest.mark.parametrize(
    ("region", "env", "host"),
    [
        ("us-east-1", {}, "secretsmanager.us-east-1.amazonaws.com"),
        ("us-east-1", DUAL_STACK, "secretsmanager.us-east-1.api.aws"),
        ("us-gov-west-1", FIPS, "secretsmanager-fips.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", {}, "secretsmanager.cn-north-1.amazonaws.com.cn"),
        ("cn-north-1", DUAL_STACK, "secretsmanager.cn-north-1.api.amazonwebservices.com.cn"),
        ("eusc-de-east-1", {}, "secretsmanager.eusc-de-east-1.amazonaws.eu"),
        ("us-iso-east-1", {}, "secretsmanager.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1", {}, "secretsmanager.us-isob-east-1.sc2s.sgov.gov"),
        ("eu-isoe-west-1", {}, "secretsmanager.eu-isoe-west-1.cloud.adc-e.uk"),
        ("us-isof-south-1", {}, "secretsmanager.us-isof-south-1.csp.hci.ic.gov"),
        ("region-of-next-year", {}, "secretsmanager.region-of-next-year.amazonaws.com"),
    ],
)
def test_secrets_go_to_the_host_of_the_region(
    monkeypatch: pytest.MonkeyPatch, region: str, env: dict[str, str], host: str
) -> None:
    """In every partition, with dual stack and FIPS."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    assert host == _host(region)


OVERRIDES = {
    "AWS_ENDPOINT_URL": "[profile work]\n",
    "AWS_ENDPOINT_URL_SECRETS_MANAGER": "[profile work]\n",
    "endpoint_url of the AWS profile": "[profile work]\nendpoint_url = {url}\n",
    "endpoint_url in [services mine] of the AWS config file": (
        "[profile work]\nservices = mine\n[services mine]\nsecrets_manager =\n  endpoint_url = {url}\n"
    ),
}
"""The configuration file with each way to override an endpoint; variables name it themselves."""


@pytest.fixture
def overridden(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Override the endpoint by a way and to a URL; return the URL."""
    way, url = request.param
    config, path = OVERRIDES[way], tmp_path / "config"
    keys = "aws_access_key_id = AKIA\naws_secret_access_key = secret\n"
    path.write_text(config.format(url=url).replace("[profile work]\n", f"[profile work]\n{keys}"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(path))
    if way.isupper():
        monkeypatch.setenv(way, url)
    return str(url)


@pytest.mark.parametrize(
    ("overridden", "way"), [((way, "https://evil.test"), way) for way in OVERRIDES], indirect=["overridden"], ids=str
)
def test_override_is_judged(overridden: str, way: str) -> None:
    """By a variable, a profile or its services section, which the refusal names, in another partition too."""
    for region in ("us-east-1", "eusc-de-east-1"):
        with pytest.raises(GuardError) as refused:
            _host(region, "work")
        where = f"{overridden}, which {way} names"
        message = f"keys are not sent to {where}: it is neither an AWS endpoint over HTTPS nor this machine"
        remedy = f"{'Unset' if way.isupper() else 'Remove'} {way}; no flag allows it."
        assert (message, remedy) == (refused.value.message, refused.value.hint)


@pytest.mark.parametrize(
    "overridden",
    [(way, "https://vpce-1a-2b.secretsmanager.eusc-de-east-1.vpce.amazonaws.eu") for way in OVERRIDES],
    indirect=True,
    ids=str,
)
def test_override_may_name_an_endpoint_of_aws(overridden: str) -> None:
    """A VPC endpoint of another partition."""
    assert overridden == f"https://{_host('eusc-de-east-1', 'work')}"
