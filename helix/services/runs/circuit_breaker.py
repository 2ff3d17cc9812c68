"""The circuit breaker: stops automatic runs of a task that make no progress, until a person intervenes."""

from sqlalchemy import exists, select
from sqlalchemy.orm import aliased

from helix.extensions import db
from helix.models import Run, Task
from helix.models.vocabulary import RunStatus, Trigger
from helix.policies.failures import FAILURE_TEXTS

FAILURES_IN_A_ROW = 3
SAME_ANSWERS = 3
Retry = aliased(Run, name="retry")


def check_failures(task: Task, run: Run) -> None:
    """Stop after three consecutive failed runs. Attempts that were retried do not count."""
    retried = exists().where(Retry.retry_of == Run.id)
    ended = select(Run.status).where(
        Run.task_id == task.id,
        Run.trigger != Trigger.MENTION,
        Run.status.in_((RunStatus.FAILED, RunStatus.SUCCEEDED)),
        ~retried,
    )
    newest = db.session.execute(ended.order_by(Run.id.desc()).limit(FAILURES_IN_A_ROW)).all()
    if len(newest) == FAILURES_IN_A_ROW and all(row.status == RunStatus.FAILED for row in newest):
        words = FAILURE_TEXTS[run.reason].short.lower() if run.reason else "no reason known"
        task.auto_stopped = f"{FAILURES_IN_A_ROW} runs in a row failed, the last one: {words}."


def check_rejected_answer(task: Task, run: Run, text: str) -> None:
    """Stop when the answer is identical to one that was sent back."""
    if task.result is not None and task.result == text and _was_rejected(run):
        task.auto_stopped = "The agent gave the same answer again after it was sent back."


def is_third_identical_answer(task: Task, run: Run, text: str) -> bool:
    """Whether this is the third identical answer, each of which was sent back."""
    if not _was_rejected(run) or task.result != text:
        return False
    results = select(Run.result).where(
        Run.task_id == task.id, Run.trigger != Trigger.MENTION, Run.status == RunStatus.SUCCEEDED
    )
    newest = db.session.scalars(results.order_by(Run.id.desc()).limit(SAME_ANSWERS - 1)).all()
    return len(newest) == SAME_ANSWERS - 1 and all(result == text for result in newest)


def _was_rejected(run: Run) -> bool:
    return run.trigger == Trigger.REJECT or run.came_from == "rejected"
