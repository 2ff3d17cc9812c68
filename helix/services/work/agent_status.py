"""An agent's status, computed in SQL and never stored."""

from collections.abc import Collection

from sqlalchemy import and_, case, exists, func, select
from sqlalchemy.orm import aliased

from helix.extensions import db
from helix.models import Agent, AiModel, Run
from helix.models.vocabulary import AgentStatus, RunStatus

Own = aliased(AiModel, name="own_model")
Default = aliased(AiModel, name="default_model")

is_running = exists().where(Run.agent_id == Agent.id, Run.is_live, Run.status == RunStatus.RUNNING).correlate(Agent)
has_usable_model = func.coalesce(
    select(Own.is_active).where(Own.id == Agent.ai_model_id).correlate(Agent).scalar_subquery(),
    select(Default.is_active)
    .where(and_(Default.is_default, Agent.ai_model_id.is_(None)))
    .correlate(Agent)
    .scalar_subquery(),
    False,
)

# An SQL expression, so that lists can filter and count by it.
status_of = case(
    (Agent.deleted_at.is_not(None), AgentStatus.OFFLINE.value),
    (~Agent.enabled, AgentStatus.OFFLINE.value),
    (Agent.budget_paused, AgentStatus.OFFLINE.value),
    (~has_usable_model, AgentStatus.OFFLINE.value),
    (is_running, AgentStatus.BUSY.value),
    (Agent.last_run_failed, AgentStatus.ERROR.value),
    else_=AgentStatus.ONLINE.value,
)


def statuses(agent_ids: Collection[int]) -> dict[int, AgentStatus]:
    """By agent id: offline (disabled, budget-paused or without usable model), busy, error (last run failed), online."""
    if not agent_ids:
        return {}
    rows = db.session.execute(select(Agent.id, status_of).where(Agent.id.in_(agent_ids)))
    return {agent_id: AgentStatus(status) for agent_id, status in rows}
