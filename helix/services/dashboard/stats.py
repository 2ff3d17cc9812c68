from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import func, select

from helix.db.read import rows
from helix.models import Agent, Board, Department, TaskTally
from helix.models.vocabulary import AgentStatus, TaskStatus
from helix.policies.actor import Actor
from helix.policies.moves import SETTLED
from helix.services.access import BoardScope, board_scope
from helix.services.dashboard.completion import completion
from helix.services.dashboard.costs import costs
from helix.services.work.agent_status import status_of

# By department id: the number of live tasks on its boards by status.
Counts = dict[int, Counter[str]]

_AGENTS = select(Agent.department_id, status_of).where(Agent.deleted_at.is_(None))
_WITH_STATUS = tuple(
    select(func.count()).select_from(Agent).where(Agent.deleted_at.is_(None), status_of == status).scalar_subquery()
    for status in AgentStatus
)
_DEPARTMENTS = select(Department.id, Department.name, Department.emoji).order_by(Department.sort_order, Department.id)


def stats(actor: Actor) -> dict[str, Any]:
    """The API's statistics. Tasks count on boards that the actor sees; agents and costs are the organization's."""
    agents = rows(_AGENTS)
    counts = _task_counts(actor)
    by_status: Counter[str] = sum(counts.values(), Counter())
    completed, overdue, _none = completion(actor, by_status)
    return {
        "agents": _agents(Counter(status for _department, status in agents)),
        "tasks": {
            "total": by_status.total(),
            "by_status": {status: by_status[status] for status in TaskStatus},
            "overdue": overdue,
        },
        "completion": completed,
        "costs": costs(actor),
        "departments": _departments(counts, Counter(department for department, _status in agents)),
    }


def page_stats(actor: Actor, by_status: Mapping[str, int]) -> dict[str, Any]:
    """The part of `stats` that the page does not load elsewhere; `by_status` counts the visible live tasks."""
    completed, overdue, agents = completion(actor, by_status, *_WITH_STATUS)
    return {
        "agents": _agents(Counter(dict(zip(AgentStatus, agents, strict=True)))),
        "overdue": overdue,
        "completion": completed,
        "costs": costs(actor),
    }


def _agents(counts: Counter[str]) -> dict[str, int]:
    return {
        "total": counts.total(),
        "online": counts[AgentStatus.ONLINE],
        "busy": counts[AgentStatus.BUSY],
        "offline": counts[AgentStatus.OFFLINE],
        "error": counts[AgentStatus.ERROR],
    }


def _task_counts(actor: Actor) -> Counts:
    """From the tally table, without reading tasks."""
    counts: Counts = {}
    for department_id, status, amount in rows(_tallies(board_scope(actor))):
        counts.setdefault(department_id, Counter())[status] += int(amount)
    return counts


@lru_cache(100)
def _tallies(scope: BoardScope) -> Any:
    return (
        select(Board.department_id, TaskTally.status, func.sum(TaskTally.amount))
        .join(Board, Board.id == TaskTally.board_id)
        .where(scope.includes(TaskTally.board_id))
        .group_by(Board.department_id, TaskTally.status)
    )


def _departments(counts: Counts, agents: Counter[int | None]) -> list[dict[str, Any]]:
    return [
        {
            "id": department.id,
            "name": department.name,
            "emoji": department.emoji,
            "agent_count": agents[department.id],
            "tasks": _of_department(counts.get(department.id, Counter())),
        }
        for department in rows(_DEPARTMENTS)
    ]


def _of_department(counts: Counter[str]) -> dict[str, int]:
    settled = sum(counts[status] for status in SETTLED)
    return {"total": counts.total(), "open": counts.total() - settled, "done": counts[TaskStatus.DONE]}
