"""What `lmx config` shows of each setting: its value, of secrets only that they are there, and where it is from."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from learnermax_cli.config.setting_table import BY_NAME, SETTINGS, Setting
from learnermax_cli.config.sources import Found, Sources
from learnermax_cli.config.values import utf8
from learnermax_cli.core.errors import ConfigError, LmxError

_PASSWORD = re.compile(r"(?<=://)[^/@]*@")


class ShownSetting(NamedTuple):
    """A setting as it is shown."""

    name: str
    value: str | None
    source: str | None
    source_kind: str | None
    error: LmxError | None = None

    def as_json(self) -> dict[str, object]:
        """Return the item of a report."""
        flaw = None if self.error is None else self.error.message
        return {**self._asdict(), "error": flaw}


def list_settings(sources: Sources) -> tuple[ShownSetting, ...]:
    """Return every setting, also those of the services' endpoints that are set; what makes no sense has its error."""
    return (_env_file(sources), *(_shown(sources, setting) for setting in (*SETTINGS, *_endpoints(sources))))


def list_notes(sources: Sources) -> Iterator[str]:
    """Yield what a table does not say: why no env file is read, names that are ignored, which credentials win."""
    if sources.search.path is None:
        yield sources.no_file_line
    if sources.ignored:
        yield sources.ignored_line
    found = {name: sources.find(BY_NAME[name]) for name in ("AWS_ACCESS_KEY_ID", "AWS_PROFILE")}
    key, profile = found["AWS_ACCESS_KEY_ID"], found["AWS_PROFILE"]
    if key and profile and key.kind == "environment":
        stronger, other = (profile, key) if profile.kind == "flag" else (key, profile)
        yield f"AWS credentials: {stronger.name} wins over {other.name}."


def first_error(shown: tuple[ShownSetting, ...]) -> LmxError | None:
    """Return the one error that stands for all, None without any."""
    bad = [setting for setting in shown if setting.error is not None]
    if len(bad) < 2:
        return bad[0].error if bad else None
    names = ", ".join(setting.name for setting in bad)
    return ConfigError(f"{len(bad)} settings make no sense: {names}", hint="The list says why; fix each of them.")


def _env_file(sources: Sources) -> ShownSetting:
    path, error = sources.search.path, sources.file_error
    if path is None:
        return ShownSetting("--env-file", None, None, None)
    given = sources.flags.env_file is not None
    where = "--env-file" if given else "above the working directory" if path.is_absolute() else "working directory"
    return ShownSetting("--env-file", str(path), where, "flag" if given else "default", error)


def _endpoints(sources: Sources) -> Iterator[Setting]:
    for name in sorted(sources.environ):
        if name.startswith("AWS_ENDPOINT_URL_") and sources.environ[name]:
            yield Setting(name, in_file=False)


def _shown(sources: Sources, setting: Setting) -> ShownSetting:
    found = sources.find(setting)
    error = sources.environment_error if setting.name == "LMX_ENVIRONMENT" else None
    if found is None:
        default = setting.note or None
        return ShownSetting(setting.name, default, default and "default", default and "default", error)
    value: str | None = None
    try:
        value = _value(setting, found)
    except LmxError as flaw:
        error = flaw
        value = "present" if setting.secret else found.text
    return ShownSetting(setting.name, value, found.source, found.kind, error)


def _value(setting: Setting, found: Found) -> str:
    name = found.called(setting)
    read = setting.read(utf8(found.text, name), name)
    checked = setting.check(found.text, name)
    if setting.secret:
        return "present" if checked == found.text else f"present ({checked})"
    return _PASSWORD.sub("***@", read if isinstance(read, str) else found.text)
