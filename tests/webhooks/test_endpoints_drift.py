"""What drifted about an endpoint, told from values."""

from dataclasses import replace

import pytest

from learnermax_cli.core.ownership import Marker
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.webhooks.endpoints import REPLACES, Standard, find_drift
from learnermax_cli.webhooks.model import EVENTS, Endpoint, StoredSecrets, fingerprint
from tests.webhooks.endpoint_values import GONE, NEW, OLD, STORED, VERSION, endpoint, foreign

AGAIN = f" (registering it again {REPLACES})"
LOST = "its signing secret was never stored" + AGAIN
STANDARD = Standard("preview", VERSION, "https://learnermax.example", STORED)


@pytest.mark.parametrize(
    ("listed", "drift"),
    [
        (endpoint(), ()),
        (endpoint(secret=OLD), ()),
        (endpoint(enabled=False), ("disabled",)),
        (endpoint(enabled_events=EVENTS[:4]), ("events missing: " + ", ".join(EVENTS[4:]),)),
        (endpoint(enabled_events=("*",)), ("events not handled: all",)),
        (endpoint(enabled_events=(*EVENTS, "charge.updated")), ("events not handled: charge.updated",)),
        (endpoint(api_version="2020-01-01"), (f"API version 2020-01-01, not {VERSION}",)),
        (endpoint(api_version=None), (f"API version of the account, not {VERSION}",)),
        (endpoint(url="https://elsewhere.example/"), ("the host is not environment preview's",)),
        (endpoint(secret=None), (LOST,)),
        (endpoint(secret=GONE), ("its signing secret is not the stored one" + AGAIN,)),
        (
            endpoint(enabled=False, secret=None),
            ("disabled", LOST),
        ),
        (foreign(enabled=False, api_version=None), ()),
        (endpoint(marker=Marker(managed=True, environment="prod"), enabled=False), ()),
    ],
    ids=lambda value: "" if isinstance(value, Endpoint) else " ".join(value) or "none",
)
def test_drift(listed: Endpoint, drift: tuple[str, ...]) -> None:
    """Each thing that `webhooks create` would fix, of ours alone."""
    assert drift == find_drift(listed, [listed], STANDARD)


def test_two_of_ours_at_a_url_are_an_unfinished_replacement() -> None:
    """Both say so."""
    both = [endpoint("we_1", OLD), endpoint("we_2", NEW)]
    assert [1, 1] == [len(find_drift(one, both, STANDARD)) for one in both]
    assert ("two of ours at this URL: a replacement is not finished",) == find_drift(both[0], both, STANDARD)


def test_secret_that_could_not_be_read_is_no_drift() -> None:
    """Unknown is not wrong; none stored at all is."""
    assert () == find_drift(endpoint(), [], replace(STANDARD, secrets=None))
    empty = replace(STANDARD, secrets=StoredSecrets())
    assert ("its signing secret is not the stored one",) == find_drift(endpoint(), [], empty)


def test_replacement_beside_the_endpoint_of_the_stored_secret_asks_nobody() -> None:
    """The stored secret stays; the endpoint that lost its own goes."""
    lost, found = endpoint("we_1", None), endpoint("we_2", NEW)
    assert "its signing secret was never stored" == find_drift(lost, [lost, found], STANDARD)[0]


def test_fingerprint_gives_nothing_away() -> None:
    """Sixteen hexadecimal digits, the same for the same secret."""
    assert "51dd4b4e478396ae" == fingerprint(SecretText("whsec_" + "known"))
