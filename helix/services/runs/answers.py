"""Answers to mentions that are pending or failed."""

from sqlalchemy import exists, select
from sqlalchemy.orm import joinedload

from helix.extensions import db
from helix.models import Comment, Run, Task
from helix.models.vocabulary import RunStatus, Trigger

PENDING = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING, RunStatus.FAILED)
MOST = 50


def answers_under_way(task: Task) -> list[Run]:
    """The newest run of each mentioned agent that has not answered yet, oldest question first.

    Of a task that was looked up already, and so may be seen.
    """
    answered = exists().where(
        Comment.task_id == Run.task_id, Comment.agent_id == Run.agent_id, Comment.id > Run.comment_id
    )
    query = (
        select(Run)
        .options(joinedload(Run.agent))
        .where(Run.task_id == task.id, Run.trigger == Trigger.MENTION, ~answered)
        .order_by(Run.id.desc())
        .limit(MOST)
    )
    newest: dict[tuple[int, int | None], Run] = {}
    for run in db.session.scalars(query):
        newest.setdefault((run.agent_id, run.comment_id), run)
    return [run for run in reversed(newest.values()) if run.status in PENDING]
