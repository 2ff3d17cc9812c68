from typing import Any

from helix.api.blueprint import actor, signed_in_blueprint
from helix.schemas.activity import ActivityList, NewestQuery
from helix.schemas.dashboard import DashboardOut
from helix.services import activity, dashboard

blueprint = signed_in_blueprint("dashboard", "Dashboard", "/api/dashboard")
BLUEPRINTS = (blueprint,)


@blueprint.get("/stats", responses={200: DashboardOut})
def stats() -> Any:
    """Figures about agents, tasks, completion and costs. Days are in the organization's time zone."""
    return dashboard.stats(actor())


@blueprint.get("/activity", responses={200: ActivityList})
def newest(query: NewestQuery) -> Any:
    """The most recent activity."""
    return [activity.serialize(actor(), entry) for entry in activity.newest(actor(), limit=query.limit)]
