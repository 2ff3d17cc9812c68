from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import insert

from helix import clock
from helix.db.transaction import before_commit
from helix.db.write import table, write
from helix.models import Activity, Agent, Task
from helix.models.vocabulary import ActorType
from helix.policies.actor import Actor
from helix.services.activity import outbox

_NEW = insert(table(Activity)).returning(table(Activity).c.id)


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
) -> None:
    """Add an entry to the current transaction. `action` is one of helix.models.events.

    `details` are stored as JSON and shown to people: never put a secret or a long text there.
    """
    if agent_id is None and actor.type == ActorType.AGENT:
        agent_id = actor.id
    values = _values(actor, action, entity_type, entity_id, entity_title, board_id, agent_id, admin_only, details)
    entry_id = write(_NEW, values, flush=False)[0].id
    before_commit(outbox.post, outbox.Entry(entry_id, action))


def record_new_tasks(actor: Actor, tasks: Sequence[Mapping[str, Any]]) -> None:
    """As `record_task` with `task.created` for each of these new tasks, given by id, title, board_id and
    assigned_agent_id, in one statement."""
    action = "task.created"
    values = [
        _values(actor, action, "task", one["id"], one["title"], one["board_id"], one["assigned_agent_id"], False, {})
        for one in tasks
    ]
    for row in write(_NEW, values, flush=False):
        before_commit(outbox.post, outbox.Entry(row.id, action))


def _values(
    actor: Actor,
    action: str,
    entity_type: str,
    entity_id: int | None,
    entity_title: str,
    board_id: int | None,
    agent_id: int | None,
    admin_only: bool,
    details: Mapping[str, Any],
) -> dict[str, Any]:
    return {
        "actor_type": actor.type,
        "actor_id": actor.id,
        "actor_name": actor.name,
        "action": action,
        "entity_type": entity_type,
        "entity_id": entity_id,
        "entity_title": entity_title[:500],
        "board_id": board_id,
        "agent_id": agent_id,
        "admin_only": admin_only,
        "details": details,
        "created_at": clock.now(),
    }


def record_task(actor: Actor, action: str, task: Task, **details: Any) -> None:
    record(
        actor,
        action,
        "task",
        task.id,
        task.title,
        board_id=task.board_id,
        agent_id=actor.id if actor.type == ActorType.AGENT else task.assigned_agent_id,
        **details,
    )


def record_agent(actor: Actor, action: str, agent: Agent, **details: Any) -> None:
    record(actor, action, "agent", agent.id, agent.name, agent_id=agent.id, **details)
