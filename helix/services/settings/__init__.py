"""The organization and what it has decided for all of its members."""

from helix.services.settings.edit import edit, shown
from helix.services.settings.organization import address, organization, zone

__all__ = ["address", "edit", "organization", "shown", "zone"]
