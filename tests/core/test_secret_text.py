"""Values that never become text."""

import copy
import json
import pickle

import pytest

from learnermax_cli.core.secret_text import SecretText, scrub

VALUE = "sk_" + "live_" + "canary0123456789"


@pytest.mark.parametrize("told", [str, repr, "{}".format, "{:>40}".format, "%s".__mod__])
def test_is_masked(told: object) -> None:
    """However a secret is turned into text, its value is not in it."""
    assert callable(told)
    assert VALUE not in told(SecretText(VALUE))


def test_masked_in_containers() -> None:
    """A container's text does not show it either."""
    assert "{'key': SecretText(***)}" == repr({"key": SecretText(VALUE)})


def test_reveal() -> None:
    """Only reveal gives the value away."""
    assert VALUE == SecretText(VALUE).reveal()


def test_not_serialised() -> None:
    """Neither pickle, copy nor json take it along."""
    for serialise in (pickle.dumps, copy.copy, json.dumps):
        with pytest.raises(TypeError):
            serialise(SecretText(VALUE))


def test_equality_is_by_value() -> None:
    """Equal secrets are equal, a secret never equals plain text."""
    assert (True, False, False) == (
        SecretText(VALUE) == SecretText(VALUE),
        SecretText(VALUE) == SecretText("other"),
        SecretText(VALUE) == VALUE,
    )


@pytest.mark.parametrize("prefix", ["sk_" + "live_", "sk_" + "test_", "rk_" + "live_", "rkcs_" + "test_", "whsec_"])
def test_scrub(prefix: str) -> None:
    """Whatever looks like a key is masked wherever it stands."""
    assert f'{{"a":"{prefix}***","b":1}}' == scrub(f'{{"a":"{prefix}abcDEF0123+/=","b":1}}')


def test_scrub_leaves_publishable_keys() -> None:
    """Publishable keys are public."""
    text = "pk_" + "test_" + "abc123"
    assert text == scrub(text)
