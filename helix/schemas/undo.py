"""What a page sends to undo a change: the previous state of tasks."""

from typing import Annotated, Any

from pydantic import Field, TypeAdapter

from helix.models.vocabulary import Priority, TaskStatus
from helix.schemas.common import IdNumber, In, matching
from helix.schemas.task import Tags


class TaskStateIn(In):
    id: IdNumber
    version: Annotated[int, Field(ge=1, le=2**31)]
    status: TaskStatus | None = None
    position: Annotated[str, *matching(r"[0-9A-Za-z]{2,60}", "That place in the column is not known.")] | None = None
    assigned_agent_id: IdNumber | None = None
    priority: Priority | None = None
    tags: Tags | None = None
    archived: bool | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """The fields to restore. Null counts for the agent only (unassigned)."""
        return {
            name: value
            for name, value in self.sent().items()
            if name not in ("id", "version") and (value is not None or name == "assigned_agent_id")
        }


TaskStates = TypeAdapter(Annotated[list[TaskStateIn], Field(min_length=1, max_length=200)])
Ids = TypeAdapter(Annotated[list[IdNumber], Field(min_length=1, max_length=200)])
