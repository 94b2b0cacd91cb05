"""Which texts can be an id: in a key of the table, and at Stripe."""

import pytest

from learnermax_cli.core.ownership import id_flaw, is_stripe_id


@pytest.mark.parametrize("text", ["a", "TEST-COURSE-003", "c" * 1_017, "é" * 508, "a b", "..", "\x00", "\u6f22"])
def test_id_of_a_key(text: str) -> None:
    """Whatever fits."""
    assert id_flaw("course", text) is None


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        ("", "is empty"),
        (None, "is empty"),
        (7, "is empty"),
        ("caf\udce9", "is not valid UTF-8"),
        ("a#NOTE", "has a #, which separates the parts of a key"),
        ("c" * 1_020, "has 1,020 bytes; the limit for a key of the table is 1,019"),
        ("é" * 510, "has 1,020 bytes; the limit for a key of the table is 1,019"),
    ],
)
def test_no_id_of_a_key(text: object, flaw: str) -> None:
    """Size is counted in bytes, with the prefix of the key."""
    assert flaw == id_flaw("user", text)


@pytest.mark.parametrize("text", ["prod_1", "cs_test_a1B2", "lmx_preview_TEST-COURSE-003", "gold.monthly", "p" * 255])
def test_id_of_stripe(text: str) -> None:
    """Those made by hand, too."""
    assert is_stripe_id(text)


@pytest.mark.parametrize(
    "text", ["", ".", "..", "../account", "a/b", "#", "?", "a?b", "%2e%2e/account", "a b", "a\n", "é", "p" * 256]
)
def test_no_id_of_stripe(text: str) -> None:
    """It would stand for another path."""
    assert not is_stripe_id(text)
