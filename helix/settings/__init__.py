"""Settings of an installation: read once from environment variables, checked, immutable."""

from helix.settings.environment import ConfigurationError
from helix.settings.settings import Settings

__all__ = ["ConfigurationError", "Settings"]
