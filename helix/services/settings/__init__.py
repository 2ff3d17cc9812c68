"""The organization and what it has decided for all of its members."""

from helix.services.settings.edit import edit, finish_setup, shown
from helix.services.settings.organization import address, organization, zone

__all__ = ["address", "edit", "finish_setup", "organization", "shown", "zone"]
