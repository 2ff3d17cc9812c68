"""This month's and last month's costs as budgets count them: unknown prices at their configured maximum."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import String, and_, bindparam, case, cast, literal, or_, select

from helix import clock
from helix.db.read import rows
from helix.models import Agent, BudgetMonth
from helix.policies.actor import Actor
from helix.services import budgets
from helix.text import times

# The most expensive agents; the costs page shows all.
MAX_AGENTS = 20

_WHOLE = BudgetMonth.scope == budgets.ORGANIZATION
_THIS = BudgetMonth.month == bindparam("this")
_SPENT = (
    select(BudgetMonth.month, BudgetMonth.spent_usd, Agent.id, Agent.name, Agent.deleted_at)
    .outerjoin(Agent, BudgetMonth.scope == literal("agent:").concat(cast(Agent.id, String)))
    .where(
        or_(
            and_(_WHOLE, or_(_THIS, BudgetMonth.month == bindparam("last"))),
            and_(_THIS, BudgetMonth.spent_usd > Decimal(0), Agent.id.is_not(None)),
        )
    )
    .order_by(case((_WHOLE, 0), else_=1), BudgetMonth.spent_usd.desc(), Agent.id)
    .limit(MAX_AGENTS + 2)
)


def costs(actor: Actor) -> dict[str, Any]:
    """Costs in USD. `by_agent` has this month's most expensive agents, most expensive first. One query."""
    month = times.start_of_month(times.today(clock.now(), actor.zone))
    this, last = f"{month:%Y-%m}", f"{month - timedelta(days=1):%Y-%m}"
    found = rows(_SPENT, this=this, last=last)
    spent = {row.month: row.spent_usd for row in found if row.id is None}
    dearest = [row for row in found if row.id is not None][:MAX_AGENTS]
    return {
        "this_month": float(spent.get(this, Decimal(0))),
        "last_month": float(spent.get(last, Decimal(0))),
        "by_agent": [
            {
                "agent_id": row.id,
                "name": Agent.name_shown(row.name, row.deleted_at),
                "cost_usd": float(row.spent_usd),
            }
            for row in dearest
        ],
    }
