"""The service's environment file (`EnvironmentFile=` in systemd's units), read by commands that a person runs."""

import os
from pathlib import Path

from helix.settings.environment import ConfigurationError


def load(path: Path) -> None:
    """Set what the file says as environment variables of this process, and so of every child.

    A variable that the environment sets counts before the file. Nothing is expanded: a password may hold a `$`.
    Raises ConfigurationError for a file that cannot be read.
    """
    from dotenv import dotenv_values

    try:
        found = dotenv_values(path, interpolate=False, encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"The environment file {path} cannot be read: {error}") from error
    for name, value in found.items():
        if value and not os.environ.get(name):
            os.environ[name] = value
