"""Reservations: the maximum cost of a model call is reserved before the call, and settled after it.

So parallel runs cannot exceed a limit together, and the reservation of a lost worker counts as spent until its run is
closed.
"""

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from sqlalchemy import case, update

from helix.extensions import db
from helix.models import Agent, BudgetMonth, Organization, Run
from helix.services.budgets.limits import check_limits
from helix.services.budgets.months import ORGANIZATION, locked_months, month_now, scope_of
from helix.services.budgets.shared_limits import shared_limits

MILLION = Decimal(1_000_000)
# Do not start a call that can afford fewer output tokens than this.
MIN_OUTPUT_TOKENS = 64
# When a call is refused after this share of the limit is spent, the budget counts as used up; before, the call is
# considered too large for it.
USED_UP_SHARE = Decimal("0.8")


@dataclass(frozen=True)
class Reservation:
    """`usd` is the maximum cost, `input_usd` the prompt's part of it; `max_tokens` is the output limit to send with
    the call: the requested one, or what the budget can still pay."""

    usd: Decimal
    input_usd: Decimal
    max_tokens: int


@dataclass
class Trial:
    """A call outside of a run. Its maximum cost counts as spent from the start, and is corrected after the call: so
    what a lost worker had begun stays counted at the worst case.
    """

    agent_id: int
    budget_month: str | None = None
    reserved_usd: Decimal = Decimal(0)
    counted_usd: Decimal = Decimal(0)


def reserve(
    run: Run | Trial,
    agent: Agent,
    organization: Organization,
    *,
    input_tokens: int,
    max_tokens: int,
    price: tuple[Decimal, Decimal],
) -> Reservation | None:
    """Reserve the maximum cost of a call; None when the budget cannot pay for even a short answer.

    The budget is the organization's and the agent's of this month, and what the run shares with others: see
    `shared_limits`. `price` is USD per million (input, output) tokens. Call it inside a transaction. Rows are locked in
    a fixed order (organization, then agent) to avoid deadlocks.
    """
    month = month_now()
    organization_month, agent_month = locked_months(agent.id, month)
    payers = ((organization_month, organization.monthly_budget_usd), (agent_month, agent.monthly_budget_usd))
    per_input, per_output = price
    input_usd = per_input * input_tokens / MILLION
    for month_row, limit in payers:
        if limit is None or month_row.lifted:
            continue
        left = limit - month_row.spent_usd - month_row.reserved_usd
        affordable = _affordable_tokens(left - input_usd, per_output, max_tokens)
        if affordable is None:
            _mark_used_up(agent, month_row, limit)
            return None
        max_tokens = affordable
    # After the months are locked, so that no other call reserves in between.
    for shared in shared_limits(run.task_id) if isinstance(run, Run) else ():
        affordable = _affordable_tokens(shared.left_usd - input_usd, per_output, max_tokens)
        if affordable is None:
            return None
        max_tokens = affordable
    usd = input_usd + per_output * max_tokens / MILLION
    for month_row, _limit in payers:
        month_row.reserved_usd += usd
    run.budget_month = month
    run.reserved_usd += usd
    return Reservation(usd=usd, input_usd=input_usd, max_tokens=max_tokens)


def _affordable_tokens(left_usd: Decimal, per_output: Decimal, max_tokens: int) -> int | None:
    """How many output tokens, `max_tokens` at most, are paid by what the prompt leaves. None when they are too few."""
    affordable = int((left_usd * MILLION / per_output).to_integral_value(ROUND_DOWN)) if per_output > 0 else max_tokens
    if left_usd < 0 or affordable < min(max_tokens, MIN_OUTPUT_TOKENS):
        return None
    return min(max_tokens, affordable)


def shared_refusal(task_id: int, *, input_tokens: int, max_tokens: int, price: tuple[Decimal, Decimal]) -> str | None:
    """After `reserve` gave None: the sentence of the shared limit that does not pay for the call, if it was one."""
    per_input, per_output = price
    input_usd = per_input * input_tokens / MILLION
    for shared in shared_limits(task_id):
        if _affordable_tokens(shared.left_usd - input_usd, per_output, max_tokens) is None:
            return shared.refusal
    return None


def _mark_used_up(agent: Agent, month: BudgetMonth, limit: Decimal) -> None:
    """Mark the budget as used up when a call was refused, so that runs wait instead of failing one by one.

    Not while other calls have reservations: what they do not spend may pay for this call.
    """
    if month.reserved_usd == 0 and month.spent_usd >= limit * USED_UP_SHARE:
        month.used_up_limit_usd = limit
        db.session.flush()
        check_limits(agent.id)


def pay_ahead(trial: Trial) -> None:
    """Count what was reserved as spent, in the transaction of `reserve`. Warns nobody: it may turn out to be less."""
    _add(trial, trial.reserved_usd, reserved_usd=trial.reserved_usd)
    trial.counted_usd, trial.reserved_usd = trial.reserved_usd, Decimal(0)


def correct(trial: Trial, spent_usd: Decimal) -> None:
    """Replace what was paid ahead by what was spent. Call it inside a transaction."""
    _add(trial, spent_usd - trial.counted_usd)
    trial.counted_usd = spent_usd
    if spent_usd > 0 and trial.budget_month == month_now():
        check_limits(trial.agent_id)


def _add(trial: Trial, spent_usd: Decimal, reserved_usd: Decimal = Decimal(0)) -> None:
    for scope in (ORGANIZATION, scope_of(trial.agent_id)):
        db.session.execute(
            update(BudgetMonth)
            .where(BudgetMonth.scope == scope, BudgetMonth.month == trial.budget_month)
            .values(spent_usd=BudgetMonth.spent_usd + spent_usd, reserved_usd=BudgetMonth.reserved_usd - reserved_usd)
        )


def settle(run: Run, spent_usd: Decimal) -> None:
    """After a call: count `spent_usd` and release the run's reservation."""
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
        check_limits(run.agent_id)


def release(run: Run) -> None:
    """Release the run's reservation without any spending."""
    settle(run, Decimal(0))
