from typing import Any

from helix.api.blueprint import actor, page_wanted, paged, section
from helix.schemas.activity import ActivityPage, ActivityQuery
from helix.services import activity
from helix.services.activity import ActivityFilter

door = section("activity", "Activity", "/api/activity")
DOORS = (door,)


@door.get("/", responses={200: ActivityPage})
def index(query: ActivityQuery) -> Any:
    """What happened, newest first: on the boards that you see; what concerns accounts and keys, for admins alone."""
    wanted = ActivityFilter(**query.model_dump(exclude={"page", "per_page", "cursor"}))
    found = activity.listed(actor(), wanted, page_wanted(query))
    return paged([activity.shown(actor(), entry) for entry in found.rows], found, query)
