"""Values that never become text."""

import copy
import json
import pickle
from collections.abc import Callable

import pytest

from learnermax_cli.core.secret_text import KnownSecrets, SecretText, scrub
from learnermax_cli.core.text_safety import printable
from tests.hostile.echoes import BEFORE, ESCAPES

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


@pytest.mark.parametrize("before", ["\\n", "\\t", "\\x1b", "\\u202e", "%3D", "%0a", "=", "x" * 3 + "-"])
def test_scrub_after_an_escape(before: str) -> None:
    """A letter or digit that ends an escape does not hide a key that the run has not read."""
    assert f"{before}sk_" + "live_***" == scrub(before + VALUE)


def test_scrub_after_a_letter() -> None:
    """A long key is masked there too; a course may have a name that looks like the beginning of one."""
    assert "risk_test_2, xsk_" + "test_***" == scrub("risk_test_2, xsk_" + "test_" + "a1B2" * 6)


VALUES = {
    "key": "sk_" + "test_" + "51CANARYcanary0123456789",
    "signing": "whsec_" + "CANARY+canary/CANARY=",
    "token": "IQoJb3JpZ2luCANARY//////+canary/wEaCXVzLWVhc3QtMSJHMEUCIQ==",
    "mention": "u@CANARY:canary:#1",
    "text": 'CANARY\'s "own" \\\\ <b>&\ncanary\t%d$ (\u00fc\u2028\U0001f600) {x};',
}


@pytest.mark.parametrize("escape", ESCAPES.values(), ids=ESCAPES)
@pytest.mark.parametrize("value", VALUES.values(), ids=VALUES)
def test_known_secret_is_masked(value: str, escape: Callable[[str], str]) -> None:
    """As it stands and escaped, whatever stands before it, and after it was escaped once more."""
    known = KnownSecrets()
    known.add("CANARYcanary0", value, "other" * 4)
    for before in BEFORE:
        for again in (str, printable, lambda text: json.dumps(text)[1:-1]):
            shown = known.mask(again(before + escape(value) + "&z"))
            assert ("CANARY" not in shown, "canary" not in shown, True) == (True, True, "***" in shown)


def test_what_is_not_masked() -> None:
    """Words that are shorter than twelve characters, and publishable keys."""
    known, public = KnownSecrets(), "pk_" + "test_" + "CANARYcanary0123"
    known.add("eleven_char", public, None, "")
    assert f"eleven_char {public}" == known.mask(f"eleven_char {public}")


def test_longer_secret_first() -> None:
    """A secret that is a part of another one does not leave the rest of it."""
    known = KnownSecrets()
    known.add("abcdefghijkl", "abcdefghijkl-and-more")
    assert "*** and ***" == known.mask("abcdefghijkl-and-more and abcdefghijkl")


def test_known_key_is_masked_as_an_unknown_one() -> None:
    """So that a plan made by a run that knew it compares equal with one of a run that does not."""
    known, text = KnownSecrets(), f"a {VALUE}. b"
    known.add(VALUE)
    assert KnownSecrets().mask(text) == known.mask(text)


def test_masking_is_linear() -> None:
    """A text that nearly holds a secret a hundred thousand times takes no longer than one that is as long."""
    known = KnownSecrets()
    known.add("ab" * 40 + "+" + "c" * 20, *(f"secret number {number}" for number in range(200)))
    text = "ab" * 1_000_000
    assert text == known.mask(text)
