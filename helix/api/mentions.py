from typing import Any

from helix.api.blueprint import signed_in_blueprint
from helix.schemas.comment import Mentionables, MentionQuery
from helix.services import mentions

blueprint = signed_in_blueprint("mentions", "Mentions", "/api/mentions")
BLUEPRINTS = (blueprint,)


@blueprint.get("/search", responses={200: Mentionables})
def search(query: MentionQuery) -> Any:
    """People and agents to mention, at most 10: names that begin with `q` first, then names that contain it."""
    return mentions.search(query.q)
