"""Budgets hold for concurrent calls; agents are paused and resumed, and admins are notified once."""

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import time_machine

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Agent, BudgetMonth, Notification, Organization, Run
from helix.models.vocabulary import TaskStatus, Trigger
from helix.policies.actor import SYSTEM
from helix.services import budgets
from helix.services.work import waiting_reasons

PRICE = (Decimal(10), Decimal(30))  # USD per million tokens, in and out


@pytest.fixture
def run_of(make):
    """A queued run of an agent, on a task of its own."""

    def _run_of(agent):
        task = make.task(agent=agent)
        run = Run(task_id=task.id, agent_id=agent.id, trigger=Trigger.MANUAL, came_from=TaskStatus.TODO)
        run.queued_at = clock.now()
        with transaction():
            db.session.add(run)
        return run.id

    return _run_of


def reserve(run_id, *, input_tokens=0, max_tokens=10_000):
    with transaction():
        run = db.session.get_one(Run, run_id)
        agent, organization = db.session.get_one(Agent, run.agent_id), db.session.get_one(Organization, 1)
        return budgets.reserve(run, agent, organization, input_tokens=input_tokens, max_tokens=max_tokens, price=PRICE)


def settle(run_id, usd):
    with transaction():
        budgets.settle(db.session.get_one(Run, run_id), Decimal(usd))


def month_of(scope):
    return db.session.get(BudgetMonth, (scope, budgets.month_now()), populate_existing=True)


def limit_the_organization(usd):
    with transaction():
        db.session.get_one(Organization, 1).monthly_budget_usd = usd


def set_limit(agent_id, usd):
    with transaction():
        db.session.get_one(Agent, agent_id).monthly_budget_usd = usd
        db.session.flush()
        budgets.update_paused(agent_id)


def paused(agent_id):
    return db.session.get(Agent, agent_id, populate_existing=True).budget_paused


@pytest.mark.parametrize("whose", ["organization", "agent"])
def test_ten_calls_that_reserve_at_once_never_pass_a_limit_together(clean_app, make, run_of, whose):
    agent = make.agent(monthly_budget_usd=Decimal(1) if whose == "agent" else None)
    limit_the_organization(Decimal(1) if whose == "organization" else None)
    scope = budgets.ORGANIZATION if whose == "organization" else budgets.scope_of(agent.id)
    ids = [run_of(agent) for _ in range(10)]
    db.session.remove()

    def one(run_id):
        with clean_app.app_context():
            found = reserve(run_id)  # 0.30 at worst
        with clean_app.app_context():
            if found:
                settle(run_id, found.usd)
        return found

    with ThreadPoolExecutor(10) as threads:
        found = [reserved for reserved in threads.map(one, ids) if reserved]

    assert sum(reserved.usd for reserved in found) <= Decimal(1)
    assert month_of(scope).spent_usd == sum(reserved.usd for reserved in found) > Decimal("0.99")
    assert month_of(scope).reserved_usd == 0


def test_a_reservation_counts_until_it_is_settled(make, run_of):
    agent = make.agent(monthly_budget_usd=Decimal(1))
    first, second = run_of(agent), run_of(agent)

    reserved = reserve(first, max_tokens=30_000)
    meanwhile = reserve(second, max_tokens=30_000)
    settle(first, "0.05")
    after = month_of(budgets.scope_of(agent.id))

    assert reserved.usd == Decimal("0.9")
    assert meanwhile.max_tokens == 3_333  # what 0.10 still affords
    assert after.spent_usd == Decimal("0.05")
    assert after.reserved_usd == meanwhile.usd


def test_a_call_beyond_the_budget_is_refused(make, run_of):
    run_id = run_of(make.agent(monthly_budget_usd=Decimal("0.001")))

    assert reserve(run_id) is None
    assert month_of(budgets.ORGANIZATION).reserved_usd == 0


def test_a_rest_that_pays_for_no_call_counts_as_used_up(make, run_of, ada):
    agent = make.agent("Sierra", monthly_budget_usd=Decimal(1))
    first, second = run_of(agent), run_of(agent)
    reserve(first)
    settle(first, "0.9995")
    before = paused(agent.id)

    refused = reserve(second)

    assert (before, refused, paused(agent.id)) == (False, None, True)
    assert told(ada)[-1] == "Sierra: budget used up"


def test_the_rest_of_the_organizations_budget_limits_every_agent(make, run_of, ada):
    limit_the_organization(Decimal(1))
    first, second = run_of(make.agent()), run_of(make.agent())
    reserve(first)
    settle(first, "0.9995")
    before = budgets.organization_is_exhausted()

    refused = reserve(second)

    assert (before, refused, budgets.organization_is_exhausted()) == (False, None, True)
    assert waiting_reasons.reasons([second])[second]["code"] == "organization_budget"
    assert budgets.overview(SYSTEM)[0].is_reached
    assert told(ada)[-1] == "My organization: budget used up"


@pytest.mark.parametrize("new_limit", [Decimal("1.01"), None])
def test_a_higher_limit_warns_again(make, run_of, new_limit):
    agent = make.agent(monthly_budget_usd=Decimal(1))
    first, second = run_of(agent), run_of(agent)
    reserve(first)
    settle(first, "0.9995")
    reserve(second)

    set_limit(agent.id, new_limit)

    assert not paused(agent.id)
    assert reserve(second) is not None


