"""Env files: what is read, and what stays when values are written back."""

import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnermax_cli.config.env_file import env_values, read_env_file, with_values
from learnermax_cli.core.errors import ConfigError

PATH = Path(".env.local")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("A=plain\n", "plain"),
        ("export A=plain", "plain"),
        ("A = spaced # comment\n", "spaced"),
        ('A="quoted # no comment"\n', "quoted # no comment"),
        ("A='$HOME'\n", "$HOME"),
        ("A=$HOME\n", "$HOME"),
        ("A=first\nA=last\n", "last"),
        ("\ufeffA=after a mark\r\n", "after a mark"),
        ("A=\n", ""),
    ],
)
def test_values(text: str, value: str) -> None:
    """Values are read as python-dotenv does, without interpolation."""
    assert {"A": value} == env_values(text, PATH)


def test_missing_file(tmp_path: Path) -> None:
    """A file that is not there is named."""
    with pytest.raises(ConfigError) as raised:
        read_env_file(tmp_path / "nowhere")

    assert f"env file {tmp_path / 'nowhere'} does not exist" == raised.value.message


def test_unreadable_file(tmp_path: Path) -> None:
    """A folder in the file's place is an error with a reason."""
    with pytest.raises(ConfigError) as raised:
        read_env_file(tmp_path)

    assert f"env file {tmp_path} cannot be read: Is a directory" == raised.value.message


def test_not_text(tmp_path: Path) -> None:
    """A file that is not UTF-8 is an error, not a crash."""
    (tmp_path / "env").write_bytes(b"A=\xff\xfe")

    with pytest.raises(ConfigError) as raised:
        read_env_file(tmp_path / "env")

    assert "it is not UTF-8 text" in raised.value.message


def test_broken_line_of_ours() -> None:
    """A quote that never closes must not make a key look missing."""
    with pytest.raises(ConfigError) as raised:
        env_values('A=1\n\nSTRIPE_SECRET_KEY="open\n', PATH)

    assert "env file .env.local can't be understood at line 3" == raised.value.message


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("A=1\nSTRIPE_SECRET_KEY\n", 2),
        ("# a\n\nexport LMX_MAX_RATE # later", 3),
        ("STRIPE_SECRET_KEY:" + "sk_" + "test_1\n", 1),
        ("FRONTEND_URL\n", 1),
        ("STRIPE_SECRET_KEY=\n" + "sk_" + "test_1\n", 2),
        ("B='x\ny'\n" + "whsec_" + "1\n", 3),
        ("STRIPE_SECRET_KEY=\n" + "rkcs_" + "test_1\n", 2),
    ],
)
def test_line_of_ours_without_a_value(text: str, line: int) -> None:
    """A forgotten `=` must not make a setting look unset, and a key must not stand on a line of its own."""
    with pytest.raises(ConfigError) as raised:
        env_values(text, PATH)

    assert (f"env file .env.local has no = at line {line}", False) == (
        raised.value.message,
        "test_1" in raised.value.message + raised.value.hint,
    )


@pytest.mark.parametrize("text", ["STRIPE_SECRET_KEY " + "sk_" + "test_1\n", "STRIPE KEY=" + "sk_" + "test_1\n"])
def test_line_with_a_blank_in_its_name(text: str) -> None:
    """What holds a key is about one of ours, whatever stands before it."""
    with pytest.raises(ConfigError) as raised:
        env_values(text, PATH)

    assert "env file .env.local can't be understood at line 1" == raised.value.message


@pytest.mark.parametrize(
    "text",
    [
        "LMX_MAX_RATE=5\nexport LMX_MAX_RATE\n",
        "export LMX_MAX_RATE=5\n",
        "HTTP_PROXY\n# LMX_MAX_RATE\n\n   \nLMX_MAX_RATE=5",
        "A='STRIPE_SECRET_KEY\nLMX_MAX_RATE'\nLMX_MAX_RATE=5\n",
    ],
)
def test_lines_that_are_fine(text: str) -> None:
    """A shell's export, Docker's names alone, comments, blank lines, and lines inside quotes."""
    assert "5" == env_values(text, PATH)["LMX_MAX_RATE"]


