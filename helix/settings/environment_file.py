"""`helix --env-file`: the file that systemd's `EnvironmentFile=` reads, for commands typed in a shell."""

import os
from pathlib import Path

from helix.settings.environment import ConfigurationError


def load(path: Path) -> None:
    """Add the variables of the file to the environment of this process, which its children inherit.

    Variables that are already set keep their value. Nothing is expanded, because a password may contain `$`.
    Raises ConfigurationError when the file cannot be read.
    """
    from dotenv import dotenv_values

    try:
        variables = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The environment file {path} cannot be read: {error}") from error
    for name, value in variables.items():
        if value and not os.environ.get(name):
            os.environ[name] = value
