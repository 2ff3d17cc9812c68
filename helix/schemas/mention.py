from typing import Annotated, Literal

from pydantic import Field, RootModel

from helix.schemas.common import Out, Query, Text


class MentionQuery(Query):
    q: Annotated[Text, Field(max_length=80)] = ""


class Mentionable(Out):
    id: int
    name: str
    type: Literal["user", "agent"]
    role: str
    """A person's role, or an agent's title."""
    avatar_url: str | None


class Mentionables(RootModel[list[Mentionable]]):
    pass
