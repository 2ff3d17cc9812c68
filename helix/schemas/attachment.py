from typing import Annotated

from pydantic import Field, RootModel

from helix.schemas.common import Out, Query, Text
from helix.schemas.upload import Upload, UploadForm


class AttachmentPath(Query):
    attachment_id: int


class TaskFileForm(UploadForm):
    file: Upload
    """At most 10 MB, and 50 MB for all files of a task."""
    description: Annotated[Text, Field(max_length=2000)] = ""


class TaskAttachmentOut(Out):
    id: int
    task_id: int
    name: str
    content_type: str
    """Detected from the content, not from the name."""
    size: int
    """Bytes."""
    description: str
    note: str
    """Why agents cannot read all of it; empty when they can."""
    uploaded_by_user_id: int | None
    """Null for files that an agent saved."""
    made_by_run_id: int | None
    """The run that saved it; null for uploads."""
    version: int
    """Counted from 1 for each name that agents save again."""
    url: str
    created_at: str


class TaskAttachmentList(RootModel[list[TaskAttachmentOut]]):
    pass
