from typing import Any

from helix.api.blueprint import actor, section
from helix.schemas.activity import ActivityList, NewestQuery
from helix.schemas.dashboard import DashboardOut
from helix.services import activity, dashboard

door = section("dashboard", "Dashboard", "/api/dashboard")
DOORS = (door,)


@door.get("/stats", responses={200: DashboardOut})
def stats() -> Any:
    """Agents, tasks, what got done and what it cost. Days are those of the organization's zone."""
    return dashboard.stats(actor())


@door.get("/activity", responses={200: ActivityList})
def newest(query: NewestQuery) -> Any:
    """What happened last."""
    return [activity.shown(actor(), entry) for entry in activity.newest(actor(), limit=query.limit)]
