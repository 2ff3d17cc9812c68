"""Whether the result that an agent submits with its answer to a comment replaces the task's result.

A comment needs only the right to read, and the text of a comment, an attachment or a web page can talk a model into
handing in anything. So the person who asked has to be allowed to edit the task, at the moment when the run ends.
"""

from helix.models import Run, Task
from helix.models.vocabulary import TaskStatus
from helix.policies import tasks as policy
from helix.policies.moves import may_move
from helix.services import accounts
from helix.services.work.live_runs import live_status


def refusal(run: Run, task: Task) -> str | None:
    """Why a result of this mention run is not accepted, as a sentence; None when it is.

    A result that counts puts the task into review, so it has to be in a status from which that is a move.
    """
    asked_by = accounts.actor_by_id(run.requested_by_user_id) if run.requested_by_user_id else None
    if asked_by is None or not policy.may_edit(asked_by, task):
        return "the person who asked may not edit this task."
    if task.deleted_at is not None or task.archived:
        return "the task is archived or deleted."
    if not may_move(task.status, TaskStatus.REVIEW):
        return f"a task in {task.status} cannot go to review from a comment."
    if live_status(task) is not None:
        return "an agent is working on this task."
    return None
