"""URLs of endpoints: which Stripe may deliver to, which are the same, whose host it is."""

import pytest

from learnermax_cli.core.errors import UsageError
from learnermax_cli.webhooks.plan_url import fits_host, is_usual_path, require_url, same_url
from tests.webhooks.endpoint_values import URL

LOCAL = "http://127.0.0.1:8787/api/webhooks/stripe"


@pytest.mark.parametrize(
    ("url", "environment"),
    [
        (URL, "prod"),
        (URL + "?a=b", "preview"),
        ("https://h.example:8443", "preview"),
        (LOCAL, "sandbox"),
        ("http://localhost:1/x", "sandbox"),
        ("http://[::1]:1/x", "sandbox"),
        ("https://127.0.0.1/x", "sandbox"),
    ],
)
def test_good_url_is_taken_as_it_is(url: str, environment: str) -> None:
    """HTTPS anywhere; HTTP on this machine for the sandbox."""
    assert url == require_url(url, environment)


@pytest.mark.parametrize(
    ("url", "flaw"),
    [
        ("", "is not an absolute URL"),
        ("/api/webhooks/stripe", "is not an absolute URL"),
        ("api.learnermax.example/api", "is not an absolute URL"),
        ("https://", "is not an absolute URL"),
        ("https://a b/", "is not an absolute URL"),
        ("https://a/\n", "is not an absolute URL"),
        ("https://a\\b/", "is not an absolute URL"),
        ("https://[::1/", "is not an absolute URL"),
        ("https://a:port/", "is not an absolute URL"),
        ("https://user:pass@a/", "holds a user name or password"),
        ("https://@a/", "holds a user name or password"),
        (URL + "#x", "has a fragment"),
        (URL + "#", "has a fragment"),
        ("http://api.learnermax.example/x", "is not https"),
        ("ftp://api.learnermax.example/x", "is not https"),
        ("https://HOST/api/webhooks/stripe", "has a host without a domain, where Stripe cannot deliver"),
        ("https://host:8443/api", "has a host without a domain, where Stripe cannot deliver"),
        (
            "https://API_ID.example.com/x",
            "has an underscore in its host: put your own host there",
        ),
    ],
)
def test_bad_url_is_refused(url: str, flaw: str) -> None:
    """With what is wrong, and without the URL, which may hold a password."""
    with pytest.raises(UsageError) as refusal:
        require_url(url, "sandbox")
    assert f"the URL of --url {flaw}" == refusal.value.message


@pytest.mark.parametrize("url", [LOCAL, "https://localhost/x", "https://127.0.0.2/x"])
@pytest.mark.parametrize("environment", ["preview", "prod"])
def test_this_machine_is_for_the_sandbox_alone(url: str, environment: str) -> None:
    """Stripe can't deliver there."""
    with pytest.raises(UsageError, match="is on this machine"):
        require_url(url, environment)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("https://a.example/x", "https://A.example:443/x", True),
        ("https://a.example", "https://a.example/", True),
        ("http://127.0.0.1:80/x", "http://127.0.0.1/x", True),
        ("https://a.example/x", "https://a.example/x/", False),
        ("https://a.example/x", "https://a.example/X", False),
        ("https://a.example/x", "https://a.example/x?y", False),
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "https://a.example:8443/x", False),
        ("https://[broken", "https://[broken", True),
        ("https://[broken", "https://a.example", False),
    ],
)
def test_same_url(one: str, other: str, same: bool) -> None:
    """Host case and the usual port do not tell places apart, the path does."""
    assert (same, same) == (same_url(one, other), same_url(other, one))


def test_usual_path() -> None:
    """The site's own path."""
    assert (True, False, False) == (is_usual_path(URL), is_usual_path(URL + "/"), is_usual_path("https://[x"))


@pytest.mark.parametrize(
    ("url", "frontend", "environment", "fits"),
    [
        ("https://www.learnermax.com/x", "https://www.learnermax.com", "prod", True),
        ("https://api.learnermax.com/x", "https://www.learnermax.com", "prod", True),
        ("https://learnermax.com/x", "https://www.learnermax.com", "prod", True),
        ("https://api.learnermax.com/x", "https://learnermax.com", "prod", True),
        ("https://learnermax.net/x", "https://learnermax.com", "prod", False),
        ("https://evil-learnermax.com/x", "https://learnermax.com", "prod", False),
        ("https://preview.example/x", "https://www.learnermax.com", "prod", False),
        ("https://a1.execute-api.us-east-1.amazonaws.com/x", "https://learnermax.com", "prod", True),
        ("https://a1.lambda-url.eu-west-1.on.aws/", "https://learnermax.com", "preview", True),
        ("https://a1.lambda-url.eu-west-1.on.aws.evil.com/", "https://learnermax.com", "preview", False),
        ("https://anything.example/x", None, "preview", True),
        ("https://anything.example/x", "not a url", "preview", True),
        (LOCAL, "https://learnermax.example", "sandbox", True),
        (LOCAL, None, "preview", False),
    ],
)
def test_host_of_an_environment(url: str, frontend: str | None, environment: str, fits: bool) -> None:
    """The site's host, one below or beside it, AWS's own; this machine is the sandbox's; unknown is no drift."""
    assert fits == fits_host(url, frontend, environment)
