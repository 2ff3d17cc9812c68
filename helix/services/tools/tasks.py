"""Tasks and comments, on the board of the agent's task and nowhere else."""

from sqlalchemy import select

from helix.clock import iso
from helix.extensions import db
from helix.models import Comment, Run, Task
from helix.models.vocabulary import TaskStatus
from helix.services import attachments, comments, search
from helix.services.comments.read import with_author
from helix.services.tools.context import MAX_RESULT_BYTES, ToolContext, ToolResult
from helix.services.work import lookup

MOST_FOUND = 20
MOST_COMMENTS = 50
# Of comments, so that the newest are not cut off at the end of the result.
MOST_BYTES = MAX_RESULT_BYTES - 1000


def read_task(context: ToolContext, id: int | None = None) -> ToolResult:
    task = lookup.get(context.actor, id or context.task_id)
    lines = [
        f"Task {task.id}: {task.title}",
        f"Status: {_words(task.status)} · Priority: {task.priority}",
        f"Agent: {task.assigned_agent.shown_name if task.assigned_agent else 'none'}",
        f"Created: {iso(task.created_at)}" + (f" · Due: {iso(task.due_at)}" if task.due_at else ""),
    ]
    if task.tags:
        lines.append(f"Tags: {', '.join(task.tags)}")
    if task.attachment_count:
        names = [file.name for file in attachments.newest_of_task(context.actor, task.id)]
        lines.append(f"Files: {', '.join(names)}")
    lines += ["", "Description:", task.description or "(none)"]
    if task.result is not None:
        lines += ["", "Result:", task.result]
    return ToolResult("\n".join(lines), brings_untrusted=is_tainted(task.id))


def search_tasks(context: ToolContext, query: str) -> ToolResult:
    ids = search.tasks(context.actor, query, limit=MOST_FOUND)
    titles = select(Task.id, Task.title, Task.status).where(Task.id.in_(ids))
    found = {row.id: row for row in db.session.execute(titles)}
    lines = [f"{id} · {_words(found[id].status)} · {found[id].title}" for id in ids if id in found]
    return ToolResult("\n".join(lines) or "No task of this board contains that.")


def read_comments(context: ToolContext, task_id: int | None = None) -> ToolResult:
    task = lookup.get(context.actor, task_id or context.task_id)
    query = with_author(select(Comment).where(Comment.task_id == task.id)).order_by(Comment.id.desc())
    texts: list[str] = []
    size, by_agents = 0, False
    for comment in db.session.scalars(query.limit(MOST_COMMENTS)):
        author = comment.agent or comment.user
        text = f"{author.shown_name if author else 'Somebody'}, {iso(comment.created_at)}:\n{comment.content}"
        size += len(text.encode()) + 2
        if texts and size > MOST_BYTES:
            break
        texts.insert(0, text)
        by_agents = by_agents or comment.agent_id is not None
    if task.comment_count > len(texts):
        texts.insert(0, f"[The {len(texts)} newest of {task.comment_count} comments.]")
    untrusted = by_agents and is_tainted(task.id)
    return ToolResult("\n\n".join(texts) or "There are no comments.", brings_untrusted=untrusted)


def add_comment(context: ToolContext, text: str) -> ToolResult:
    """A comment of an agent starts no agents, whomever it mentions (`comments.add_and_wake`)."""
    comments.add_and_wake(context.actor, context.task_id, text)
    return ToolResult("The comment was added.")


def is_tainted(task_id: int) -> bool:
    """Whether an agent that has worked on the task had read text of strangers, which it may have passed on."""
    query = select(Run.id).where(Run.task_id == task_id, Run.has_untrusted).limit(1)
    return db.session.scalar(query) is not None


def _words(status: TaskStatus) -> str:
    return status.replace("_", " ")
