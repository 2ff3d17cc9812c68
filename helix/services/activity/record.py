from typing import Any

from helix import clock
from helix.extensions import db
from helix.models import Activity, Agent, Task
from helix.models.vocabulary import ActorType
from helix.policies.actor import Actor
from helix.services.activity import outbox
from helix.transaction import before_commit


def record(
    actor: Actor,
    action: str,
    entity_type: str,
    entity_id: int | None,
    entity_title: str = "",
    *,
    board_id: int | None = None,
    agent_id: int | None = None,
    admin_only: bool = False,
    **details: Any,
) -> Activity:
    """Add an entry to the current transaction. `action` is one of helix.models.events.

    `details` are stored as JSON and shown to people: never put a secret or a long text there.
    """
    if agent_id is None and actor.type == ActorType.AGENT:
        agent_id = actor.id
    entry = Activity(
        actor_type=actor.type,
        actor_id=actor.id,
        actor_name=actor.name,
        action=action,
        entity_type=entity_type,
        entity_id=entity_id,
        entity_title=entity_title[:500],
        board_id=board_id,
        agent_id=agent_id,
        admin_only=admin_only,
        details=details,
        created_at=clock.now(),
    )
    db.session.add(entry)
    before_commit(outbox.post, entry)
    return entry


def record_task(actor: Actor, action: str, task: Task, **details: Any) -> Activity:
    return record(
        actor,
        action,
        "task",
        task.id,
        task.title,
        board_id=task.board_id,
        agent_id=actor.id if actor.type == ActorType.AGENT else task.assigned_agent_id,
        **details,
    )


def record_agent(actor: Actor, action: str, agent: Agent, **details: Any) -> Activity:
    return record(actor, action, "agent", agent.id, agent.name, agent_id=agent.id, **details)
