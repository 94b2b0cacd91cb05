import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnermax_cli.core.ownership import MAX_REFERENCE, decode_reference, encode_reference

STRIPE_KEEPS = re.compile(r"[A-Za-z0-9_-]{1,200}")


@given(st.text(min_size=1, max_size=250))
def test_round_trip(user_id: str) -> None:
    """Whatever the user id, what a link carries is kept by Stripe and leads back to it, or nothing is carried."""
    reference = encode_reference(user_id)
    if reference is None:
        assert len(user_id.encode()) > 147
    else:
        assert STRIPE_KEEPS.fullmatch(reference)
        assert user_id == decode_reference(reference)


@pytest.mark.parametrize("user_id", ["user-7", "0b8f6d0c-8a0e-4a39-8f5e-0d6f4d6c2f11", "A_b-9", "x" * MAX_REFERENCE])
def test_what_stripe_keeps_is_sent_as_it_is(user_id: str) -> None:
    """A Cognito subject or a plain name needs no encoding."""
    assert user_id == encode_reference(user_id)


@pytest.mark.parametrize(
    ("user_id", "reference"),
    [("a@b.c", "b64-YUBiLmM"), ("USER#1", "b64-VVNFUiMx"), ("b64-x", "b64-YjY0LXg"), ("é", "b64-w6k")],
)
def test_what_stripe_would_drop_is_encoded(user_id: str, reference: str) -> None:
    """An email, a key, an id that looks encoded already, and letters beyond ASCII are carried in base64."""
    assert reference == encode_reference(user_id)


def test_too_long_even_encoded() -> None:
    """An id whose encoding exceeds 200 characters cannot be carried; one byte less can."""
    assert None is encode_reference("@" * 148)
    assert MAX_REFERENCE == len(encode_reference("@" * 147) or "")


@pytest.mark.parametrize("reference", ["b64-!!", "b64-A", "b64-_w", "user-7"])
def test_reference_that_nobody_encoded_stands_for_itself(reference: str) -> None:
    """What is not base64 of UTF-8 is taken as it is."""
    assert reference == decode_reference(reference)
