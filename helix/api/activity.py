from typing import Any

from helix.api.blueprint import actor, page_envelope, requested_page, signed_in_blueprint
from helix.schemas.activity import ActivityPage, ActivityQuery
from helix.services import activity
from helix.services.activity import ActivityFilter

blueprint = signed_in_blueprint("activity", "Activity", "/api/activity")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: ActivityPage})
def index(query: ActivityQuery) -> Any:
    """The activity of the boards that you see, newest first. Activity of accounts and keys is for admins."""
    filters = ActivityFilter(**query.model_dump(exclude={"page", "per_page", "cursor"}))
    found = activity.list_activity(actor(), filters, requested_page(query))
    return page_envelope([activity.serialize(actor(), entry) for entry in found.rows], found, query)
