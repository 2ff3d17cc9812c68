"""Review of a result: approve it, or send it back with feedback."""

from helix import live
from helix.db.transaction import transaction
from helix.errors import Conflict, Invalid
from helix.models import Task
from helix.models.vocabulary import ExecutionMode, TaskStatus
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import activity, comments, notifications
from helix.services.work import live_runs, queueing
from helix.services.work.lookup import get, get_for_update
from helix.services.work.moves import put, record_approval


def approve(actor: Actor, task_id: int) -> Task:
    """Accept the result: from review (or approved) to done, recording who and when."""
    with transaction() as after_commit:
        task = get_for_update(actor, task_id, to=policy.may_review)
        if task.status not in (TaskStatus.REVIEW, TaskStatus.APPROVED):
            raise Conflict(f"Only a task in review can be approved; this one is in {task.status}.")
        put(task, TaskStatus.DONE)
        record_approval(actor, task)
        task.version += 1
        activity.record_task(actor, "task.approved", task)
        notifications.task_completed(actor, task)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return get(actor, task_id)


def reject(actor: Actor, task_id: int, feedback: str, *, run_again: bool = False) -> Task:
    """Send the result back with feedback, which becomes a comment; an agent in auto mode tries again at once.

    `run_again` starts the agent in manual mode as well. Where it cannot start, the task is sent back all the same, and
    `queueing.refusal` says why.
    """
    if not feedback.strip():
        raise Invalid.field("feedback", "Say what should be different, so that the agent can do better.")
    if len(feedback) > comments.LONGEST:
        raise Invalid.field("feedback", f"Feedback has at most {comments.LONGEST:,} characters. Attach a file instead.")
    with transaction() as after_commit:
        task = get_for_update(actor, task_id, to=policy.may_review)
        if task.status not in (TaskStatus.REVIEW, TaskStatus.APPROVED):
            raise Conflict(f"Only a task in review or approved can be sent back; this one is in {task.status}.")
        put(task, TaskStatus.REJECTED)
        task.version += 1
        comments.add_feedback(actor, task, feedback)
        activity.record_task(actor, "task.rejected", task)
        agent = task.assigned_agent_id and live_runs.agent_for(task)
        if agent and agent.execution_mode == ExecutionMode.AUTO:
            queueing.start_after_rejection(actor, task, agent)
        if run_again and not live_runs.live_status(task) and queueing.refusal(task) is None:
            queueing.start_locked(actor, task)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return get(actor, task_id)
