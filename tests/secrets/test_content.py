"""The JSON object in a secret."""

from datetime import UTC, datetime

import pytest

from learnermax_cli.core.errors import ConfigError
from learnermax_cli.core.secret_text import SecretText
from learnermax_cli.secrets.content import canonical_text, new_content, parse_content, require_new_name, version_token
from learnermax_cli.secrets.model import SecretValue


def value(text: str | None) -> SecretValue:
    """Return a version that holds a text, or is binary."""
    return SecretValue("1" * 32, datetime(2026, 1, 1, tzinfo=UTC), None if text is None else SecretText(text))


def test_json_object() -> None:
    """A JSON object is read as it is."""
    content = parse_content("name", value('{"b": [1], "A": "1"}'))
    assert {"A": ("1", '"1"'), "b": (None, "[1]")} == {name: (v.text, v.json) for name, v in content.items()}


@pytest.mark.parametrize(
    "entry",
    [
        '"n":12345678901234567890.12345',
        '"n":1E5',
        '"n":-0.0',
        '"n":1e400',
        '"n":1e99999999999999999999',
        '"n":' + "9" * 5_000,
        '"n":{"b": [1.50,  {}], "a" :null}',
        '"n":"\\u00fc \\/ \\ud800"',
        '"\\u006e":true',
        '"n":1,"n":"last"',
        '"":"\u00fc\u2028{\\"}"',
    ],
)
def test_value_is_written_as_it_was_read(entry: str) -> None:
    """Numbers of any size, blanks, escapes and repeated names keep their bytes."""
    content = parse_content("name", value(" {\n" + entry + '\t, "z" : 1 } '))
    assert "{" + entry + ',"z":1}' == canonical_text(content).reveal()


@pytest.mark.parametrize(
    ("text", "flaw"),
    [
        (None, "is binary"),
        ("", "is not JSON"),
        ("sk_canary", "is not JSON"),
        ('{"A": NaN}', "is not JSON"),
        ('{"A": "\ud800"}', "is not JSON"),
        ("[" * 60_000, "is not JSON"),
        ('"canary"', "is not a JSON object"),
        ("[1]", "is not a JSON object"),
        ("null", "is not a JSON object"),
    ],
)
def test_anything_else(text: str | None, flaw: str) -> None:
    """Anything else is refused by what it is, not by what it says."""
    with pytest.raises(ConfigError) as raised:
        parse_content("name", value(text))

    assert f"the value of secret name {flaw}" == raised.value.message


def test_too_large() -> None:
    """More than Secrets Manager takes is refused before it is sent."""
    with pytest.raises(ConfigError, match="more than 65536"):
        canonical_text(new_content({"A": "x" * 65_536}))


def test_token_depends_on_secret_text_and_previous() -> None:
    """The same write has the same token, any other another one, and each fits into 64 characters."""
    tokens = {
        version_token("arn:1", "{}", "v1"),
        version_token("arn:1", "{}", "v1"),
        version_token("arn:2", "{}", "v1"),
        version_token("arn:1", "[]", "v1"),
        version_token("arn:1", "{}", "v2"),
        version_token("arn:1", "{}", None),
    }

    assert (5, {64}) == (len(tokens), {len(token) for token in tokens})


@pytest.mark.parametrize("name", ["learnermax/stripe-keys", "learnermax/stripe-keys-prod", "a"])
def test_good_names(name: str) -> None:
    """Usual names pass."""
    require_new_name(name)


@pytest.mark.parametrize(
    "name", ["", "with blank", "arn:aws:secretsmanager:eu-west-1:1:secret:x", "keys-abc123", "x" * 513]
)
def test_bad_names(name: str) -> None:
    """Names that AWS refuses, or confuses with the end of an ARN, are refused."""
    with pytest.raises(ConfigError):
        require_new_name(name)
