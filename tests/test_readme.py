"""The README's examples, run as they stand, one after the other, on one sandbox."""

import re
import signal
import socket
from pathlib import Path

import pytest

from tests.running import Sandbox
from tests.started import Started

README = Path(__file__).parents[1] / "README.md"
_PROMPT = "    $ lmx "
# What differs from run to run.
_VARYING = (
    (r"127\.0\.0\.1:\d+", "HERE"),
    (r"\b(acct|evt|pi|cus|we|price)_\w+", r"\1_ID"),
    (r"\bcs_test_\w+", "SESSION"),
    (r"stripe-keys-\w{6}\b", "stripe-keys-SUFFIX"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r"process \d+", "process PID"),
    (r"\b\d+ ms\b", "SOME ms"),
    (r"[\d.]+ s$", "SOME s"),
    (r"Python [\d.]+", "Python VERSION"),
)


def examples() -> list[tuple[str, list[str]]]:
    """Return each command of the README with the output that is shown below it."""
    found: list[tuple[str, list[str]]] = []
    shown: list[str] | None = None
    for line in README.read_text(encoding="utf-8").splitlines():
        if line.startswith(_PROMPT):
            shown = []
            found.append((line.removeprefix(_PROMPT), shown))
        elif not line.startswith("    "):
            shown = None
        elif shown is not None and line.strip() != "^C":
            shown.append(line.removeprefix("    "))
    return found


def plain(text: str) -> list[str]:
    """Return lines without what differs from run to run, and without the width of tables."""
    for pattern, word in _VARYING:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return [" ".join(line.split()) for line in text.splitlines()]


def require_shown(command: str, shown: list[str], said: str) -> None:
    """Compare: what the README shows is said, a line that it cuts as far as it shows it."""
    lines = plain(said)
    for line in plain("\n".join(shown)):
        cut = line.removesuffix("…").rstrip()
        assert any(real == line or (cut != line and real.startswith(cut)) for real in lines), (command, line, said)


def test_outputs_of_examples_are_found() -> None:
    """There is something to compare: most commands show what they say."""
    shown = [lines for _, lines in examples() if lines]
    assert (True, True) == (len(shown) >= 12, sum(map(len, shown)) >= 60)


def test_wrong_output_is_noticed() -> None:
    """A line that is not said does not pass, a line that is cut passes as far as it goes."""
    require_shown("x", ["said: in fu…", "took 2.0 s"], "said: in full\ntook 3.1 s\n")
    with pytest.raises(AssertionError):
        require_shown("x", ["never said"], "said: in full\n")


def test_examples_run_and_show_what_they_say(sandbox: Sandbox) -> None:
    """From an empty sandbox to a paid enrollment, a webhook that arrives, and a doctor that is content."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    link = ""
    for command, shown in examples():
        words = [link if word.startswith("http") and "/c/pay/" in word else word for word in command.split()]
        words = [word.replace(":8787", f":{port}") for word in words]
        if words[:2] == ["webhooks", "serve"]:
            require_shown(command, shown, _served(sandbox, [*words, "--port", str(port)]))
            continue
        done = sandbox.run(*words)
        assert 0 == done.returncode, (command, done.stderr)
        require_shown(command, shown, done.stdout + done.stderr)
        if words[:2] == ["checkout", "create"]:
            link = done.stdout.strip()


def _served(sandbox: Sandbox, words: list[str]) -> str:
    """Return what the receiver says of the payment that the README has triggered in a second terminal."""
    receiver = sandbox.start(*words)
    said = _until("Listening on", receiver)
    assert 0 == sandbox.run("sandbox", "trigger", "checkout.session.completed").returncode
    said += _until("changed: paid", receiver)
    receiver.send_signal(signal.SIGINT)
    out, err = receiver.communicate(timeout=60)
    return said + out + err


def _until(text: str, receiver: Started) -> str:
    said = ""
    while text not in said:
        line = receiver.stderr.readline()
        assert line, said
        said += line
    return said


@pytest.mark.parametrize("section", ["Secrets", "Courses", "Products", "Checkout", "Enrollments", "Webhooks", "Doctor"])
def test_every_chapter_has_an_example(section: str) -> None:
    """A chapter on commands shows one of them at work."""
    chapters = re.split(r"^## ", README.read_text(encoding="utf-8"), flags=re.MULTILINE)
    chapter = next(text for text in chapters if text.startswith(section))
    assert _PROMPT in chapter
