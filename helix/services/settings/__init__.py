"""The organization and what it has decided for all of its members."""

from helix.services.settings.organization import organization, zone

__all__ = ["organization", "zone"]
