"""AI models: which there are, their keys, and how they are reached."""

from helix.services.models.endpoints import endpoint_of

__all__ = ["endpoint_of"]
