"""The organization and its settings."""

from helix.services.settings.edit import edit, finish_setup, serialize
from helix.services.settings.organization import base_url, organization, zone

__all__ = ["base_url", "edit", "finish_setup", "organization", "serialize", "zone"]
