"""Keys go to Stripe, to Secrets Manager, or to this machine, and nowhere else."""

import pytest

from learnermax_cli.adapters.network import require_secret_endpoint
from learnermax_cli.adapters.stripe.client import require_stripe_endpoint
from learnermax_cli.core.errors import GuardError
from learnermax_cli.core.urls import is_loopback

DEFAULT = "https://secretsmanager.us-east-1.amazonaws.com"


@pytest.mark.parametrize(
    "url",
    [
        "https://api.stripe.com",
        "https://api.stripe.com/",
        "HTTPS://API.STRIPE.COM",
        "http://127.0.0.1:12111",
        "http://localhost:12111/",
        "http://[::1]:12111",
        "https://127.0.0.2:1",
    ],
)
def test_stripe_key_may_go_there(url: str) -> None:
    """Stripe's own host over HTTPS, or this machine."""
    require_stripe_endpoint(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.stripe.com",
        "http://api.stripe.com",
        "https://api.stripe.com:443",
        "https://api.stripe.com:8443",
        "https://api.stripe.com:port",
        "https://api.stripe.com.evil.test",
        "https://api.stripe.com@evil.test",
        "https://evil.test@api.stripe.com",
        "https://user:password@api.stripe.com",
        "https://evil.test/api.stripe.com",
        "https://evil.test#api.stripe.com",
        "https://evil.test?api.stripe.com",
        "https://api.stripe.com/evil",
        "https://api.stripe.com?x=1",
        "https://api.stripe.com\\@evil.test",
        "https://xapi.stripe.com",
        "http://127.0.0.1.evil.test",
        "http://127.0.0.1@evil.test",
        "http://0.0.0.0:1",
        "http://10.0.0.1",
        "http://[::ffff:10.0.0.1]",
        "ftp://127.0.0.1",
        "http://[bad",
        "http://127.0.0.1:port",
        "https://api.stripe\t.com",
        "https://api.stripe.com\n",
    ],
)
def test_stripe_key_must_not_go_there(url: str) -> None:
    """Everything else is refused, and the setting named."""
    with pytest.raises(GuardError) as refused:
        require_stripe_endpoint(url)
    assert ("guard.endpoint", True) == (refused.value.code, "STRIPE_API_BASE" in refused.value.hint)


@pytest.mark.parametrize(
    "url",
    [
        "https://secretsmanager.us-east-1.amazonaws.com",
        "https://secretsmanager.eu-central-1.amazonaws.com/",
        "https://secretsmanager-fips.us-gov-west-1.amazonaws.com",
        "https://secretsmanager.cn-north-1.amazonaws.com.cn",
        "https://secretsmanager.us-east-1.api.aws",
        "https://vpce-0a1b-2c3d.secretsmanager.us-east-1.vpce.amazonaws.com",
        "https://secretsmanager.cn-north-1.api.amazonwebservices.com.cn",
        "https://vpce-0a1b-2c3d.secretsmanager.eusc-de-east-1.vpce.amazonaws.eu",
        "https://secretsmanager.us-iso-east-1.c2s.ic.gov",
        "http://127.0.0.1:5000",
        "http://localhost:5000",
    ],
)
def test_secret_may_go_there(url: str) -> None:
    """Secrets Manager over HTTPS, or this machine."""
    require_secret_endpoint(url, lambda: DEFAULT)


@pytest.mark.parametrize(
    "url",
    [
        "http://secretsmanager.us-east-1.amazonaws.com",
        "https://secretsmanager.us-east-1.amazonaws.com.evil.test",
        "https://secretsmanager.us-east-1.amazonaws.com@evil.test",
        "https://user@secretsmanager.us-east-1.amazonaws.com",
        "https://evil.test",
        "https://a1b2c3.execute-api.us-east-1.amazonaws.com",
        "https://secretsmanager.s3.amazonaws.com",
        "https://secretsmanager.us-east-1.s3.amazonaws.com",
        "https://secretsmanager.us-east-1.amazonaws.eu",
        "https://secretsmanager.evil-1.c2s.ic.gov",
        "https://ec2-1-2-3-4.compute-1.amazonaws.com",
        "https://secretsmanager.us-east-1.amazonaws.com\\.evil.test",
        "http://169.254.169.254",
        "",
    ],
)
def test_secret_must_not_go_there(url: str) -> None:
    """Hosts that anybody can have under amazonaws.com are no better than others."""
    with pytest.raises(GuardError) as refused:
        require_secret_endpoint(url, lambda: DEFAULT)
    assert "guard.endpoint" == refused.value.code


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.evil.test", False),
        ("127.1", False),
        ("", False),
    ],
)
def test_loopback_is_this_machine_alone(host: str, loopback: bool) -> None:
    """Names that merely look like it are not."""
    assert loopback == is_loopback(host)
