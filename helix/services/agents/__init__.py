"""Agents: colleagues that a model plays."""

from helix.services.agents.lookup import agents, get, shown
from helix.services.agents.status import statuses

__all__ = ["agents", "get", "shown", "statuses"]
