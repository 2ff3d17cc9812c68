from typing import Any

from helix.api.blueprint import section
from helix.schemas.mention import Mentionables, MentionQuery
from helix.services import mentions

door = section("mentions", "Mentions", "/api/mentions")
DOORS = (door,)


@door.get("/search", responses={200: Mentionables})
def search(query: MentionQuery) -> Any:
    """People and agents to mention, at most 10: names that begin with `q` before names that hold it."""
    return mentions.search(query.q)
