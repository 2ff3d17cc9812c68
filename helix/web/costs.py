"""What a month cost: by agent, board, model and day, and the dearest tasks. Everybody sees what his boards cost."""

from datetime import date, timedelta

from flask import request
from flask.typing import ResponseReturnValue

from helix.policies import office
from helix.services import costs
from helix.text import times
from helix.web.day_chart import bars
from helix.web.door import actor, around, page, section

door = section("costs")
DOORS = (door,)


@door.get("/costs")
def show() -> ResponseReturnValue:
    """`?month=2026-11`; what is no month is this one."""
    present = costs.this_month(actor())
    month = min(_month(request.args.get("month", "")) or present, present)
    found = costs.of_month(actor(), month)
    before, after = times.start_of_month(month - timedelta(days=1)), times.start_of_month(month + timedelta(days=31))
    limited = office.may_administer(actor()) and month == present
    return page(
        "costs/index.html",
        here="costs",
        costs=found,
        chart=bars(found.days),
        before=before,
        after=after if after <= present else None,
        budget=around().organization.monthly_budget_usd if limited else None,
        sees_all=actor().is_admin,
    )


def _month(text: str) -> date | None:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 9000 else None
