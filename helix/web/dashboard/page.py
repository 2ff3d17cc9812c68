"""The dashboard: pending items, key figures, recent activity. At most ten statements."""

from collections import Counter
from datetime import date
from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix import llm
from helix.models.vocabulary import TaskStatus
from helix.policies import administration
from helix.policies.moves import OPEN
from helix.services import activity, dashboard, hints
from helix.web.activity.lines import lines
from helix.web.blueprint import (
    actor,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    signed_in_blueprint,
)
from helix.web.dashboard import chart
from helix.web.inbox.items import dashboard_needs

blueprint = signed_in_blueprint("dashboard")
BLUEPRINTS = (blueprint,)
MAX_ACTIVITY = 12
PARTS = {"needs", "numbers", "activity"}


@blueprint.get("/")
def show() -> ResponseReturnValue:
    part_name = request.args.get("part", "")
    if is_htmx_request() and part_name in PARTS:
        return render_partial(f"dashboard/_{part_name}.html", **CONTEXTS[part_name]())
    context = dashboard_needs() | numbers() | newest()
    more = {
        "unfinished": _unfinished(),
        "hints": _hints(),
        "first_steps": _first_steps(context["numbers"]["agents"]["total"]),
    }
    return render_page("dashboard/index.html", here="dashboard", **more, **context)


def _first_steps(agent_count: int) -> list[dict[str, Any]]:
    """What an admin of an organization without tasks does first. Empty when there are tasks."""
    frame = layout_context()
    if not administration.may_administer(actor()) or any(any(counts.values()) for counts in frame.counts.values()):
        return []
    has_model = frame.organization.default_provider not in (None, llm.DEMO)
    steps = [
        {
            "label": "Add a model that your agents use",
            "done": has_model,
            "button": "Add a model",
            "href": "/models/new",
        },
        {
            "label": "Create departments with boards",
            "done": bool(frame.boards),
            "button": "Choose departments",
            "href": "/setup/departments",
        },
        {
            "label": "Add agents, from templates or your own",
            "done": agent_count > 0,
            "button": "Choose agents",
            "href": "/agents/templates",
        },
        {"label": "Create the first task and run it", "done": False, "button": "New task", "href": "/tasks/new"},
    ]
    following = next(step for step in steps if not step["done"])
    return [step | {"next": step is following} for step in steps]


def _hints() -> hints.Hints:
    frame = layout_context()
    return hints.hints(
        actor(),
        sample_data=frame.organization.sample_data,
        default_provider=frame.organization.default_provider,
        preferences=frame.preferences,
    )


@blueprint.post("/hints/demo-model/dismiss")
def dismiss_demo_model() -> ResponseReturnValue:
    hints.dismiss_demo_model(actor())
    return redirect_to("/")


def numbers() -> dict[str, Any]:
    by_status: Counter[str] = sum((Counter(counts) for counts in layout_context().counts.values()), Counter())
    found = dashboard.page_stats(actor(), by_status)
    organization = layout_context().organization
    return {
        "by_status": {str(status): by_status[status] for status in TaskStatus},
        "open_count": sum(by_status[status] for status in OPEN),
        "numbers": found,
        "chart": chart.line_chart(
            [{**day, "date": date.fromisoformat(day["date"])} for day in found["completion"]["daily"]]
        ),
        "budget": organization.monthly_budget_usd,
        "may_administer": administration.may_administer(actor()),
        "departments": layout_context().departments(),
    }


def newest() -> dict[str, Any]:
    return {"activity": lines(activity.newest(actor(), limit=MAX_ACTIVITY), layout_context().board_keys())}


CONTEXTS = {"needs": dashboard_needs, "numbers": numbers, "activity": newest}


def _unfinished() -> bool:
    """Whether the set-up wizard was not finished; for admins."""
    return administration.may_administer(actor()) and layout_context().organization.setup_finished_at is None
