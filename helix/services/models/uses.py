"""Who uses which model: what a page says before one is changed or deleted."""

from sqlalchemy import select

from helix.extensions import db
from helix.models import Agent
from helix.policies.actor import Actor
from helix.services.models.lookup import require_admin


def agents_by_model(actor: Actor) -> dict[int | None, list[str]]:
    """Names of agents by the id of the model that they chose; under None those that follow the default. For admins."""
    require_admin(actor)
    query = select(Agent.ai_model_id, Agent.name).where(Agent.deleted_at.is_(None)).order_by(Agent.name)
    found: dict[int | None, list[str]] = {}
    for model_id, name in db.session.execute(query):
        found.setdefault(model_id, []).append(name)
    return found
