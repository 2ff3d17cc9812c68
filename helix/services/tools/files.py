"""Files of the agent's task: list_files, read_file, save_file."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO

from helix.errors import HelixError
from helix.files import StoredFile
from helix.models import TaskAttachment
from helix.services import attachments, stored_files
from helix.services.tools.context import ToolContext, ToolFailed, ToolResult
from helix.services.tools.pages import page
from helix.services.work import links
from helix.text.cleaning import clean


@dataclass
class StoredContent:
    """The text of save_file in the file store; without a file, `problem` says why it could not be stored.

    `is_saved`: an attachment refers to it.
    """

    text: str
    file: StoredFile | None
    problem: str = ""
    is_saved: bool = False


@contextmanager
def stored(text: str) -> Iterator[StoredContent]:
    text = clean(text)
    with stored_files.delete_on_error() as save:
        try:
            found = StoredContent(text, save(BytesIO(text.encode())))
        except HelixError as error:  # too large, or the store cannot be used now
            found = StoredContent(text, None, error.message)
        yield found
        if found.file and not found.is_saved:
            stored_files.delete_quietly(found.file.key)


def save_file(context: ToolContext, name: str, content: StoredContent | None) -> ToolResult:
    if content is None:
        raise RuntimeError("The content has to be stored before the transaction: see stored_content().")
    if content.file is None:
        raise ToolFailed(content.problem)
    saved = attachments.save_version(
        context.actor, context.task_id, name=name, file=content.file, text=content.text, run_id=context.run_id
    )
    content.is_saved = True
    return ToolResult(saved_as(saved), file_id=saved.id)


def saved_as(file: TaskAttachment) -> str:
    """The result of the call that has saved this file. No other file of the task has the same."""
    return f"Saved as {file.name}, version {file.version}, {file.size:,} bytes."


def list_files(context: ToolContext) -> ToolResult:
    found = attachments.newest_of_task(context.actor, context.task_id)
    lines = [_line(file) for file in found] or ["This task has no files."]
    for task_id, relation in links.related(context.task_id).items():
        of_related = attachments.newest_of_related(task_id)
        if of_related:
            lines += ["", f"Of task {task_id}, {relation}:", *[_line(file) for file in of_related]]
    return ToolResult("\n".join(lines))


def _line(file: TaskAttachment) -> str:
    note = f" · {file.extract_note}" if file.extract_note else ""
    return f"{file.name} · version {file.version} · {file.content_type} · {file.size:,} bytes{note}"


def read_file(context: ToolContext, name: str, offset: int = 0, task_id: int | None = None) -> ToolResult:
    """A file of the task; without one of this name there, or with `task_id`, of a related one."""
    related = links.related(context.task_id)
    if task_id is not None and task_id not in (context.task_id, *related):
        raise ToolFailed(f"Files of task {task_id} cannot be read here. list_files shows whose can.")
    found = None if task_id in related else attachments.newest_named(context.actor, context.task_id, name)
    if found is None:
        wanted = related if task_id is None else [task_id] if task_id in related else []
        found = next(filter(None, (attachments.newest_named_of_related(one, name) for one in wanted)), None)
    if found is None:
        raise ToolFailed(f"This task has no file {name}. list_files shows those that it has.")
    if found.extracted_text is None:
        raise ToolFailed(found.extract_note or "This file has no text that can be read.")
    of = f", task_id={found.task_id}" if found.task_id != context.task_id else ""
    text = page(found.extracted_text, offset, again=f'read_file("{found.name}"{of})')
    note = f"\n\n[{found.extract_note}]" if found.extract_note else ""
    return ToolResult(text + note, brings_untrusted=True)
