"""Completion for bash, zsh and fish: the script is printed, and what it asks for is answered fast."""

import os
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.test_help import HEAVY
from tests.forking import PROJECT, forkserver

BIN = Path(sys.executable).parent
ASKED = {
    "bash": {"COMP_WORDS": "lmx enr", "COMP_CWORD": "1"},
    "zsh": {"_TYPER_COMPLETE_ARGS": "lmx enr"},
    "fish": {"_TYPER_COMPLETE_ARGS": "lmx enr", "_TYPER_COMPLETE_FISH_ACTION": "get-args"},
}
_HELP = "Who is enrolled, and who has paid."
ANSWERS = {
    "bash": "enrollments\n",
    "zsh": f'_arguments \'*: :(("enrollments":"{_HELP}"))\'\n',
    "fish": f"enrollments\t{_HELP}\n",
}
REGISTERS = {
    "bash": "complete -F _lmx_completion lmx",
    "zsh": "compdef _lmx_completion lmx",
    "fish": "complete --command lmx --no-files",
}


def needs(shell: str) -> pytest.MarkDecorator:
    """Skip a test where the shell is not installed; .ci/run installs it."""
    return pytest.mark.skipif(shutil.which(shell) is None, reason=f"the Debian package {shell} is not installed")


def run(*command: str, **env: str) -> "subprocess.CompletedProcess[str]":
    """Run a command with lmx on the path."""
    variables = {"PATH": f"{BIN}:{os.environ['PATH']}", "PYTHONPATH": str(PROJECT), "TERM": "dumb", **env}
    if command[0] != "lmx":
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False, timeout=60)
    with closing(forkserver(variables).start(command[1:], variables, PROJECT)) as started:
        output = started.communicate(timeout=60)
    return subprocess.CompletedProcess(command, started.wait(), *output)


@pytest.mark.parametrize("shell", REGISTERS)
def test_script_is_printed(shell: str) -> None:
    """Each shell gets the script that makes it ask lmx."""
    done = run("lmx", _LMX_COMPLETE=f"source_{shell}")
    assert (0, "", True) == (done.returncode, done.stderr, REGISTERS[shell] in done.stdout)


@pytest.mark.parametrize("shell", ASKED)
def test_command_is_completed(shell: str) -> None:
    """`lmx enr<TAB>` is `lmx enrollments`, with its help where the shell shows that."""
    done = run("lmx", _LMX_COMPLETE=f"complete_{shell}", **ASKED[shell])
    assert (0, "", ANSWERS[shell]) == (done.returncode, done.stderr, done.stdout)


@pytest.mark.slow
def test_option_and_its_values_are_completed() -> None:
    """Options by their beginning, values where there is a choice."""
    option = run("lmx", _LMX_COMPLETE="complete_bash", COMP_WORDS="lmx products sync --all", COMP_CWORD="3")
    value = run("lmx", _LMX_COMPLETE="complete_bash", COMP_WORDS="lmx products sync -o ", COMP_CWORD="4")
    assert (["--allow-price", "--allow-archive"], ["table", "json", "markdown", "csv"]) == (
        option.stdout.split(),
        value.stdout.split(),
    )


# What each shell is told where nothing is known, and where a file is meant: the answer, and how lmx ends.
NOTHING_KNOWN = {"bash": (0, ""), "zsh": (0, ""), "fish": (0, "")}
FILE_MEANT = {"bash": (1, ""), "zsh": (0, "_files"), "fish": (1, "")}


@pytest.mark.parametrize("shell", ASKED)
@pytest.mark.parametrize(
    ("line", "answers"),
    [
        ("lmx courses set-price ", NOTHING_KNOWN),
        ("lmx enrollments list --user ", NOTHING_KNOWN),
        ("lmx courses list ", NOTHING_KNOWN),
        ("lmx products sync --plan ", FILE_MEANT),
        ("lmx config --env-file ", FILE_MEANT),
    ],
)
def test_files_are_offered_only_where_one_is_meant(shell: str, line: str, answers: dict[str, tuple[int, str]]) -> None:
    """A course's id is no file of the working directory."""
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split())), "_TYPER_COMPLETE_ARGS": line}
    done = run("lmx", _LMX_COMPLETE=f"complete_{shell}", _TYPER_COMPLETE_FISH_ACTION="is-args", **asked)
    assert (*answers[shell], "") == (done.returncode, done.stdout.strip(), done.stderr)


