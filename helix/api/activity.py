from typing import Any

from helix.api.blueprint import actor, page_wanted, paged, signed_in_blueprint
from helix.schemas.activity import ActivityPage, ActivityQuery
from helix.services import activity
from helix.services.activity import ActivityFilter

blueprint = signed_in_blueprint("activity", "Activity", "/api/activity")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: ActivityPage})
def index(query: ActivityQuery) -> Any:
    """What happened, newest first: on the boards that you see; what concerns accounts and keys, for admins alone."""
    wanted = ActivityFilter(**query.model_dump(exclude={"page", "per_page", "cursor"}))
    found = activity.list_activity(actor(), wanted, page_wanted(query))
    return paged([activity.serialize(actor(), entry) for entry in found.rows], found, query)
