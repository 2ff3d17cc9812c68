"""Rules that keep a queued run from starting, each defined once, for claiming and for explaining.

`blocking` gives the rules as SQL conditions in the order in which they are told. The claim takes the best
run that none of them holds back; `waiting` names the first one that does.
"""

from typing import Any

from sqlalchemy import Select, String, and_, bindparam, cast, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from helix.db.read import rows
from helix.models import Agent, AiModel, Board, BudgetMonth, Organization, ProviderCooldown, Run, Task, TaskTally
from helix.models.vocabulary import RunStatus, TaskStatus, Trigger
from helix.services.budgets.months import ORGANIZATION

Model = aliased(AiModel, name="usable_model")
Other = aliased(Run, name="other_run")
OtherTask = aliased(Task, name="other_task")
# The agent's own model, else the organization's default; none when that one is inactive.
is_usable_by_agent = and_(
    Model.is_active, or_(Model.id == Agent.ai_model_id, and_(Agent.ai_model_id.is_(None), Model.is_default))
)
_USABLE = select(Model.id).join(Agent, is_usable_by_agent).where(Agent.id == bindparam("agent"))
# As AiModel.cooldown_key and own_cooldown_key write them.
address_key = Model.provider + "|" + func.coalesce(Model.base_url, "")
own_key = literal("model:") + cast(Model.id, String)


def joined(*columns: object) -> Select:  # type: ignore[type-arg]
    """Select queued runs joined with the task, agent and model that the rules use."""
    return (
        select(*columns)  # type: ignore[call-overload]
        .select_from(Run)
        .join(Task, Task.id == Run.task_id)
        .join(Agent, Agent.id == Run.agent_id)
        .outerjoin(Model, is_usable_by_agent)
        .where(Run.is_live, Run.status == RunStatus.QUEUED)
    )


def blocking(now: Any, month: Any) -> dict[str, Any]:
    """Conditions by code. `now` and `month` (budget month in the organization's time zone) may be parameters."""
    running = select(func.count(Other.id)).where(
        Other.agent_id == Run.agent_id, Other.is_live, Other.status == RunStatus.RUNNING
    )
    in_review = func.coalesce(
        select(func.sum(TaskTally.amount))
        .where(TaskTally.board_id == Task.board_id, TaskTally.status == TaskStatus.REVIEW)
        .correlate(Task)
        .scalar_subquery(),
        0,
    )
    # Not a join, which SQLite begins with the board's tasks: they are many more than the runs under way.
    in_board = exists().where(
        OtherTask.id == Other.task_id, OtherTask.board_id == Task.board_id, OtherTask.requires_approval
    )
    on_its_way = (
        select(func.count(Other.id))
        .where(Other.is_live, Other.status == RunStatus.RUNNING, Other.trigger != Trigger.MENTION)
        .where(in_board.correlate(Task, Other))
        .correlate(Task)
        .scalar_subquery()
    )
    review_limit = (
        select(Board.wip_limits["review"].as_integer())
        .where(Board.id == Task.board_id)
        .correlate(Task)
        .scalar_subquery()
    )
    by_itself = and_(Run.trigger.in_((Trigger.AUTO, Trigger.REJECT)), review_limit.is_not(None))
    return {
        "task_gone": or_(Task.deleted_at.is_not(None), Task.archived),
        "retry_at": and_(Run.not_before.is_not(None), Run.not_before > now),
        "agent_disabled": or_(~Agent.enabled, Agent.deleted_at.is_not(None)),
        "agent_budget": Agent.budget_paused,
        "organization_budget": exists()
        .where(
            BudgetMonth.scope == ORGANIZATION,
            BudgetMonth.month == month,
            ~BudgetMonth.lifted,
            Organization.monthly_budget_usd.is_not(None),
            or_(
                BudgetMonth.spent_usd + BudgetMonth.reserved_usd >= Organization.monthly_budget_usd,
                BudgetMonth.used_up_limit_usd >= Organization.monthly_budget_usd,
            ),
        )
        .correlate(Run, Task, Agent),
        "model_unusable": Model.id.is_(None),
        "cooling_down": exists()
        .where(
            ProviderCooldown.key.in_((address_key, own_key)),
            ProviderCooldown.until > now,
        )
        .correlate(Model),
        "review_full": and_(by_itself, in_review >= review_limit),
        "review_filling": and_(by_itself, in_review + on_its_way >= review_limit),
        "task_busy": exists()
        .where(Other.task_id == Run.task_id, Other.is_live, Other.status == RunStatus.RUNNING, Other.id != Run.id)
        .correlate(Run),
        "agent_at_limit": running.correlate(Run).scalar_subquery() >= Agent.max_parallel_runs,
    }


def has_usable_model(agent: Agent) -> bool:
    """Whether the agent's own model, or else the organization's default, exists and is active."""
    return bool(rows(_USABLE, agent=agent.id))
