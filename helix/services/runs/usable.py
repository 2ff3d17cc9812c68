from sqlalchemy import select

from helix.extensions import db
from helix.models import Agent, AiModel


def usable_model(agent: Agent) -> AiModel | None:
    """The agent's own model, else the organization's default; None when that one is missing or switched off."""
    if agent.ai_model_id is not None:
        own = db.session.get(AiModel, agent.ai_model_id)
        return own if own and own.is_active else None
    return db.session.scalar(select(AiModel).where(AiModel.is_default, AiModel.is_active))
