"""All budgets through the API: spending of this month, and lifting a limit."""

from decimal import Decimal

import pytest

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, Organization
from helix.services import budgets


@pytest.fixture(autouse=True)
def used_up(clean_app):
    with transaction():
        db.session.get_one(Organization, 1).monthly_budget_usd = Decimal(10)
        budgets.locked_month(budgets.ORGANIZATION, budgets.month_now()).spent_usd = Decimal("10.25")


def test_an_admin_sees_the_organizations_budget_first_and_then_every_agents(api, ada, make):
    make.agent("Sierra", monthly_budget_usd=Decimal(1))

    organization, sierra = api.as_(ada).get("/api/org/budgets/").json

    assert organization == {
        "agent_id": None,
        "name": "My organization",
        "limit_usd": 10.0,
        "spent_usd": 10.25,
        "reserved_usd": 0.0,
        "lifted": False,
        "is_reached": True,
    }
    assert (sierra["name"], sierra["limit_usd"], sierra["is_reached"]) == ("Sierra", 1.0, False)


def test_lifting_lets_everybody_go_on_this_month(api, ada, make):
    make.model()
    agent = make.agent()
    path = f"/api/tasks/{make.task(agent=agent).id}/execute"

    refused = api.as_(ada).post(path)
    lifted = api.as_(ada).post("/api/org/budgets/lift")
    accepted = api.as_(ada).post(path)

    assert (refused.status_code, accepted.status_code) == (409, 202)
    assert (lifted.json[0]["lifted"], lifted.json[0]["is_reached"]) == (True, False)
    assert not budgets.organization_is_exhausted()
    assert db.session.query(Activity).filter_by(action="settings.updated").count() == 1


def test_members_neither_see_nor_lift_budgets(api, mia):
    assert api.as_(mia).get("/api/org/budgets/").status_code == 403
    assert api.as_(mia).post("/api/org/budgets/lift").status_code == 403
    assert budgets.organization_is_exhausted()
