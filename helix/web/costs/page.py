"""The costs of a month by agent, board, model and day, and the most expensive tasks. Members see their boards only."""

from datetime import date, timedelta
from operator import attrgetter

from flask import request
from flask.typing import ResponseReturnValue

from helix.policies import administration
from helix.services import costs
from helix.text import times
from helix.web.blueprint import actor, is_htmx_request, layout_context, render_page, render_partial, signed_in_blueprint
from helix.web.costs.chart import stacked_chart

blueprint = signed_in_blueprint("costs")
BLUEPRINTS = (blueprint,)


@blueprint.get("/costs")
def show() -> ResponseReturnValue:
    """The month `?month=2026-11` (default: the current one). `?by=board` groups the chart; htmx gets only the chart.
    `?all=board` shows the whole list of boards.

    When nothing cost money, as with self-hosted models, the page shows tokens instead.
    """
    present = costs.this_month(actor())
    month = min(_month(request.args.get("month", "")) or present, present)
    by = next((one for one in costs.GroupBy if one == request.args.get("by")), costs.GroupBy.AGENT)
    found = costs.of_month(actor(), month, by)
    free = not found.total_usd
    values = attrgetter("tokens" if free else "cost_usd")
    context = {
        "free": free,
        "costs": found,
        "by": by,
        "choices": list(costs.GroupBy),
        "chart": stacked_chart(
            found.days, [(layer.share.name, values(layer)) for layer in found.layers if any(values(layer))]
        ),
    }
    if is_htmx_request():
        return render_partial("costs/_days.html", **context)
    before, after = times.start_of_month(month - timedelta(days=1)), times.start_of_month(month + timedelta(days=31))
    limited = administration.may_administer(actor()) and month == present
    return render_page(
        "costs/index.html",
        here="costs",
        before=before,
        after=after if after <= present else None,
        budget=layout_context().organization.monthly_budget_usd if limited else None,
        sees_all=actor().is_admin,
        everything=request.args.get("all", ""),
        **context,
    )


def _month(text: str) -> date | None:
    try:
        found = date.fromisoformat(f"{text}-01")
    except ValueError:
        return None
    return found if 2000 <= found.year <= 9000 else None
