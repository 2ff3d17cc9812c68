"""Before a call its worst case is reserved in one atomic step, after it the reservation is settled.

So parallel runs cannot pass a limit together, and a dead worker's reservation counts as spent until its
run is closed.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from sqlalchemy import case, update

from helix.extensions import db
from helix.models import Agent, BudgetMonth, Organization, Run
from helix.services import budgets
from helix.services.budgets.months import ORGANIZATION, locked_months, month_now, scope_of

MILLION = Decimal(1_000_000)
# Below this an answer is not worth starting.
MIN_OUTPUT_TOKENS = 64
# A budget that refuses a call after so much of it is used up, by and large. Before, it is the call that is too large.
USED_UP_SHARE = Decimal("0.8")


@dataclass(frozen=True)
class Reservation:
    """`usd` is the worst case, `input_usd` the prompt's part of it; `max_tokens` is what may be sent with the call:
    the wish, or what the budget still affords."""

    usd: Decimal
    input_usd: Decimal
    max_tokens: int


def reserve(
    run: Run,
    agent: Agent,
    organization: Organization,
    *,
    input_tokens: int,
    max_tokens: int,
    price: tuple[Decimal, Decimal],
) -> Reservation | None:
    """Set aside what the call may cost at most; None when not even a short answer can be afforded.

    `price` is USD per million tokens, in and out. Runs inside a transaction; the rows are locked in one
    order (organization, then agent), so that two of these never wait for each other.
    """
    month = month_now()
    of_all, own = locked_months(agent.id, month)
    payers = ((of_all, organization.monthly_budget_usd), (own, agent.monthly_budget_usd))
    per_input, per_output = price
    input_usd = per_input * input_tokens / MILLION
    for month_row, limit in payers:
        if limit is None or month_row.lifted:
            continue
        left = limit - month_row.spent_usd - month_row.reserved_usd - input_usd
        affordable = int((left * MILLION / per_output).to_integral_value(ROUND_DOWN)) if per_output > 0 else max_tokens
        if left < 0 or affordable < min(max_tokens, MIN_OUTPUT_TOKENS):
            _refused(agent, month_row, limit)
            return None
        max_tokens = min(max_tokens, affordable)
    usd = input_usd + per_output * max_tokens / MILLION
    for month_row, _limit in payers:
        month_row.reserved_usd += usd
    run.budget_month = month
    run.reserved_usd += usd
    return Reservation(usd=usd, input_usd=input_usd, max_tokens=max_tokens)


def _refused(agent: Agent, month: BudgetMonth, limit: Decimal) -> None:
    """Nothing more will start on what is left, so that runs wait and admins hear of it, instead of failing one by one.

    What calls under way have reserved may come back, and then pay for this one.
    """
    if month.reserved_usd == 0 and month.spent_usd >= limit * USED_UP_SHARE:
        month.used_up_limit_usd = limit
        db.session.flush()
        budgets.check_limits(agent.id)


def settle(run: Run, spent_usd: Decimal) -> None:
    """The call is over: `spent_usd` was spent, and whatever the run had reserved is free again."""
    if run.budget_month is None or (spent_usd == 0 and run.reserved_usd == 0):
        return
    for scope in (ORGANIZATION, scope_of(run.agent_id)):
        db.session.execute(
            update(BudgetMonth)
            .where(BudgetMonth.scope == scope, BudgetMonth.month == run.budget_month)
            .values(
                spent_usd=BudgetMonth.spent_usd + spent_usd,
                reserved_usd=case(
                    (BudgetMonth.reserved_usd > run.reserved_usd, BudgetMonth.reserved_usd - run.reserved_usd),
                    else_=Decimal(0),
                ),
            )
        )
    run.counted_usd += spent_usd
    run.reserved_usd = Decimal(0)
    if spent_usd > 0 and run.budget_month == month_now():
        budgets.check_limits(run.agent_id)


def release(run: Run) -> None:
    """The call never cost anything."""
    settle(run, Decimal(0))
