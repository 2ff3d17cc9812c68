"""Reading agents, and their JSON and card representations."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import aliased, defer

from helix.clock import iso
from helix.db.read import rows
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Agent, AgentWatch, AiModel, Run, Task
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import AgentStatus, BoardLevel, RunStatus
from helix.policies import administration
from helix.policies.actor import Actor
from helix.policies.failures import FAILURE_TEXTS
from helix.policies.moves import OPEN
from helix.services import budgets
from helix.services.access import on_visible_boards
from helix.services.work.agent_status import status_of

_Current, _Work = aliased(Run, name="current_run"), aliased(Task, name="current_task")


def get(agent_id: int) -> Agent:
    """An agent that is not deleted. Every signed-in user may see every agent. Raises NotFound."""
    agent = db.session.get(Agent, agent_id)
    if agent is None or agent.deleted_at is not None:
        raise NotFound("There is no such agent.")
    return agent


def agents(*, department_id: int | None = None, texts: bool = True) -> list[Agent]:
    """All agents by name. Without `texts`, prompts and notes are not loaded: they may be megabytes."""
    query = select(Agent).where(Agent.deleted_at.is_(None)).order_by(Agent.name, Agent.id)
    if not texts:
        query = query.options(defer(Agent.system_prompt), defer(Agent.notes))
    if department_id is not None:
        query = query.where(Agent.department_id == department_id)
    return list(db.session.scalars(query))


def of_board(actor: Actor, board_id: int, *, department_id: int | None = None) -> list[Agent]:
    """The agents with this primary board, by name; an empty list when the actor cannot see the board."""
    if actor.level_on(board_id) < BoardLevel.VIEW:
        return []
    return [agent for agent in agents(department_id=department_id) if agent.primary_board_id == board_id]


class AgentSummary(NamedTuple):
    """The columns of an agent that menus and cards show."""

    id: int
    name: str
    role_title: str
    primary_board_id: int | None
    status: AgentStatus
    avatar_url: str | None


_FACES = (
    select(Agent.id, Agent.name, Agent.role_title, Agent.primary_board_id, status_of, Agent.avatar_key)
    .where(Agent.deleted_at.is_(None))
    .order_by(Agent.name, Agent.id)
)


def summaries() -> tuple[AgentSummary, ...]:
    """All agents by name, with the columns for menus only."""
    return tuple(
        AgentSummary(id_, name, role, board_id, AgentStatus(status), Agent.avatar_at(avatar_key))
        for id_, name, role, board_id, status, avatar_key in rows(_FACES)
    )


def serialize(actor: Actor, agents: Collection[Agent]) -> list[dict[str, Any]]:
    """The API representation. The current task is included only when the actor sees its board."""
    columns = computed_columns(actor, agents)
    return [serialize_one(actor, agent, columns[agent.id]) for agent in agents]


def serialize_one(actor: Actor, agent: Agent, columns: Any, *, texts: bool = True) -> dict[str, Any]:
    """One agent with its row of `computed_columns`. `texts=False` leaves out its prompt and notes."""
    return {
        "id": agent.id,
        "name": agent.name,
        "role_title": agent.role_title,
        "avatar_url": agent.avatar_url,
        "department_id": agent.department_id,
        "primary_board_id": _visible_board_id(actor, agent.primary_board_id),
        **({"system_prompt": agent.system_prompt, "notes": agent.notes} if texts else {}),
        "execution_mode": agent.execution_mode,
        "ai_model_id": agent.ai_model_id,
        "enabled": agent.enabled,
        "status": AgentStatus(columns.status),
        "monthly_budget_usd": None if agent.monthly_budget_usd is None else float(agent.monthly_budget_usd),
        "spent_this_month_usd": float(columns.spent or 0),
        "budget_paused": agent.budget_paused,
        "max_parallel_runs": agent.max_parallel_runs,
        "max_output_tokens": agent.max_output_tokens,
        "current_run": _current_run(columns),
        "watching": _is_watching(actor, columns.chosen),
        "created_at": iso(agent.created_at),
        "updated_at": iso(agent.updated_at),
    }


def computed_columns(actor: Actor, agents: Collection[Agent], *more: Any) -> dict[int, Any]:
    """Values computed from other tables, by agent id, in one query: status, spent (this month, USD), chosen (whether
    the user watches it, or None), the newest running run on a task that the actor sees, and the columns `more`.
    """
    newest = (
        select(func.max(Run.id))
        .join(Task, Task.id == Run.task_id)
        .where(Run.agent_id == Agent.id, Run.is_live, Run.status == RunStatus.RUNNING)
        .where(on_visible_boards(actor, Task.board_id))
        .correlate(Agent)
        .scalar_subquery()
    )
    chosen = select(AgentWatch.watching).where(AgentWatch.user_id == actor.user_id, AgentWatch.agent_id == Agent.id)
    query = (
        select(
            Agent.id,
            status_of.label("status"),
            budgets.spent_in(budgets.month_now(actor.zone), Agent.id).label("spent"),
            chosen.correlate(Agent).scalar_subquery().label("chosen"),
            _Current.id.label("run_id"),
            _Work.id.label("task_id"),
            _Work.title.label("task_title"),
            *more,
        )
        .select_from(Agent)
        .outerjoin(_Current, _Current.id == newest)
        .outerjoin(_Work, _Work.id == _Current.task_id)
        .where(Agent.id.in_([agent.id for agent in agents]))
    )
    return {row.id: row for row in db.session.execute(query)}


def _visible_board_id(actor: Actor, board_id: int | None) -> int | None:
    """The board's id if the actor may see it, else None, so that hidden boards are not revealed."""
    return board_id if board_id is not None and actor.level_on(board_id) >= BoardLevel.VIEW else None


