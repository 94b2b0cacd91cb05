"""Settings that are loaded from given variables alone."""

from typing import Any

from learnermax_cli.config.settings import Settings, load_settings
from learnermax_cli.config.sources import Flags

KEY = "sk_" + "test_" + "A1b2C3d4E5f6G7h8"
OTHER_KEY = "sk_" + "test_" + "Z9y8X7w6V5u4T3s2"


def load(flags: Flags | None = None, /, **environ: Any) -> Settings:
    """Load the settings of an environment with nothing else in it."""
    return load_settings(flags or Flags(), environ)
