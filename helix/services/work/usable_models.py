from sqlalchemy import bindparam, select

from helix.db.read import rows
from helix.models import Agent
from helix.services.work.rules import Model, is_usable_by_agent

_USABLE = select(Model.id).join(Agent, is_usable_by_agent).where(Agent.id == bindparam("agent"))


def has_usable_model(agent: Agent) -> bool:
    """Whether the agent's own model, or else the organization's default, exists and is active."""
    return bool(rows(_USABLE, agent=agent.id))
