"""The monthly budget of an agent."""

from decimal import Decimal

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, BudgetMonth
from helix.services import budgets


def spend(agent, usd):
    with transaction():
        scope = budgets.scope_of(agent.id)
        budgets.locked_month(scope, budgets.month_now()).spent_usd = Decimal(usd)
        db.session.flush()
        budgets.update_paused(agent.id)


def test_a_used_up_budget_shows_and_raising_it_frees_the_agent(api, ada, make):
    make.model()
    agent = make.agent(monthly_budget_usd=Decimal(1))
    spend(agent, "1.25")
    path = f"/api/agents/{agent.id}"

    used_up = api.as_(ada).get(path).json
    raised = api.as_(ada).patch(path, json={"monthly_budget_usd": 2.5}).json
    lowered = api.as_(ada).patch(path, json={"monthly_budget_usd": "1.25"}).json
    none = api.as_(ada).patch(path, json={"monthly_budget_usd": None}).json

    assert (used_up["status"], used_up["budget_paused"], used_up["spent_this_month_usd"]) == ("offline", True, 1.25)
    assert (raised["status"], raised["budget_paused"], raised["monthly_budget_usd"]) == ("online", False, 2.5)
    assert lowered["budget_paused"] is True
    assert (none["budget_paused"], none["monthly_budget_usd"]) == (False, None)


def test_lifting_a_budget_lets_the_agent_go_on_this_month(api, ada, make):
    agent = make.agent(monthly_budget_usd=Decimal(1))
    spend(agent, "1.25")

    lifted = api.as_(ada).post(f"/api/agents/{agent.id}/lift-budget")
    api.as_(ada).post(f"/api/agents/{agent.id}/lift-budget")

    month = db.session.get(BudgetMonth, (budgets.scope_of(agent.id), budgets.month_now()))
    assert lifted.status_code == 200
    assert (lifted.json["budget_paused"], lifted.json["monthly_budget_usd"]) == (False, 1.0)
    assert month.lifted
    assert db.session.query(Activity).filter_by(action="agent.updated").count() == 1


def test_a_budget_that_is_not_there_cannot_be_lifted(api, ada, make):
    assert api.as_(ada).post(f"/api/agents/{make.agent().id}/lift-budget").status_code == 409


def test_a_budget_of_nothing_is_used_up_from_the_start(api, ada):
    made = api.as_(ada).post("/api/agents/", json={"name": "Atlas", "monthly_budget_usd": 0})

    assert made.json["budget_paused"] is True
