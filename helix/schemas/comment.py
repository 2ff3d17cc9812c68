"""Comments and @mentions."""

from typing import Annotated, Literal

from pydantic import Field, RootModel

from helix.models.vocabulary import AuthorType
from helix.schemas.common import In, NotBlank, Out, Query, Text


class CommentPath(Query):
    comment_id: int


class CommentIn(In):
    content: Annotated[Text, Field(min_length=1, max_length=20_000), NotBlank]


class Mentions(Out):
    users: list[int]
    agents: list[int]


class CommentOut(Out):
    id: int
    task_id: int
    author_type: AuthorType
    author_id: int | None
    author_name: str
    author_avatar_url: str | None
    content: str
    kind: str
    mentions: Mentions
    created_at: str
    edited_at: str | None


class CommentAdded(CommentOut):
    not_woken: list[str] = []
    """For each mentioned agent that will not answer, a sentence with the reason. Left out when there is none."""


class CommentList(RootModel[list[CommentOut]]):
    pass


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
