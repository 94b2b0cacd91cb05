"""Commands that messages name, completed with the environment a run was given, so that a copy of one works there."""

import re

_GROUPS = "secrets|courses|products|checkout|enrollments|webhooks"
# A command that names its environment already keeps it; `webhooks serve` is only ever spoken of.
_COMMAND = re.compile(rf"\blmx (?:doctor|(?:{_GROUPS}) (?!serve\b)[a-z]+(?:-[a-z]+)?)\b(?!\s+-e\b|[^;]* -e )")


def with_environment(text: str, environment: str | None) -> str:
    """Return a message whose commands name the environment; as it is where `-e` was not given."""
    return text if environment is None else with_options(text, f" -e {environment}")


def with_options(text: str, options: str) -> str:
    """Return a text whose commands carry options, each with a blank before it; a command with `-e` keeps its own."""
    return _COMMAND.sub(lambda command: command.group() + options, text)
