"""Creating the tasks of a workflow in a few statements, however many they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from fractional_indexing import generate_n_keys_between
from sqlalchemy import insert

from helix import clock, live
from helix.db.transaction import transaction
from helix.db.write import table, write
from helix.models import Task
from helix.models.vocabulary import Priority, TaskOrigin, TaskStatus
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.tasks.create import agent_named_in_body
from helix.services.work import assignees, positions
from helix.services.work.lookup import KEPT_BOARD, board_named_in_body

_BOARD = KEPT_BOARD.add_columns(positions.last(TaskStatus.TODO).scalar_subquery().label("last_rank"))
_NEW = insert(table(Task)).returning(table(Task).c.id, sort_by_parameter_order=True)


@dataclass(frozen=True)
class NewTask:
    """`blocked_count`: how many links to tasks that are not done it gets in the same transaction."""

    title: str
    description: str
    step_key: str
    agent_id: int | None = None
    person_id: int | None = None
    requires_approval: bool = False
    max_usd: Decimal | None = None
    external_key: str | None = None
    blocked_count: int = 0


def create_many(actor: Actor, wanted: Sequence[NewTask], *, board_id: int, workflow_run_id: int) -> list[int]:
    """Create tasks that wait in To Do, in this order, inside a transaction. Returns their ids, which ascend.

    None of them starts, and nobody is told that they were assigned: whoever starts them later does both. Raises Invalid
    for a board, an agent or a person that there is not, Forbidden without the level `create` on the board.
    """
    if not wanted:
        return []
    with transaction() as after_commit:
        board = board_named_in_body(actor, board_id, _BOARD, besides=0)
        for agent_id in sorted({one.agent_id for one in wanted if one.agent_id is not None}):
            agent_named_in_body(agent_id)
        for person_id in sorted({one.person_id for one in wanted if one.person_id is not None}):
            assignees.person_named_in_body(person_id, board.id)
        now = clock.now()
        values = [
            {
                "title": one.title,
                "description": one.description,
                "status": TaskStatus.TODO,
                "priority_rank": Priority.MEDIUM.rank,
                "board_id": board.id,
                "position": rank,
                "assigned_agent_id": one.agent_id,
                "assigned_user_id": one.person_id,
                "created_by_user_id": actor.user_id,
                "tags": [],
                "requires_approval": one.requires_approval,
                "origin": TaskOrigin.WORKFLOW,
                "external_key": one.external_key,
                "workflow_run_id": workflow_run_id,
                "step_key": one.step_key,
                "max_usd": one.max_usd,
                "blocked_count": one.blocked_count,
                "created_at": now,
                "updated_at": now,
            }
            for one, rank in zip(wanted, generate_n_keys_between(board.last_rank, None, n=len(wanted)), strict=True)
        ]
        ids = [row.id for row in write(_NEW, values)]
        activity.record_new_tasks(actor, [one | {"id": id} for one, id in zip(values, ids, strict=True)])
        for id in ids:
            after_commit(live.publish, "task", id, board_id=board.id)
    return ids
