"""The one place that all keys of a run are taken from: the env file, else the running sandbox, else the environment."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from learnermax_cli.config.keys import PUSHED_KEYS
from learnermax_cli.config.settings import Flags, Settings


@dataclass(frozen=True, slots=True)
class KeySource:
    """Where keys came from, in words, and their values, which are never shown."""

    name: str
    values: Mapping[str, str] = field(repr=False)
    fixed: bool = False
    """Whether no env file that `secrets pull` writes would change them: the running sandbox's own."""


def find_keys(settings: Settings, flags: Flags, environ: Mapping[str, str]) -> KeySource:
    """Return the Stripe keys of the one place that counts."""
    if settings.sandbox is not None and flags.env_file is None:
        return replace(_only_keys("the running sandbox", settings.sandbox.environment()), fixed=True)
    if settings.env_file is not None:
        return _only_keys(str(settings.env_file.path), settings.env_file.values)
    return _only_keys("the process environment", environ)


def _only_keys(name: str, values: Mapping[str, str]) -> KeySource:
    return KeySource(name, {key: values[key] for key in PUSHED_KEYS if values.get(key)})
