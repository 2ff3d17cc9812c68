from collections.abc import Collection
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, String, bindparam, cast, exists, literal, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased

from helix import clock
from helix.extensions import db
from helix.models import Agent, BudgetMonth
from helix.services import settings

ORGANIZATION = "organization"
# Built once at import: constructing the statement costs more than executing it.
_OF_THE_MONTH = BudgetMonth.month == bindparam("month")
_LOCKED = (
    select(BudgetMonth)
    .where(BudgetMonth.scope == bindparam("scope"), _OF_THE_MONTH)
    .with_for_update()
    .execution_options(populate_existing=True)
)
_OF_ALL = aliased(BudgetMonth)
# Finds nothing while the organization's row is missing: the agent's row must not be locked before it.
_BOTH_LOCKED = (
    select(BudgetMonth)
    .where(BudgetMonth.scope.in_((ORGANIZATION, bindparam("scope"))), _OF_THE_MONTH)
    .where(exists().where(_OF_ALL.scope == ORGANIZATION, _OF_ALL.month == bindparam("month")))
    .order_by(BudgetMonth.scope.desc())
    .with_for_update()
    .execution_options(populate_existing=True)
)


def scope_of(agent_id: int) -> str:
    return f"agent:{agent_id}"


def month_now(zone: str | None = None) -> str:
    """The current month as `2026-11`, in the given time zone or the organization's."""
    return clock.now().astimezone(ZoneInfo(zone) if zone else settings.zone()).strftime("%Y-%m")


def spent_in(month: str, agent_id: Any) -> ScalarSelect[Decimal]:
    """A scalar subquery for an agent's spending in a month; `agent_id` is a column of the outer query."""
    scope = literal("agent:") + cast(agent_id, String)
    query = select(BudgetMonth.spent_usd).where(BudgetMonth.scope == scope, BudgetMonth.month == month)
    return query.correlate(Agent).scalar_subquery()


def locked_month(scope: str, month: str) -> BudgetMonth:
    """The budget row of the month, locked, created when missing. Always lock the organization's before an agent's."""
    key = {"scope": scope, "month": month}
    row = db.session.scalars(_LOCKED, key).one_or_none()
    if row is not None:
        return row
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    db.session.execute(insert(BudgetMonth).values(scope=scope, month=month).on_conflict_do_nothing())
    return db.session.scalars(_LOCKED, key).one()


def locked_months(agent_id: int, month: str) -> tuple[BudgetMonth, BudgetMonth]:
    """The organization's and the agent's budget rows, locked in this order: in one query when both exist."""
    scope = scope_of(agent_id)
    by_scope = {row.scope: row for row in db.session.scalars(_BOTH_LOCKED, {"scope": scope, "month": month})}
    of_organization = by_scope.get(ORGANIZATION) or locked_month(ORGANIZATION, month)
    return of_organization, by_scope.get(scope) or locked_month(scope, month)


def is_used_up(limit_usd: Decimal, used_usd: Decimal, used_up_limit_usd: Decimal | None) -> bool:
    """Whether the limit is reached, or a call was refused because too little of it was left."""
    return used_usd >= limit_usd or (used_up_limit_usd is not None and used_up_limit_usd >= limit_usd)


def spent_this_month(agent_ids: Collection[int]) -> dict[int, Decimal]:
    if not agent_ids:
        return {}
    rows = db.session.execute(
        select(BudgetMonth.scope, BudgetMonth.spent_usd).where(
            BudgetMonth.month == month_now(), BudgetMonth.scope.in_([scope_of(agent_id) for agent_id in agent_ids])
        )
    )
    return {int(scope.removeprefix("agent:")): spent for scope, spent in rows}


def organization_is_exhausted() -> bool:
    """Whether the organization has used up this month's budget, including reservations."""
    limit = settings.organization().monthly_budget_usd
    month = db.session.get(BudgetMonth, (ORGANIZATION, month_now()), populate_existing=True)
    if limit is None or month is None or month.lifted:
        return False
    return is_used_up(limit, month.spent_usd + month.reserved_usd, month.used_up_limit_usd)
