"""Enforcing budgets: agents are paused and resumed, admins are warned.

Rows are locked in a fixed order (the organization's month, the agent's month, the agent), so that raising a limit and
settling a call at the same moment see each other's changes.
"""

from decimal import Decimal

from sqlalchemy import or_, select

from helix import live, queue
from helix.db.locking import NO_KEY_UPDATE, lock_one
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, BudgetMonth
from helix.services import notifications, settings
from helix.services.budgets.months import ORGANIZATION, is_used_up, locked_month, month_now, scope_of

# Admins are warned once at each of these percentages of a limit.
WARNING_PERCENTAGES = (80, 100)


def check_limits(agent_id: int) -> None:
    """After an agent spent money this month: warn admins, and pause the agent when its limit is reached."""
    month = month_now()
    with transaction():
        organization = settings.organization()
        limit = organization.monthly_budget_usd
        _warn(locked_month(ORGANIZATION, month), limit, organization.name, "/settings/budgets")
        update_paused(agent_id)


def update_paused(agent_id: int) -> bool:
    """Set and return the agent's `budget_paused` for this month. Locks the agent's month and then the agent."""
    with transaction() as after_commit:
        month = locked_month(scope_of(agent_id), month_now())
        agent = lock_one(Agent, agent_id, **NO_KEY_UPDATE)
        paused = _is_reached(month, agent.monthly_budget_usd)
        _warn(month, agent.monthly_budget_usd, agent.name, f"/agents/{agent.id}")
        if agent.budget_paused != paused:
            agent.budget_paused = paused
            after_commit(live.publish, "agent", agent.id)
            if not paused:
                after_commit(queue.wake)
    return paused


def lift(scope: str) -> None:
    """Ignore the limit of `scope` for the rest of this month."""
    with transaction() as after_commit:
        locked_month(scope, month_now()).lifted = True
        db.session.flush()
        if scope != ORGANIZATION:
            update_paused(int(scope.removeprefix("agent:")))
        after_commit(queue.wake)


def update_all_paused() -> int:
    """For the scheduler: correct `budget_paused` of every agent, such as after the end of a month.

    Returns the number of agents changed. Two queries when nothing has to change.
    """
    may_differ = select(Agent).where(
        Agent.deleted_at.is_(None), or_(Agent.budget_paused, Agent.monthly_budget_usd.is_not(None))
    )
    agents = list(db.session.scalars(may_differ))
    if not agents:
        return 0
    rows = db.session.scalars(
        select(BudgetMonth).where(
            BudgetMonth.month == month_now(), BudgetMonth.scope.in_([scope_of(agent.id) for agent in agents])
        )
    )
    months = {row.scope: row for row in rows}
    wrong = [
        agent.id
        for agent in agents
        if agent.budget_paused != _is_reached(months.get(scope_of(agent.id)), agent.monthly_budget_usd)
    ]
    for agent_id in wrong:
        update_paused(agent_id)
    return len(wrong)


def _is_reached(month: BudgetMonth | None, limit: Decimal | None) -> bool:
    if limit is None or (month is not None and month.lifted):
        return False
    if month is None:
        return limit <= 0
    return is_used_up(limit, month.spent_usd, month.used_up_limit_usd)


def _warn(month: BudgetMonth, limit: Decimal | None, name: str, url: str) -> None:
    """Warn once for each percentage reached. After the limit is raised, the warnings may be sent again."""
    reached = _percent_reached(month, limit)
    if reached > month.warned_at and limit is not None and not month.lifted:
        notifications.budget(month.scope, name, reached, month.month, limit, url)
    month.warned_at = reached


def _percent_reached(month: BudgetMonth, limit: Decimal | None) -> int:
    """The highest warning percentage that the spending has reached: 0, 80 or 100."""
    if not limit or month.spent_usd <= 0:  # a limit of 0 is intended and needs no warning
        return 0
    if is_used_up(limit, month.spent_usd, month.used_up_limit_usd):
        return WARNING_PERCENTAGES[-1]
    return max((percent for percent in WARNING_PERCENTAGES if month.spent_usd * 100 >= limit * percent), default=0)
