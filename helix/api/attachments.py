from typing import Any, BinaryIO, cast

from helix.api.blueprint import actor, array_response, no_content, paginate, signed_in_blueprint
from helix.api.downloads import FILE_RESPONSE
from helix.files.transfer import attachment, taking
from helix.schemas.attachment import AttachmentPath, TaskAttachmentList, TaskAttachmentOut, TaskFileForm
from helix.schemas.common import Error, Paging
from helix.schemas.task import TaskPath
from helix.services import attachments, stored_files

of_task_blueprint = signed_in_blueprint("task_files", "Tasks", "/api/tasks/<int:task_id>/attachments")
blueprint = signed_in_blueprint("task_attachments", "Tasks", "/api/task-attachments")
BLUEPRINTS = (of_task_blueprint, blueprint)

of_task_blueprint.before_request(taking({"add": stored_files.largest_upload}))


@of_task_blueprint.get("/", responses={200: TaskAttachmentList})
def index(path: TaskPath, query: Paging) -> Any:
    """The files of a task, oldest first."""
    found = attachments.of_task(actor(), path.task_id)
    return array_response([attachments.serialize(one) for one in paginate(found, query)], len(found), query)


@of_task_blueprint.post("/", responses={201: TaskAttachmentOut, 413: Error, 415: Error})
def add(path: TaskPath, form: TaskFileForm) -> Any:
    """Attach a file. Agents get its text, if text can be extracted."""
    added = attachments.add(
        actor(),
        path.task_id,
        name=form.file.filename or "",
        stream=cast(BinaryIO, form.file.stream),
        description=form.description,
    )
    return attachments.serialize(added), 201


@blueprint.get("/<int:attachment_id>/download", responses={200: FILE_RESPONSE})
def download(path: AttachmentPath) -> Any:
    """Download the file."""
    found = attachments.get(actor(), path.attachment_id)
    return attachment(attachments.open_content(found), name=found.name, content_type=found.content_type)


@blueprint.delete("/<int:attachment_id>", responses={204: None})
def delete(path: AttachmentPath) -> Any:
    """Delete the attachment."""
    attachments.delete(actor(), path.attachment_id)
    return no_content()
