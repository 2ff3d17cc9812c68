"""What happened, as a message for those whom it concerns. Written in the transaction of the change."""

from collections.abc import Iterable
from decimal import Decimal

from sqlalchemy.dialects import postgresql, sqlite

from helix import clock, live
from helix.extensions import db
from helix.models import Agent, Comment, Notification, Run, Task
from helix.models.vocabulary import NotificationType as Type
from helix.policies.actor import SYSTEM, Actor
from helix.services.news import audience
from helix.services.runs.reasons import WORDS
from helix.text.markdown import plain
from helix.transaction import transaction


def task_assigned(actor: Actor, task: Task, agent: Agent) -> None:
    people = audience.watchers_of_agent(agent.id) | ({task.created_by_user_id} if task.created_by_user_id else set())
    _about_task(actor, Type.TASK_ASSIGNED, task, people, f"{agent.name} got a task", task.title)


def task_completed(actor: Actor, task: Task) -> None:
    _about_task(actor, Type.TASK_COMPLETED, task, audience.of_task(task), "Task done", task.title)


def approval_needed(actor: Actor, task: Task) -> None:
    """An agent's result waits for somebody's yes."""
    _about_task(
        actor, Type.APPROVAL_NEEDED, task, audience.approvers(task), f"{actor.name} asks for approval", task.title
    )


def in_review(actor: Actor, task: Task) -> None:
    """Moved to review by hand."""
    _about_task(
        actor, Type.TASK_REVIEW, task, audience.of_task(task), f"{actor.name} moved a task to review", task.title
    )


def agent_error(task: Task, run: Run) -> None:
    people = audience.of_task(task) | audience.watchers_of_agent(run.agent_id)
    words = WORDS[run.reason] if run.reason else None
    title = f"A run failed: {words.short.lower()}" if words else "A run failed"
    message = f"{task.title}\n{run.message or ''} {words.next_step if words else ''}".strip()
    _about_task(SYSTEM, Type.AGENT_ERROR, task, people, title, message, event=f"run:{run.id}")


def mentioned(actor: Actor, task: Task, comment: Comment, people: Iterable[int]) -> None:
    title = f"{actor.name} mentioned you in {task.title}"
    message = plain(comment.content, 300)
    _about_task(actor, Type.MENTION, task, set(people), title, message, event=f"comment:{comment.id}")


def budget(scope: str, name: str, percent: int, month: str, limit: Decimal, url: str) -> None:
    """80 or 100 % of a limit is spent. Told once a month for each limit that there was."""
    title = f"{name}: budget used up" if percent >= 100 else f"{name}: {percent} % of the budget is used"
    message = "Runs wait until it is raised or the next month begins." if percent >= 100 else "At 100 % runs will wait."
    event = f"budget:{scope}:{month}:{limit.normalize():f}:{percent}"
    _tell(Type.BUDGET, audience.admins(), title, message, "budget", None, url, event)


def _about_task(
    actor: Actor, type_: Type, task: Task, people: set[int], title: str, message: str, event: str | None = None
) -> None:
    """Nobody is told of what he did himself, nor of what he may not see."""
    others = audience.who_see(people - {actor.user_id}, task.board_id)
    key = event or f"{type_}:{task.id}:{clock.now().isoformat()}"
    _tell(type_, others, title, message, "task", task.id, f"/boards/{task.board_id}?task={task.id}", key)


def _tell(
    type_: Type,
    people: set[int],
    title: str,
    message: str,
    target_type: str,
    target_id: int | None,
    url: str,
    event_key: str,
) -> None:
    if not people:
        return
    insert = (postgresql if db.engine.dialect.name == "postgresql" else sqlite).insert
    rows = [
        {
            "user_id": user_id,
            "event_key": event_key[:80],
            "type": type_,
            "title": title[:300],
            "message": message,
            "target_type": target_type,
            "target_id": target_id,
            "url": url,
            "created_at": clock.now(),
        }
        for user_id in sorted(people)
    ]
    with transaction() as after_commit:
        db.session.execute(insert(Notification).values(rows).on_conflict_do_nothing())
        for user_id in sorted(people):
            after_commit(live.publish, "notification", user_id=user_id)