JOINED = {
    "bash": ("lmx products list --output = js", "json"),  # three words, of which the last is replaced
    "zsh": ("lmx products list --output=js", """compset -P '*='; _arguments '*: :(("json"))'"""),
    "fish": ("lmx products list --output=js", "--output=json"),
}


@pytest.mark.parametrize("shell", JOINED)
def test_value_behind_an_equals_sign_is_completed(shell: str) -> None:
    """Each shell is told what stands before it in its own way."""
    line, answer = JOINED[shell]
    asked = {"COMP_WORDS": line, "COMP_CWORD": str(len(line.split()) - 1), "_TYPER_COMPLETE_ARGS": line}
    done = run("lmx", _LMX_COMPLETE=f"complete_{shell}", _TYPER_COMPLETE_FISH_ACTION="get-args", **asked)
    assert (0, "", answer) == (done.returncode, done.stderr, done.stdout.strip())


@pytest.mark.parametrize(
    ("line", "offered"),
    [
        ("lmx help enr", ["enrollments"]),
        ("lmx help checkout ", ["create", "link", "show", "expire"]),
        ("lmx help checkout show ", []),
        ("lmx help nonsense ", []),
        ("lmx nonsense ", []),
        ("lmx products nonsense ", []),
        ("lmx products list --output = json --no", ["--no-color"]),
    ],
)
def test_words_are_offered_where_a_command_is_meant_or_known(line: str, offered: list[str]) -> None:
    """`help` takes the words of commands; behind a command that does not exist nothing is known."""
    place = len(line.split(" ")) - 1
    done = run("lmx", _LMX_COMPLETE="complete_bash", COMP_WORDS=line, COMP_CWORD=str(place))
    assert (0, "", offered) == (done.returncode, done.stderr, done.stdout.split())


def test_bash_completes_with_what_lmx_shows_it() -> None:
    """A real bash takes the script of --show-completion and fills in the word."""
    load = 'eval "$(lmx --show-completion; true)"'
    script = f"{load}; COMP_WORDS=(lmx enr); COMP_CWORD=1; _lmx_completion lmx; echo $COMPREPLY"
    done = run("bash", "--norc", "-c", script)
    assert (0, "enrollments\n") == (done.returncode, done.stdout)


@pytest.mark.slow
@needs("fish")
def test_fish_completes_with_what_lmx_shows_it() -> None:
    """A real fish takes the script of --show-completion and offers commands, options and values."""
    load = "lmx --show-completion | source"
    done = run("fish", "--no-config", "-c", f"{load}; complete -C 'lmx enr'; complete -C 'lmx products sync -o '")
    assert (0, f"{ANSWERS['fish']}csv\njson\nmarkdown\ntable\n") == (done.returncode, done.stdout)


# Another zsh on a terminal of its own is typed to; Control-A puts words before the command, which then tells itself.
_ZSH = """
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'autoload -Uz compinit; compinit -u -D; eval "$(lmx --show-completion)"; echo loa""ded'
zpty -r -m shell said '*loaded*'
zpty -w -n shell $'lmx enr\\t'
zpty -r -m shell said '*enrollments*'
zpty -w shell $'\\x01echo got: '
zpty -r -m shell said $'*\\ngot: *\\n*'
print -r -- ${${said##*$'\\n'got: }%%$'\\r'*}
"""


@pytest.mark.slow
@needs("zsh")
def test_zsh_completes_with_what_lmx_shows_it() -> None:
    """A real zsh takes the script of --show-completion, and the tabulator key fills in the word."""
    done = run("zsh", "-f", "-c", _ZSH)
    assert (0, "lmx enrollments\n") == (done.returncode, done.stdout)


def test_completing_loads_no_sdk() -> None:
    """What a person waits for at each key press is the command tree alone."""
    code = (
        "import sys\nsys.argv = ['lmx']\nfrom learnermax_cli.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    print(*sys.modules)"
    )
    done = run(sys.executable, "-c", code, _LMX_COMPLETE="complete_bash", **ASKED["bash"])
    answer, *modules = done.stdout.split()
    assert ("enrollments", []) == (answer, [name for name in modules if name.startswith(HEAVY)])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_home_that_takes_no_completion_is_reported_in_two_lines(shell: str) -> None:
    """As in a read-only container."""
    done = run(
        str(BIN / "lmx"),  # Typer reads the setting below when it builds the command tree
        "--install-completion",
        shell,
        HOME="/proc/self/nowhere",
        _TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION="1",
    )
    assert (1, "", 2) == (done.returncode, done.stdout, done.stderr.count("\n"))
    assert done.stderr.startswith("Error: completion cannot be installed: ")
    assert "--show-completion" in done.stderr
