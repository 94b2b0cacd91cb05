"""A view: a world, a command in it, and how it ends; and the manners in which each view is looked at."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests.running import Sandbox
from tests.started import Started

Words = Mapping[str, str]
"""What stands for `{NAME}` in the words of a command, such as the id of a session that was made."""
World = Callable[[Sandbox], Words | None]
Meanwhile = Callable[[Sandbox, str, Started], bool]
"""Is told all that the run has said until now; True once it has done its part."""


@dataclass(frozen=True, slots=True)
class View:
    """A command as an operator types it, in a world that is put in place first."""

    name: str
    world: World
    command: str
    ends: int = 0
    """Its exit code; one that asks ends in 5 where there is no terminal."""
    answer: str | None = None
    env: Mapping[str, str | None] = field(default_factory=dict)
    meanwhile: tuple[Meanwhile, ...] = ()
    """What others do while it runs, one after the other."""
    reads: bool = False
    """Whether it leaves its world as it was."""
    slow: bool = False
    """Whether it takes seconds, so that a test looks at it once."""
    folder: str = ""
    """Made below the home of the run, and given as LMX_SANDBOX_HOME: a sandbox of its own."""

    def words(self, known: Words | None) -> tuple[str, ...]:
        """Return the words of the command."""
        return tuple(word.format_map(known or {}) for word in self.command.split())

    @property
    def path(self) -> str:
        """The name of its file."""
        return self.name.replace(" ", "-")


@dataclass(frozen=True, slots=True)
class Manner:
    """Where a command is run: a terminal so many columns wide, or a pipe."""

    name: str
    columns: int | None = None
    env: Mapping[str, str] = field(default_factory=dict, hash=False)
    args: tuple[str, ...] = ()


NARROW = Manner("terminal-80", 80)
MIDDLE = Manner("terminal-120", 120)
WIDE = Manner("terminal-200", 200)
PLAIN = Manner("no-color-80", 80, {"NO_COLOR": "1"})
PIPE = Manner("pipe")
MANNERS = (NARROW, MIDDLE, WIDE, PLAIN, PIPE)
JSON = Manner("json", args=("-o", "json"))
MARKDOWN = Manner("markdown", args=("-o", "markdown"))
ACTIONS = Manner("actions", env={"GITHUB_ACTIONS": "true"})
FORMATS = (JSON, MARKDOWN, ACTIONS)
"""For a reader alone; their contents have tests of their own."""


@dataclass(frozen=True, slots=True)
class Capture:
    """What one view said in one manner; on a terminal both streams are one."""

    exit_code: int
    out: str
    err: str = ""
    summary: str = ""
    """The step summary, in GitHub Actions."""
