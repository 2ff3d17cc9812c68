"""The settings of an installation. The code is in helix/settings/, the variables are in docs/configuration.md."""

from helix.settings import ConfigurationError, Settings

__all__ = ["ConfigurationError", "Settings"]
