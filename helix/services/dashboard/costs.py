"""What this month and the last have cost, as budgets count it: an unknown price at its worst case."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import String, and_, case, cast, literal, or_, select

from helix import clock
from helix.extensions import db
from helix.models import Agent, BudgetMonth
from helix.policies.actor import Actor
from helix.services import budgets
from helix.text import times

# The dearest ones; the rest stand on the costs page.
MOST_AGENTS = 20


def costs(actor: Actor) -> dict[str, Any]:
    """USD. `by_agent` are this month's dearest agents, dearest first. One statement."""
    month = times.start_of_month(times.today(clock.now(), actor.zone))
    this, last = f"{month:%Y-%m}", f"{month - timedelta(days=1):%Y-%m}"
    scope = literal("agent:").concat(cast(Agent.id, String))
    whole = BudgetMonth.scope == budgets.ORGANIZATION
    rows = db.session.execute(
        select(BudgetMonth.month, BudgetMonth.spent_usd, Agent)
        .outerjoin(Agent, BudgetMonth.scope == scope)
        .where(
            or_(
                and_(whole, BudgetMonth.month.in_([this, last])),
                and_(BudgetMonth.month == this, BudgetMonth.spent_usd > Decimal(0), Agent.id.is_not(None)),
            )
        )
        .order_by(case((whole, 0), else_=1), BudgetMonth.spent_usd.desc(), Agent.id)
        .limit(MOST_AGENTS + 2)
    ).all()
    spent = {row.month: row.spent_usd for row in rows if row.Agent is None}
    dearest = [row for row in rows if row.Agent is not None][:MOST_AGENTS]
    return {
        "this_month": float(spent.get(this, Decimal(0))),
        "last_month": float(spent.get(last, Decimal(0))),
        "by_agent": [
            {"agent_id": row.Agent.id, "name": row.Agent.shown_name, "cost_usd": float(row.spent_usd)}
            for row in dearest
        ],
    }
