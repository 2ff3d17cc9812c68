from typing import Annotated

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
    """For each agent that was mentioned and will not answer, a sentence that says why. Left out when there is none."""


class CommentList(RootModel[list[CommentOut]]):
    pass
