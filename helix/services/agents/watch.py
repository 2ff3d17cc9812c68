"""Who wants to hear of an agent. Admins watch every agent until they stop."""

from helix.db.transaction import transaction
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import AgentWatch
from helix.policies.actor import Actor
from helix.services.agents.lookup import get


def watch(actor: Actor, agent_id: int, watching: bool) -> None:
    """Begin or stop watching."""
    if actor.user_id is None:
        raise Forbidden("Only people watch agents.")
    with transaction():
        get(agent_id)
        db.session.merge(AgentWatch(agent_id=agent_id, user_id=actor.user_id, watching=watching))
