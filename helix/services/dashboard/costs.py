"""What this month and the last have cost, as budgets count it: an unknown price at its worst case."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import String, cast, literal, select

from helix import clock
from helix.extensions import db
from helix.models import Agent, BudgetMonth
from helix.policies.actor import Actor
from helix.services import budgets
from helix.text import times

# The dearest ones; the rest stand on the costs page.
MOST_AGENTS = 20


def costs(actor: Actor) -> dict[str, Any]:
    """USD. `by_agent` are this month's dearest agents, dearest first."""
    month = times.start_of_month(times.today(clock.now(), actor.zone))
    this, last = f"{month:%Y-%m}", f"{month - timedelta(days=1):%Y-%m}"
    rows = db.session.execute(
        select(BudgetMonth.month, BudgetMonth.spent_usd).where(
            BudgetMonth.scope == budgets.ORGANIZATION, BudgetMonth.month.in_([this, last])
        )
    )
    spent = {row.month: row.spent_usd for row in rows}
    return {
        "this_month": float(spent.get(this, Decimal(0))),
        "last_month": float(spent.get(last, Decimal(0))),
        "by_agent": _by_agent(this),
    }


def _by_agent(month: str) -> list[dict[str, Any]]:
    scope = literal("agent:").concat(cast(Agent.id, String))
    rows = db.session.execute(
        select(Agent, BudgetMonth.spent_usd)
        .join(BudgetMonth, (BudgetMonth.scope == scope) & (BudgetMonth.month == month))
        .where(BudgetMonth.spent_usd > Decimal(0))
        .order_by(BudgetMonth.spent_usd.desc(), Agent.id)
        .limit(MOST_AGENTS)
    )
    return [{"agent_id": agent.id, "name": agent.shown_name, "cost_usd": float(spent)} for agent, spent in rows]
