"""How texts come back in what others say: as they were sent, or escaped for JSON, a URL, a shell, Markdown."""

import html
import json
import re
import shlex
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

from learnermax_cli.core.text_safety import markdown, printable

ESCAPES: dict[str, Callable[[str], str]] = {
    "raw": str,
    "json": json.dumps,
    "json-utf8": lambda text: json.dumps(text, ensure_ascii=False),
    "json-slashes": lambda text: json.dumps(text).replace("/", "\\/"),
    "json-upper": lambda text: re.sub(r"\\u[0-9a-f]{4}", lambda found: "\\u" + found[0][2:].upper(), json.dumps(text)),
    "json-twice": lambda text: json.dumps(json.dumps(text)),
    "url": lambda text: quote(text, safe=""),
    "url-path": quote,
    "url-form": quote_plus,
    "url-lower": lambda text: re.sub("%[0-9A-F]{2}", lambda found: found[0].lower(), quote(text, safe="")),
    "url-twice": lambda text: quote(quote(text, safe=""), safe=""),
    "shell": shlex.quote,
    "shell-backslashes": lambda text: re.sub(r"([^A-Za-z0-9])", r"\\\1", text),
    "shell-quotes": lambda text: "'" + text.replace("'", "'\\''") + "'",
    "python": repr,
    "html": html.escape,
    "markdown": markdown,
    "printable": printable,
}
BEFORE = (
    "",
    "\n",
    "\t",
    "\r",
    "\x1b[31m",
    "\0",
    "\x85",
    "\u202e",
    "\u2028",
    "x",
    "7",
    "_",
    "=",
    "%3D",
    "%0A",
    "\\n",
    "\\",
)
"""What may stand before a secret."""


def echoes_of(secrets: Iterable[str]) -> list[str]:
    """Return every secret in every form behind everything that may stand before it."""
    return [before + escape(secret) for secret in secrets for escape in ESCAPES.values() for before in BEFORE]