def _current_run(columns: Any) -> dict[str, Any] | None:
    if columns.run_id is None:
        return None
    return {"id": columns.run_id, "task": {"id": columns.task_id, "title": columns.task_title}}


def _is_watching(actor: Actor, chosen: bool | None) -> bool:
    if chosen is None:
        return actor.is_admin and actor.user_id is not None
    return chosen


NO_USABLE_MODEL = "No usable model"
_Default = aliased(AiModel, name="default_of_cards")


def cards(actor: Actor, agents: Sequence[Agent], *, texts: bool = True) -> list[dict[str, Any]]:
    """`serialize`, with `open_count` (open tasks that the actor sees), `reason` (why it is offline or failed; a
    sentence or None) and, for admins, `model` (the display name of its own or the default model).
    """
    computed = computed_columns(actor, agents, *_card_columns(actor))
    result = [serialize_one(actor, agent, computed[agent.id], texts=texts) for agent in agents]
    for card in result:
        columns = computed[card["id"]]
        failure = columns.failure if card["status"] == AgentStatus.ERROR else None
        card["open_count"] = columns.open_count
        card["model"] = columns.model if administration.may_administer(actor) else None
        card["reason"] = _offline_reason(card) or (FAILURE_TEXTS[failure].short if failure else None)
    return result


def _offline_reason(card: dict[str, Any]) -> str | None:
    if card["status"] != AgentStatus.OFFLINE:
        return None
    if not card["enabled"]:
        return "Paused"
    return "This month's budget is used up" if card["budget_paused"] else NO_USABLE_MODEL


def _card_columns(actor: Actor) -> tuple[Any, ...]:
    """Additional columns for each agent: open_count, failure (the reason of its last failed run), model."""
    visible = on_visible_boards(actor, Task.board_id)
    open_tasks = select(func.count()).where(
        Task.assigned_agent_id == Agent.id, Task.status.in_(OPEN), LIVE_TASK, visible
    )
    failed = select(Run.reason).where(Run.agent_id == Agent.id, Run.status == RunStatus.FAILED)
    model_id = func.coalesce(Agent.ai_model_id, select(_Default.id).where(_Default.is_default).scalar_subquery())
    return (
        open_tasks.correlate(Agent).scalar_subquery().label("open_count"),
        failed.order_by(Run.id.desc()).limit(1).correlate(Agent).scalar_subquery().label("failure"),
        select(AiModel.display_name).where(AiModel.id == model_id).correlate(Agent).scalar_subquery().label("model"),
    )
