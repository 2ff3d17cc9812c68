from typing import Any

from flask import request

from helix.api.door import actor, array, no_content, section, slice_of
from helix.api.downloads import download, expect_a_file
from helix.schemas.attachment import AttachmentForm, AttachmentList, AttachmentOut, AttachmentPath
from helix.schemas.common import Error, Paging
from helix.schemas.task import TaskPath
from helix.services import attachments

of_task_door = section("task_files", "Tasks", "/api/tasks/<int:task_id>/attachments")
door = section("task_attachments", "Tasks", "/api/task-attachments")
DOORS = (of_task_door, door)


@of_task_door.before_request
def _a_file_of_bearable_size() -> None:
    if request.method == "POST":
        expect_a_file(attachments.LARGEST)


@of_task_door.get("/", responses={200: AttachmentList})
def index(path: TaskPath, query: Paging) -> Any:
    """The files of a task, oldest first."""
    found = attachments.of_task(actor(), path.task_id)
    return array([attachments.shown(one) for one in slice_of(found, query)], len(found), query)


@of_task_door.post("/", responses={201: AttachmentOut, 413: Error, 415: Error})
def add(path: TaskPath, form: AttachmentForm) -> Any:
    """Attach a file of at most 10 MB. Agents are given what it says, where it has words."""
    file = form.file
    added = attachments.add(
        actor(), path.task_id, name=file.filename or "", stream=file.stream, description=form.description
    )
    return attachments.shown(added), 201


@door.get("/<int:attachment_id>/download", responses={200: {"content": {"application/octet-stream": {}}}})
def fetch(path: AttachmentPath) -> Any:
    """The file itself, to be saved."""
    found = attachments.get(actor(), path.attachment_id)
    return download(attachments.content(found), name=found.name, content_type=found.content_type, size=found.size)


@door.delete("/<int:attachment_id>", responses={204: None})
def delete(path: AttachmentPath) -> Any:
    """Take it away from its task."""
    attachments.delete(actor(), path.attachment_id)
    return no_content()
