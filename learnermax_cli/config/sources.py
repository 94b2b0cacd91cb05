"""What sets the settings of a run: flags, environment, env file, sandbox, AWS profile, defaults, in this order."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from learnermax_cli.config.aws_access import (
    AwsAccess,
    environment_profile,
    read_region,
    require_region,
    sandbox_access,
)
from learnermax_cli.config.env_search import EnvSearch, require_trusted, search_env_file
from learnermax_cli.config.keys import SECRET_NAMES
from learnermax_cli.config.setting_table import BY_NAME, FROM_FILE, Setting, never_from_file, unknown_names
from learnermax_cli.config.values import Environment, read_environment, utf8
from learnermax_cli.core.errors import LmxError
from learnermax_cli.core.secret_text import KnownSecrets

if TYPE_CHECKING:
    from learnermax_cli.config.env_file import EnvFile
    from learnermax_cli.config.sandbox_state import SandboxInfo

SANDBOX_FRONTEND_URL = "https://learnermax.example"
# In a sandbox these come from it alone, or from nowhere.
_OUTSIDE = ("AWS_", "STRIPE_", "NEXT_PUBLIC_STRIPE_", "LMX_STRIPE_ACCOUNT", "LMX_AWS_ACCOUNT")


@dataclass(frozen=True, slots=True)
class Flags:
    """The common options as they were given on the command line; None where they were not."""

    environment: str | None = None
    env_file: Path | None = None
    table: str | None = None
    secret_name: str | None = None
    region: str | None = None
    profile: str | None = None
    new_env_file: bool = False
    """Whether `env_file` may be missing, because the command is about to make it."""


class Found(NamedTuple):
    """The text of a setting and where it is from."""

    text: str
    kind: Literal["flag", "environment", "env_file", "aws_profile", "sandbox", "default"]
    name: str = ""
    """The flag, the variable, the file or the profile."""

    def called(self, setting: Setting) -> str:
        """What messages about its value call it."""
        return self.name if self.kind in ("flag", "environment") else setting.name

    @property
    def source(self) -> str:
        """Where it is from, in words."""
        match self.kind:
            case "environment":
                return f"environment variable {self.name}"
            case "aws_profile":
                return f"AWS profile {self.name}"
            case "sandbox":
                return "running sandbox"
            case "default":
                return "default"
        return self.name


@dataclass(frozen=True)
class Sources:
    """Everything that settings can come from, and what could not be read of it."""

    flags: Flags
    environ: Mapping[str, str] = field(repr=False)
    search: EnvSearch
    env_file: "EnvFile | None"
    environment: Environment | None
    """None where it makes no sense."""
    sandbox: "SandboxInfo | None"
    file_error: LmxError | None = None
    environment_error: LmxError | None = None

    @property
    def errors(self) -> tuple[LmxError, ...]:
        """What kept a source from being read."""
        return tuple(error for error in (self.file_error, self.environment_error) if error is not None)

    @cached_property
    def values(self) -> Mapping[str, str]:
        """Every variable that counts, sandbox and env file merged in; may hold keys, so it is never shown."""
        values = {**self._from_file, **{name: value for name, value in self.environ.items() if value}}
        if self.environment != "sandbox":
            return values
        inside = {name: value for name, value in values.items() if not name.startswith(_OUTSIDE)}
        return {"FRONTEND_URL": SANDBOX_FRONTEND_URL, **inside, **self._from_sandbox}

    def find(self, setting: Setting) -> Found | None:
        """Return what sets a setting, a default included; None where nothing does."""
        outside = self.environment == "sandbox" and setting.name.startswith(_OUTSIDE)
        flag = None if setting.flag is None or outside else getattr(self.flags, setting.flag)
        if flag is not None:
            return Found(flag, "flag", f"--{str(setting.flag).replace('_', '-')}")
        for name in setting.variables or (setting.name,):
            if name in self._from_sandbox and name != "LMX_ENVIRONMENT":
                return Found(self._from_sandbox[name], "sandbox")
            if not outside and self.environ.get(name):
                return Found(self.environ[name], "environment", name)
        if not outside and setting.name in self._from_file:
            return Found(self._from_file[setting.name], "env_file", str(self.search.path))
        if self.environment == "sandbox" and setting.name == "FRONTEND_URL":
            return Found(SANDBOX_FRONTEND_URL, "sandbox")
        if setting.name == "AWS_REGION" and not outside and (region := read_region(self._profile, self.environ)):
            return Found(region, "aws_profile", self._profile)
        default = None if self.environment is None or outside else setting.default(self.environment)
        return None if default is None else Found(default, "default")

    def read(self, name: str) -> object:
        """Return the value of a setting, None where nothing sets it; raises an LmxError for one that makes no sense."""
        found = self.find(BY_NAME[name])
        return None if found is None else BY_NAME[name].read(utf8(found.text, name), name)

    @property
    def aws_access(self) -> AwsAccess:
        """How to reach AWS; raises ConfigError for a region that is none."""
        if self.sandbox is not None:
            return sandbox_access(self.sandbox)
        found = self.find(BY_NAME["AWS_REGION"]) or Found("us-east-1", "default")
        source = f"the region of profile {self._profile}" if found.kind == "aws_profile" else found.name
        region = require_region(found.text, source)
        return AwsAccess(region, self.flags.profile, environment_profile=environment_profile(self.environ))

    @property
    def _profile(self) -> str:
        return self.flags.profile or environment_profile(self.environ) or "default"

    @property
    def ignored(self) -> tuple[str, ...]:
        """The settings that the env file names, but that are not read from one."""
        return () if self.env_file is None else tuple(sorted(filter(never_from_file, self.env_file.values)))

    @property
    def no_file_line(self) -> str:
        """What a message says where there is no env file."""
        return f"No env file is read: {self.search.reason}"

    @property
    def ignored_line(self) -> str:
        """What a message says of them."""
        return f"Ignored in {self.search.path}: {', '.join(self.ignored)}. Set them in the process environment."

    @property
    def warnings(self) -> tuple[str, ...]:
        """A warning for each variable that looks like a setting and is none."""
        in_file = {} if self.env_file is None else self.env_file.values
        places = ((self.environ, "the process environment"), (in_file, str(self.search.path)))
        return tuple(
            f"{name} in {place} is not a setting of lmx" + (f": did you mean {near}?" if near else "")
            for variables, place in places
            for name, near in unknown_names(name for name, value in variables.items() if value)
        )

    @property
    def _from_file(self) -> Mapping[str, str]:
        values = {} if self.env_file is None else self.env_file.values
        return {name: value for name, value in values.items() if value and name in FROM_FILE}

    @cached_property
    def _from_sandbox(self) -> Mapping[str, str]:
        return {} if self.sandbox is None else self.sandbox.environment()


def find_sources(flags: Flags, environ: Mapping[str, str], known: KnownSecrets | None = None) -> Sources:
    """Return the sources of a run, with their secrets made `known`."""
    search, env_file = _search(flags, environ), None
    file_error, environment_error = None, None
    try:
        env_file = _read(search, flags)
    except LmxError as error:
        file_error = error
    if env_file is not None and known is not None:
        known.add(*map(env_file.values.get, SECRET_NAMES))
    environment, sandbox = None, None
    in_file = "" if env_file is None else env_file.values.get("LMX_ENVIRONMENT")
    try:
        text = flags.environment or environ.get("LMX_ENVIRONMENT") or in_file or "preview"
        environment = read_environment(text, "LMX_ENVIRONMENT")
        if environment == "sandbox":
            from learnermax_cli.config.sandbox_state import require_sandbox

            sandbox = require_sandbox(environ)
    except LmxError as error:
        environment_error = error
    return Sources(flags, environ, search, env_file, environment, sandbox, file_error, environment_error)


def _search(flags: Flags, environ: Mapping[str, str]) -> EnvSearch:
    if flags.env_file is not None:
        if flags.new_env_file and not _is_there(flags.env_file):
            return EnvSearch(None, f"{flags.env_file} is not there yet")
        return EnvSearch(flags.env_file, "")
    if (flags.environment or environ.get("LMX_ENVIRONMENT")) == "sandbox":
        return EnvSearch(None, "the sandbox has its own keys")  # real ones in .env.local are not read for it
    return search_env_file()


def _read(search: EnvSearch, flags: Flags) -> "EnvFile | None":
    if search.path is None:
        return None
    from learnermax_cli.config.env_file import read_env_file

    if flags.env_file is None and search.path.is_absolute():
        require_trusted(search.path)
    return read_env_file(search.path)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long; writing to it reports that
        return False
