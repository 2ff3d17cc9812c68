"""The first page: what waits for me, how the house stands, what happened last. At most ten statements."""

from collections import Counter
from datetime import date
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.models.vocabulary import TaskStatus
from helix.policies import administration
from helix.services import activity, dashboard
from helix.web.activity.lines import lines
from helix.web.blueprint import actor, around, by_htmx, page, part, signed_in_blueprint
from helix.web.dashboard import chart
from helix.web.inbox.needs import needs

blueprint = signed_in_blueprint("dashboard")
BLUEPRINTS = (blueprint,)
MOST_ACTIVITY = 12
PARTS = {"needs", "numbers", "activity"}


@blueprint.get("/")
def show() -> ResponseReturnValue:
    wanted = request.args.get("part", "")
    if by_htmx() and wanted in PARTS:
        return part(f"dashboard/_{wanted}.html", **CONTEXTS[wanted]())
    context = needs() | numbers() | newest()
    return page("dashboard/index.html", here="dashboard", unfinished=_unfinished(), **context)


def numbers() -> dict[str, Any]:
    by_status: Counter[str] = sum((Counter(counts) for counts in around().counts.values()), Counter())
    found = dashboard.page_stats(actor(), by_status)
    organization = around().organization
    return {
        "by_status": {str(status): by_status[status] for status in TaskStatus},
        "numbers": found,
        "chart": chart.two_lines(
            [{**day, "date": date.fromisoformat(day["date"])} for day in found["completion"]["daily"]]
        ),
        "budget": organization.monthly_budget_usd,
        "may_administer": administration.may_administer(actor()),
        "departments": around().departments(),
    }


def newest() -> dict[str, Any]:
    return {"activity": lines(activity.newest(actor(), limit=MOST_ACTIVITY))}


CONTEXTS = {"needs": needs, "numbers": numbers, "activity": newest}


def _unfinished() -> bool:
    """The set-up was begun and neither finished nor left."""
    return administration.may_administer(actor()) and around().organization.setup_finished_at is None