def test_a_call_too_large_for_a_fresh_budget_pauses_nobody(make, run_of):
    agent = make.agent(monthly_budget_usd=Decimal(1))
    first, second = run_of(agent), run_of(agent)
    reserve(first)
    settle(first, "0.50")

    refused = reserve(second, input_tokens=90_000)

    assert (refused, paused(agent.id)) == (None, False)
    assert reserve(second, input_tokens=100) is not None


def test_a_run_waits_for_reservations_that_may_be_released(make, run_of):
    agent = make.agent(monthly_budget_usd=Decimal(1))
    first, second, third = run_of(agent), run_of(agent), run_of(agent)
    reserve(first)
    settle(first, "0.90")
    reserve(second)

    refused = reserve(third)
    after = paused(agent.id)
    settle(second, "0.01")

    assert (refused, after) == (None, False)
    assert reserve(third) is not None


def test_a_small_output_limit_makes_a_call_affordable(make, run_of):
    run_id = run_of(make.agent(monthly_budget_usd=Decimal(1)))

    assert reserve(run_id, max_tokens=10).max_tokens == 10


def test_an_agent_is_paused_when_its_limit_is_reached_and_not_before(make, run_of):
    agent = make.agent(monthly_budget_usd=Decimal(1))
    first, second = run_of(agent), run_of(agent)
    reserve(first)
    settle(first, "0.99")

    before = paused(agent.id)
    reserve(second, max_tokens=300)
    settle(second, "0.01")

    assert not before
    assert paused(agent.id)


def test_raising_the_limit_frees_the_agent_and_lowering_it_pauses_it(make, run_of):
    agent = make.agent(monthly_budget_usd=Decimal(1))
    run_id = run_of(agent)
    reserve(run_id)
    settle(run_id, "1.50")

    states = []
    for limit in (Decimal(2), Decimal("1.50"), None):
        set_limit(agent.id, limit)
        states.append(paused(agent.id))

    assert states == [False, True, False]


def test_a_lifted_budget_holds_for_this_month_only(make, run_of):
    with time_machine.travel("2026-11-24T12:00:00Z"):
        agent = make.agent(monthly_budget_usd=Decimal(1))
        first, second = run_of(agent), run_of(agent)
        reserve(first)
        settle(first, "1.50")
        with transaction():
            budgets.lift(budgets.scope_of(agent.id))
        lifted = paused(agent.id), reserve(second)

    with time_machine.travel("2026-12-24T12:00:00Z"):
        next_month = reserve(run_of(agent), max_tokens=100_000)

    assert lifted[0] is False
    assert lifted[1].max_tokens == 10_000
    assert next_month.usd <= Decimal(1)


def test_a_new_month_frees_the_agents_of_the_last_one(make, run_of):
    with time_machine.travel("2026-11-30T12:00:00Z"):
        agent = make.agent(monthly_budget_usd=Decimal(1))
        run_id = run_of(agent)
        reserve(run_id)
        settle(run_id, "1.00")
        changed_within = budgets.update_all_paused()
        within = paused(agent.id)

    with time_machine.travel("2026-12-01T00:00:01Z"):
        changed_after = budgets.update_all_paused()
        after = paused(agent.id)

    assert (within, after) == (True, False)
    assert (changed_within, changed_after) == (0, 1)


def test_a_month_begins_by_the_clock_of_the_organization(clean_app):
    with transaction():
        db.session.get_one(Organization, 1).timezone = "Asia/Kuala_Lumpur"

    with time_machine.travel("2026-11-30T16:30:00Z"):
        month = budgets.month_now()

    assert month == "2026-12"


def told(ada):
    rows = db.session.query(Notification).filter_by(user_id=ada.id, type="budget").order_by(Notification.id)
    return [row.title for row in rows]


def test_admins_are_warned_once_at_eighty_and_once_at_a_hundred_percent(make, run_of, ada, mia):
    agent = make.agent("Sierra", monthly_budget_usd=Decimal(1))
    for usd in ("0.79", "0.01", "0.05", "0.15", "0.01"):
        run_id = run_of(agent)
        reserve(run_id, max_tokens=64)
        settle(run_id, usd)

    warned = told(ada)

    assert warned == ["Sierra: 80 % of the budget is used", "Sierra: budget used up"]
    assert told(mia) == []


def test_a_raised_limit_is_warned_of_again(make, run_of, ada):
    agent = make.agent("Sierra", monthly_budget_usd=Decimal(1))
    first, second = run_of(agent), run_of(agent)
    reserve(first)
    settle(first, "1")
    set_limit(agent.id, Decimal(2))

    reserve(second)
    settle(second, "1")

    assert told(ada) == ["Sierra: budget used up", "Sierra: budget used up"]


def test_the_organizations_limit_is_warned_of_too(make, run_of, ada):
    limit_the_organization(Decimal(1))
    run_id = run_of(make.agent())
    reserve(run_id)

    settle(run_id, "0.85")

    assert told(ada) == ["My organization: 80 % of the budget is used"]
