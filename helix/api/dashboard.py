from typing import Any

from helix.api.blueprint import actor, signed_in_blueprint
from helix.schemas.activity import ActivityList, NewestQuery
from helix.schemas.dashboard import DashboardOut
from helix.services import activity, dashboard

blueprint = signed_in_blueprint("dashboard", "Dashboard", "/api/dashboard")
BLUEPRINTS = (blueprint,)


@blueprint.get("/stats", responses={200: DashboardOut})
def stats() -> Any:
    """Agents, tasks, what got done and what it cost. Days are those of the organization's zone."""
    return dashboard.stats(actor())


@blueprint.get("/activity", responses={200: ActivityList})
def newest(query: NewestQuery) -> Any:
    """What happened last."""
    return [activity.serialize(actor(), entry) for entry in activity.newest(actor(), limit=query.limit)]
