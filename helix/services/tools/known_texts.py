"""The texts whose addresses an agent may fetch without asking."""

from sqlalchemy import select

from helix.extensions import db
from helix.models import Comment, Task, TaskAttachment

# Built-in tools whose results count as well: they bring addresses that the agent cannot have written itself.
ADDRESS_SOURCES = frozenset({"web_fetch", "web_search"})


def of_task(task_id: int) -> list[str]:
    """Title, description, and the comments and files of people.

    What agents write is left out, and so are the results of tools that repeat it: else an agent that was misled could
    save an address with private data in it, read it again, and fetch it.
    """
    texts = [*db.session.execute(select(Task.title, Task.description).where(Task.id == task_id)).one()]
    said = select(Comment.content).where(Comment.task_id == task_id, Comment.agent_id.is_(None))
    texts += db.session.scalars(said)
    files = select(TaskAttachment.extracted_text).where(
        TaskAttachment.task_id == task_id,
        TaskAttachment.made_by_run_id.is_(None),
        TaskAttachment.extracted_text.is_not(None),
    )
    texts += db.session.scalars(files)
    return [text for text in texts if text]
