"""The budgets of the organization and of every agent, with this month's spending."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import String, and_, cast, literal, select

from helix.db.transaction import transaction
from helix.errors import Forbidden
from helix.extensions import db
from helix.models import Agent, BudgetMonth, Organization
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import activity
from helix.services.budgets.limits import lift
from helix.services.budgets.months import ORGANIZATION, is_used_up, month_now


@dataclass(frozen=True)
class BudgetState:
    """A budget this month. `agent_id` is None for the organization; `reserved_usd` is reserved for running calls."""

    agent_id: int | None
    name: str
    limit_usd: Decimal | None
    spent_usd: Decimal
    reserved_usd: Decimal
    lifted: bool
    used_up_limit_usd: Decimal | None = None

    @property
    def is_reached(self) -> bool:
        """Whether no run can start any more this month."""
        limit, spent = self.limit_usd, self.spent_usd
        if self.agent_id is None:
            spent += self.reserved_usd
        return limit is not None and not self.lifted and is_used_up(limit, spent, self.used_up_limit_usd)


def overview(actor: Actor) -> list[BudgetState]:
    """The organization first, then the agents by name. For admins. Two queries."""
    _require_admin(actor)
    month = month_now(actor.zone)
    spent = (BudgetMonth.spent_usd, BudgetMonth.reserved_usd, BudgetMonth.lifted, BudgetMonth.used_up_limit_usd)
    of_organization = select(Organization.name, Organization.monthly_budget_usd, *spent).outerjoin(
        BudgetMonth, and_(BudgetMonth.scope == ORGANIZATION, BudgetMonth.month == month)
    )
    scope = literal("agent:").concat(cast(Agent.id, String))
    of_agents = (
        select(Agent.id, Agent.name, Agent.monthly_budget_usd, *spent)
        .outerjoin(BudgetMonth, and_(BudgetMonth.scope == scope, BudgetMonth.month == month))
        .where(Agent.deleted_at.is_(None))
        .order_by(Agent.name, Agent.id)
    )
    rows: list[Any] = [(None, *row) for row in db.session.execute(of_organization)]
    rows += db.session.execute(of_agents).all()
    return [
        BudgetState(agent_id, name, limit, spent or Decimal(0), reserved or Decimal(0), bool(lifted), used_up)
        for agent_id, name, limit, spent, reserved, lifted, used_up in rows
    ]


def serialize(standing: BudgetState) -> dict[str, Any]:
    """The API representation; amounts in USD."""
    limit = standing.limit_usd
    return {
        "agent_id": standing.agent_id,
        "name": standing.name,
        "limit_usd": None if limit is None else float(limit),
        "spent_usd": float(standing.spent_usd),
        "reserved_usd": float(standing.reserved_usd),
        "lifted": standing.lifted,
        "is_reached": standing.is_reached,
    }


def lift_organization(actor: Actor) -> None:
    """Ignore the organization's limit for the rest of this month. For admins."""
    _require_admin(actor)
    with transaction():
        lift(ORGANIZATION)
        activity.record(actor, "settings.updated", "settings", 1, "", fields=["budget_lifted"])


def _require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can see and set budgets.")
