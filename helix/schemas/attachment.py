from typing import Annotated

from flask_openapi3.models.file import FileStorage
from pydantic import Field, RootModel

from helix.schemas.common import In, Out, Query, Text


class AttachmentPath(Query):
    attachment_id: int


class TaskFileForm(In):
    file: FileStorage
    """At most 10 MB."""
    description: Annotated[Text, Field(max_length=2000)] = ""


class TaskAttachmentOut(Out):
    id: int
    task_id: int
    name: str
    content_type: str
    """Told from the content, never from the name."""
    size: int
    """Bytes."""
    description: str
    note: str
    """Why agents cannot read it, or only a part; empty where they read all of it."""
    uploaded_by_user_id: int | None
    url: str
    created_at: str


class TaskAttachmentList(RootModel[list[TaskAttachmentOut]]):
    pass
