"""Creating an agent with its skills, and from another one."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import select

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, AgentTool, SkillAgent
from helix.policies.actor import Actor
from helix.services import agents, avatars, names, skills, stored_files
from helix.services.agents.write import require_admin

COPIED = (
    "role_title",
    "department_id",
    "primary_board_id",
    "system_prompt",
    "notes",
    "execution_mode",
    "ai_model_id",
    "enabled",
    "monthly_budget_usd",
    "max_parallel_runs",
    "max_output_tokens",
)
# The part of a name that " copy" and a number fit behind.
MAX_COPIED_NAME = 60


def create(actor: Actor, skill_ids: Collection[int], **fields: Any) -> Agent:
    """`agents.create`, and the skills assigned to the agent. Raises Invalid for an unknown skill: nothing is saved."""
    with transaction():
        agent = agents.create(actor, **fields)
        skills.set_of_agent(actor, agent.id, skill_ids)
    return agent


def duplicate(actor: Actor, agent_id: int) -> Agent:
    """A new agent with the settings, instructions, skills and granted tools of another one, named "<name> copy".

    What a person allowed once and for all by an answer stays with the agent that asked. For admins.
    """
    require_admin(actor)
    original = agents.get(agent_id)
    with _copied_avatar(original) as avatar_key, transaction():
        agent = create(
            actor,
            db.session.scalars(select(SkillAgent.skill_id).where(SkillAgent.agent_id == agent_id)).all(),
            name=names.first_free(f"{original.name[:MAX_COPIED_NAME].strip()} copy"),
            avatar_key=avatar_key,
            **{name: getattr(original, name) for name in COPIED},
        )
        for grant in db.session.scalars(select(AgentTool).where(AgentTool.agent_id == agent_id)).all():
            db.session.add(
                AgentTool(
                    agent_id=agent.id,
                    tool_id=grant.tool_id,
                    policy=grant.policy,
                    limits=dict(grant.limits),
                    always_offered=grant.always_offered,
                    granted_by_user_id=actor.user_id,
                    granted_at=clock.now(),
                )
            )
    return agent


@contextmanager
def _copied_avatar(agent: Agent) -> Iterator[str | None]:
    """The key of a copy of its picture, so that removing one leaves the other. None without a picture."""
    if agent.avatar_key is None:
        yield None
        return
    with stored_files.delete_on_error() as save, avatars.read(agent.avatar_key) as picture:
        yield save(picture).key
