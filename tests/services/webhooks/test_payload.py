"""The payload of a webhook is what the API shows."""

from datetime import UTC, datetime
from decimal import Decimal

import time_machine

from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import Activity, BudgetMonth, Organization
from helix.services import agents
from helix.services.webhooks.payload import compose
from tests.support.people import as_actor


def test_costs_belong_to_the_month_of_the_organizations_time_zone(ada, make):
    agent = make.agent(name="Sierra")
    with transaction():
        db.session.get_one(Organization, 1).timezone = "Asia/Kuala_Lumpur"
        for month, spent in (("2026-11", 7), ("2026-12", 3)):
            db.session.add(BudgetMonth(scope=f"agent:{agent.id}", month=month, spent_usd=Decimal(spent)))

    with time_machine.travel(datetime(2026, 11, 30, 20, tzinfo=UTC), tick=False):
        agents.edit(as_actor(ada), agent.id, {"role_title": "Writer"})
        told = compose(db.session.query(Activity).filter_by(action="agent.updated").one())

    assert '"spent_this_month_usd":3.0' in told
