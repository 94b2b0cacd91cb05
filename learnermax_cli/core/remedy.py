"""Commands that messages name, completed with the options a run was given, so that a copy of one works there."""

import re
from shlex import quote

_GROUPS = "secrets|courses|products|checkout|enrollments|webhooks"
# A command that names its environment already keeps it; `webhooks serve` is only ever spoken of.
_COMMAND = re.compile(rf"\blmx (?:doctor|(?:{_GROUPS}) (?!serve\b)[a-z]+(?:-[a-z]+)?)\b(?!\s+-e\b|[^;]* -e )")


def with_options(text: str, options: str) -> str:
    """Return a text whose commands carry options, once, each with a blank before it; a command with `-e` keeps its own.

    Without options it is as it is: what the environment variables say holds for the copied command as well.
    """

    def completed(command: re.Match[str]) -> str:
        return command.group() + ("" if text.startswith(options, command.end()) else options)

    return _COMMAND.sub(completed, text) if options else text


def reconcile_one(course_id: str, user_id: str) -> str:
    """Return the command that settles one enrollment; ids are quoted, for they may hold what a shell obeys."""
    return f"lmx enrollments reconcile --course {quote(course_id)} --user {quote(user_id)}"


def release_one(course_id: str, user_id: str) -> str:
    """Return the command that frees one enrollment."""
    return f"lmx enrollments release {quote(course_id)} --user {quote(user_id)}"
