"""Review of a result: approve it, send it back with feedback, edit it before that, or undo the decision."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select

from helix import clock, live
from helix.db.transaction import transaction
from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Activity, Agent, Comment, Run, Task
from helix.models.vocabulary import ActorType, ExecutionMode, RunStatus, StepKind, TaskStatus, Trigger
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import activity, comments, notifications
from helix.services.tasks.edit import StaleTask
from helix.services.work import cancelling, live_runs, queueing, trace
from helix.services.work.lookup import get, get_for_update, get_many_for_update, naming
from helix.services.work.moves import put, record_approval

REVIEWABLE = (TaskStatus.REVIEW, TaskStatus.APPROVED)
LONGEST_RESULT = 500_000
# How long a decision can be undone.
UNDO_TIME = timedelta(minutes=10)
# The activities that record a decision, and the statuses that the task has after it.
DECISIONS = {
    "task.approved": (TaskStatus.DONE, TaskStatus.APPROVED),
    "task.completed": (TaskStatus.DONE,),
    "task.rejected": (TaskStatus.REJECTED,),
}


def approve(actor: Actor, task_id: int) -> Task:
    """Accept the result: from review (or approved) to done, recording who and when."""
    with transaction() as after_commit:
        task = get_for_update(actor, task_id, to=policy.may_review)
        if task.status not in REVIEWABLE:
            raise Conflict(f"Only a task in review can be approved; this one is in {task.status}.")
        origin, earlier = task.status, _approval(task)
        put(task, TaskStatus.DONE)
        record_approval(actor, task)
        task.version += 1
        activity.record_task(actor, "task.approved", task, from_status=origin, **earlier)
        notifications.task_completed(actor, task)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return get(actor, task_id)


def _approval(task: Task) -> dict[str, int | str]:
    """Who had approved it before and when, as details of an activity. Empty if nobody had."""
    if task.approved_by_user_id is None or task.approved_at is None:
        return {}
    return {"approved_by_user_id": task.approved_by_user_id, "approved_at": task.approved_at.isoformat()}


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
        if task.status not in REVIEWABLE:
            raise Conflict(f"Only a task in review or approved can be sent back; this one is in {task.status}.")
        origin, earlier = task.status, _approval(task)
        put(task, TaskStatus.REJECTED)
        task.version += 1
        comment = comments.add_feedback(actor, task, feedback)
        activity.record_task(actor, "task.rejected", task, from_status=origin, comment_id=comment.id, **earlier)
        agent = task.assigned_agent_id and live_runs.agent_for(task)
        if agent and agent.execution_mode == ExecutionMode.AUTO:
            queueing.start_after_rejection(actor, task, agent)
        if run_again and not live_runs.live_status(task) and queueing.refusal(task) is None:
            queueing.start_locked(actor, task)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return get(actor, task_id)


def edit_result(actor: Actor, task_id: int, text: str, *, version: int | None = None) -> Task:
    """Change the result that waits for a decision. The run keeps what its agent wrote, and this version as a step.

    Raises Conflict when the task is not in review, and with the present task when `version` is stale.
    """
    text = text.replace("\r\n", "\n")
    if not text.strip():
        raise Invalid.field("result", "Write the result first, or send the task back.")
    if len(text) > LONGEST_RESULT:
        raise Invalid.field("result", f"A result has at most {LONGEST_RESULT:,} characters. Attach a file instead.")
    with transaction() as after_commit:
        task = get_for_update(actor, task_id, to=policy.may_review)
        if version is not None and version != task.version:
            raise StaleTask(actor, task)
        if task.status not in REVIEWABLE:
            raise Conflict(f"Only a result in review can be edited; this task is in {task.status}.")
        if text != task.result:
            task.result, task.result_truncated = text, False
            task.result_edited_by_user_id, task.result_edited_at = actor.user_id, clock.now()
            task.updated_at = clock.now()
            task.version += 1
            run = db.session.get(Run, task.result_run_id) if task.result_run_id else None
            if run is not None:
                trace.add_step(run, StepKind.OUTPUT, f"Result edited by {actor.name}", content=text)
            activity.record_task(actor, "task.result_edited", task, run_id=task.result_run_id)
            after_commit(live.publish, "task", task.id, board_id=task.board_id)
    return get(actor, task_id)


@dataclass(frozen=True)
class Decided:
    """A decision to undo: the task, its version after the decision, and its place before it. None: not checked."""

    id: int
    version: int | None = None
    position: str | None = None


def undo_decisions(actor: Actor, decisions: Sequence[Decided]) -> list[Task]:
    """Undo the actor's own last decision on each task: all of them, or none.

    Raises Conflict, naming the task, when it was decided too long ago, when somebody changed it since, or when the
    agent has started on it again.
    """
    with transaction():
        tasks = get_many_for_update(actor, [decision.id for decision in decisions], to=policy.may_review)
        for task, decision in zip(tasks, decisions, strict=True):
            with naming(task):
                _undo(actor, task, decision)
    return tasks


def undo_decision(actor: Actor, task_id: int, *, version: int | None = None) -> Task:
    """As `undo_decisions`, for one task. Raises NotFound when the actor does not see it."""
    with transaction():
        _undo(actor, get_for_update(actor, task_id, to=policy.may_review), Decided(task_id, version))
    return get(actor, task_id)


def _undo(actor: Actor, task: Task, decision: Decided) -> None:
    if decision.version is not None and decision.version != task.version:
        raise Conflict("Somebody changed it since. Nothing was undone.")
    made = _last_decision(actor, task)
    with transaction() as after_commit:
        _withdraw_run(actor, task, made)
        put(task, TaskStatus(made.details["from_status"]))
        if decision.position:
            task.position = decision.position
        if task.status == TaskStatus.APPROVED and made.details.get("approved_by_user_id"):
            task.approved_by_user_id = made.details["approved_by_user_id"]
            task.approved_at = datetime.fromisoformat(made.details["approved_at"])
        task.version += 1
        _withdraw_feedback(task, made)
        activity.record_task(actor, "task.review_undone", task, undone=made.action)
        notifications.back_in_review(task, decided_at=made.created_at)
        after_commit(live.publish, "task", task.id, board_id=task.board_id)


def _last_decision(actor: Actor, task: Task) -> Activity:
    made = db.session.scalar(
        select(Activity)
        .where(Activity.entity_type == "task", Activity.entity_id == task.id)
        .where(Activity.action.in_((*DECISIONS, "task.review_undone")))
        .order_by(Activity.id.desc())
        .limit(1)
    )
    mine = made and made.actor_type == ActorType.USER and made.actor_id == actor.user_id
    if made is None or not mine or made.details.get("from_status") not in REVIEWABLE:
        raise Conflict("There is no decision of yours to undo.")
    if clock.now() - made.created_at > UNDO_TIME:
        raise Conflict(f"This was decided more than {UNDO_TIME.seconds // 60} minutes ago. Nothing was undone.")
    if task.status not in DECISIONS[made.action]:
        raise Conflict("Somebody moved it since. Nothing was undone.")
    return made


def _withdraw_run(actor: Actor, task: Task, made: Activity) -> None:
    """Cancel the run that the rejection has queued. Raises Conflict when the agent has started on it."""
    query = select(Run).where(Run.task_id == task.id, Run.is_live, Run.trigger != Trigger.MENTION).with_for_update()
    run = db.session.scalar(query.execution_options(populate_existing=True))
    if run is None:
        return
    if run.status != RunStatus.QUEUED or run.queued_at < made.created_at - timedelta(seconds=5):
        agent = db.session.get_one(Agent, run.agent_id)
        raise Conflict(f"{agent.shown_name} has started on it again. Cancel the run first, then undo.")
    cancelling.close(actor, task, run)
    earlier = select(func.max(Run.id)).where(Run.task_id == task.id, Run.trigger != Trigger.MENTION, Run.id < run.id)
    task.last_run_id = db.session.scalar(earlier)


def _withdraw_feedback(task: Task, made: Activity) -> None:
    comment = db.session.get(Comment, made.details.get("comment_id") or 0)
    if comment is not None and comment.task_id == task.id and comment.kind == "feedback":
        comments.withdraw_feedback(task, comment)