def test_broken_line_of_others() -> None:
    """A line of another program is none of our business."""
    assert {"B": "2"} == env_values('OTHER="open\nB=2\n', PATH)


def test_repr_shows_no_value(tmp_path: Path) -> None:
    """An env file in a log stays hidden."""
    (tmp_path / "env").write_text("A=canary\n")

    assert "canary" not in repr(read_env_file(tmp_path / "env"))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "A=new\n"),
        ("A=old\n", "A=new\n"),
        ("A=old", "A=new"),
        ("export A=old\n", "export A=new\n"),
        ("A = 'old'  # why\n", "A = new  # why\n"),
        ('A="multi\nline"\nB=1\n', "A=new\nB=1\n"),
        ("A=old # why\r\nB=1\r\n", "A=new # why\r\nB=1\r\n"),
        ("A= # why\n", "A= new # why\n"),
        ("A=\n", "A=new\n"),
        ("A\n", "A=new\n"),
        ("# A=commented\nB=1", "# A=commented\nB=1\nA=new\n"),
        ("B=1\r\n", "B=1\r\nA=new\r\n"),
        ("A=one\n\nA=two\n", "A=new\n\nA=new\n"),
        ("\ufeffB=1\nA=old\n", "\ufeffB=1\nA=new\n"),
        ("AA=1\n", "AA=1\nA=new\n"),
    ],
)
def test_with_values(before: str, after: str) -> None:
    """A value is set in place, everything else stays, and a new name goes to the end."""
    assert after == with_values(before, {"A": "new"})


def test_value_that_needs_quotes() -> None:
    """A value that could become a second line is refused."""
    with pytest.raises(ValueError, match="needs quotes"):
        with_values("", {"A": "one\nB=2"})


LINES = st.sampled_from(
    [
        "A=1",
        "export A='x y'",
        'A="q"',
        "B=2 # c",
        "# c",
        "",
        "   ",
        "C='z'  #c",
        "D",
        "A =  5",
        "E=a#b",
        "F='it",
        "A= # x",
    ]
)
ENDS = st.sampled_from(["\n", "\r\n"])


@given(lines=st.lists(LINES, max_size=6), end=ENDS, tail=st.booleans())
def test_only_the_named_values_change(lines: list[str], end: str, tail: bool) -> None:
    """Read back, the file holds the new values and all the others as before; a second write changes nothing."""
    text = end.join(lines) + (end if tail and lines else "")
    wanted = {"A": "new", "Z": "last"}

    written = with_values(text, wanted)

    assert {**env_values(text, PATH), **wanted} == env_values(written, PATH)
    assert written == with_values(written, wanted)


@pytest.mark.parametrize("size", [1 << 20, (1 << 20) + 1])
def test_env_file_has_a_limit(tmp_path: Path, size: int) -> None:
    """Far above what anybody writes; beyond it the parser would take minutes."""
    path = tmp_path / ".env.local"
    path.write_text("A=1\n" + "#" * (size - 4))
    if size == 1 << 20:
        assert {"A": "1"} == read_env_file(path).values
        return
    with pytest.raises(ConfigError) as raised:
        read_env_file(path)
    assert f"env file {path} cannot be read: it has more than 1 MB" == raised.value.message


def test_env_file_comes_through_a_pipe(tmp_path: Path) -> None:
    """As from a process substitution."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("A=1\n",))
    writer.start()
    assert {"A": "1"} == read_env_file(pipe).values
    writer.join()


@pytest.mark.slow
def test_pipe_that_nobody_writes_to_is_given_up(tmp_path: Path) -> None:
    """After five seconds."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(ConfigError) as raised:
        read_env_file(pipe)
    assert f"env file {pipe} cannot be read: nothing complete came through it within 5 s" == raised.value.message


def test_no_env_file_is_a_device_without_content() -> None:
    """A usual way to say so."""
    assert {} == read_env_file(Path(os.devnull)).values
