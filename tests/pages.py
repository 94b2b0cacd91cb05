"""Pages with examples: each command is run as it stands, and says what the page shows below it."""

import re
import shlex
import signal
import socket

from tests.forking import PROJECT
from tests.running import Sandbox
from tests.started import Started

PROMPT = "    $ lmx "
# What differs from run to run.
_VARYING = (
    (r"127\.0\.0\.1:\d+", "HERE"),
    (r"\b(acct|evt|pi|cus|we|re|price)_\w+", r"\1_ID"),
    (r"\bcs_test_\w+", "SESSION"),
    (r"stripe-keys-\w{6}\b", "stripe-keys-SUFFIX"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r"process \d+", "process PID"),
    (r"\b\d+ ms\b", "SOME ms"),
    (r"[\d.]+ s$", "SOME s"),
    (r"Python [\d.]+", "Python VERSION"),
)


def text_of(page: str) -> str:
    """Return the text of a page, by its path in the project."""
    return (PROJECT / page).read_text(encoding="utf-8")


def examples(page: str) -> list[tuple[str, list[str]]]:
    """Return each command of a page with the output that is shown below it."""
    found: list[tuple[str, list[str]]] = []
    shown: list[str] | None = None
    for line in text_of(page).splitlines():
        if line.startswith(PROMPT):
            shown = []
            found.append((line.removeprefix(PROMPT), shown))
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
    """Compare: what a page shows is said, a line that it cuts as far as it shows it."""
    lines = plain(said)
    for line in plain("\n".join(shown)):
        cut = line.removesuffix("…").rstrip()
        assert any(real == line or (cut != line and real.startswith(cut)) for real in lines), (command, line, said)


def run_examples(sandbox: Sandbox, page: str) -> None:
    """Run the commands of a page one after the other; links and sessions are those of the last checkout."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    link = ""
    for command, shown in examples(page):
        words = [_as_made(word, link).replace(":8787", f":{port}") for word in shlex.split(command)]
        if words[:2] == ["webhooks", "serve"]:
            require_shown(command, shown, _served(sandbox, [*words, "--port", str(port)]))
            continue
        done = sandbox.run(*words)
        assert 0 == done.returncode, (command, done.stderr)
        require_shown(command, shown, done.stdout + done.stderr)
        if words[:2] == ["checkout", "create"]:
            link = done.stdout.strip()


def _as_made(word: str, link: str) -> str:
    if word.startswith("cs_test_"):
        return link.rpartition("/")[2]
    return link if word.startswith("http") and "/c/pay/" in word else word


def _served(sandbox: Sandbox, words: list[str]) -> str:
    """Return what the receiver says of the payment that a page has triggered in a second terminal."""
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
