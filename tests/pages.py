"""Pages of the documentation: the commands that they show, to be parsed and, on a sandbox, run."""

import re
import shlex
import signal
import socket
from typing import NamedTuple

from tests.forking import PROJECT
from tests.running import Sandbox
from tests.started import Started

# What differs from run to run.
_VARYING = (
    (r"127\.0\.0\.1:\d+", "HERE"),
    (r"\b(acct|evt|pi|cus|we|re|du|price)_\w+", r"\1_ID"),
    (r"\bcs_test_\w+", "SESSION"),
    (r"stripe-keys-\w{6}\b", "stripe-keys-SUFFIX"),
    (r"\d{4}-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r"process \d+", "process PID"),
    (r"\b\d+ ms\b", "SOME ms"),
    (r"[\d.]+ s$", "SOME s"),
    (r"Python [\d.]+", "Python VERSION"),
)
_PROMPT = "$ "
_COMMAND = re.compile(r'(?:(?P<name>\w+)=\$\(|^|^- |"\$\(|&& |bin/|^uvx .* )lmx (?P<words>[^|]+?)(?:\)"?)?$')
_FENCE = re.compile(r"^ *```(\w*)")


class Line(NamedTuple):
    """A line in a block of code that runs lmx: its words, the variable that takes its output, what is shown below."""

    words: tuple[str, ...]
    variable: str | None
    prompted: bool
    shown: list[str]

    @property
    def local(self) -> bool:
        """Whether it stays on this machine: `-e sandbox`, or the sandbox itself."""
        return self.words[0] in ("sandbox", "demo", "help", "commands") or ("-e", "sandbox") in zip(
            self.words, self.words[1:], strict=False
        )


def text_of(page: str) -> str:
    """Return the text of a page, by its path in the project."""
    return (PROJECT / page).read_text(encoding="utf-8")


def blocks(page: str) -> list[list[str]]:
    """Return the lines of each block of code, without their indent: fenced, or indented by four and more."""
    found: list[list[str]] = []
    fenced = indented = False
    for line in text_of(page).splitlines():
        if _FENCE.match(line):
            fenced, indented = not fenced, False
            found += [[]] if fenced else []
        elif fenced or (line.startswith("    ") and line.strip()):
            if not fenced and not indented:
                found.append([])
            indented = not fenced
            found[-1].append(line.removeprefix("    "))
        else:
            indented = False
    return found


def prose(page: str) -> str:
    """Return a page without its blocks of code."""
    text = re.sub(r"^ *```.*?^ *```$", "", text_of(page), flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^    .*$", "", text, flags=re.MULTILINE)


def lines(block: list[str]) -> list[Line]:
    """Return the lines of a block that run lmx."""
    found: list[Line] = []
    for line in block:
        prompted = line.startswith(_PROMPT)
        command = _COMMAND.search(line.removeprefix(_PROMPT).strip())
        if prompted or (command and not (found and found[-1].prompted)):
            assert command, line
            words = tuple(shlex.split(command["words"], comments=True))
            found.append(Line(words, command["name"], prompted, []))
        elif found and found[-1].prompted and line.strip() != "^C":
            found[-1].shown.append(line)
    return found


def examples(page: str) -> list[Line]:
    """Return what can be run as it stands: what is shown behind a prompt, and blocks that stay on this machine."""
    shown = [lines(block) for block in blocks(page)]
    return [
        line
        for block in shown
        for line in block
        if line.prompted or (len(block) > 1 and all(other.local for other in block))
    ]


def plain(text: str) -> list[str]:
    """Return lines without what differs from run to run, and without the width of tables."""
    for pattern, word in _VARYING:
        text = re.sub(pattern, word, text, flags=re.MULTILINE)
    return [" ".join(line.split()) for line in text.splitlines()]


def require_shown(command: str, shown: list[str], *said: str) -> None:
    """Compare: what a page shows is said, in this order within a stream, a line that it cuts as far as it shows it."""
    streams = [plain(text) for text in said]
    for line in plain("\n".join(shown)):
        cut = line.removesuffix("…").rstrip()
        found = [
            (stream, place)
            for stream in streams
            for place, other in enumerate(stream)
            if other == line or (cut != line and other.startswith(cut))
        ]
        assert found, (command, line, said)
        stream, place = found[0]
        del stream[: place + 1]


def run_examples(sandbox: Sandbox, page: str) -> None:
    """Run the commands of a page one after the other, with the variables that it sets."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables: dict[str, str] = {}
    for line in examples(page):
        words = [variables.get(word, word).replace(":8787", f":{port}") for word in line.words]
        command = " ".join(words)
        if words[:2] == ["webhooks", "serve"]:
            require_shown(command, line.shown, _served(sandbox, [*words, "--port", str(port)]))
            continue
        done = sandbox.run(*words)
        assert 0 == done.returncode, (command, done.stderr)
        require_shown(command, line.shown, done.stdout, done.stderr)
        if line.variable:
            variables[f"${line.variable}"] = done.stdout.strip()


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
