"""The picture of an agent. For admins, as its other settings."""

from typing import IO

from helix import clock, live
from helix.db.transaction import transaction
from helix.models import Agent
from helix.policies.actor import Actor
from helix.services import activity, avatars
from helix.services.agents.write import get_for_update, require_admin


def set_avatar(actor: Actor, agent_id: int, stream: IO[bytes]) -> Agent:
    """Store the picture. Raises TooLarge above 2 MB, Invalid for what is no JPEG, PNG or WebP."""
    require_admin(actor)
    with avatars.stored(actor, stream) as key:
        return replace_avatar(actor, agent_id, key)


def remove_avatar(actor: Actor, agent_id: int) -> Agent:
    require_admin(actor)
    return replace_avatar(actor, agent_id, None)


def replace_avatar(actor: Actor, agent_id: int, key: str | None) -> Agent:
    """Give the agent the picture with this key, or none."""
    with transaction() as after_commit:
        agent = get_for_update(agent_id)
        if agent.avatar_key != key:
            avatars.replace(agent, key, after_commit)
            agent.updated_at = clock.now()
            activity.record_agent(actor, "agent.updated", agent, fields=["avatar"])
            after_commit(live.publish, "agent", agent.id)
    return agent
