"""The lines of the inbox and what stands beside the chosen one, as plain values for templates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from helix.errors import NotFound
from helix.models import Notification, Run, Task
from helix.models.vocabulary import NotificationType, TaskStatus
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.policies.failures import FAILURE_TEXTS
from helix.services import attention, tasks
from helix.services.work import waiting_reasons
from helix.text import markdown
from helix.web.admins import open_to
from helix.web.boards.cards import may_with
from helix.web.formatted import html
from helix.web.forms import is_id

AT_ONCE = 100
# A run that failed on the way there is nobody's worry any more.
ENDED = (TaskStatus.DONE, TaskStatus.APPROVED, TaskStatus.CANCELLED)
GLYPHS = {
    NotificationType.MENTION: "at-sign",
    NotificationType.AGENT_ERROR: "circle-alert",
    NotificationType.BUDGET: "wallet",
    NotificationType.APPROVAL_NEEDED: "shield-check",
    NotificationType.TASK_REVIEW: "eye",
    NotificationType.TASK_COMPLETED: "check",
    NotificationType.TASK_ASSIGNED: "bot",
}
# What is about a part of the house rather than a task shows that part.
PARTS = {"user": "send", "webhook": "webhook"}


@dataclass(frozen=True)
class Line:
    """`key` is "task-17", "news-5" or "run-9"; `note` says by whom and where; `icon` is empty for a review."""

    key: str
    title: str
    note: str
    at: datetime
    icon: str = ""
    unread: bool = False
    urgent: bool = False
    task_id: int | None = None


def needed(actor: Actor, boards: dict[int, str], *, limit: int = AT_ONCE) -> list[Line]:
    """All that waits for the actor: results first, then news. `boards` names those he sees. Two statements."""
    lines = [_review(task, boards) for task in attention.reviews(actor, limit=limit)]
    return lines + [_news(found, task) for found, task in attention.actionable_notifications(actor, limit=limit)]


def held(actor: Actor, *, limit: int = AT_ONCE) -> list[Line]:
    """Runs that cannot start before somebody does something. One statement."""
    return [
        Line(
            f"run-{run.id}",
            task.title,
            f"{agent.shown_name} · {waiting_reasons.WORDS[code]}",
            run.queued_at,
            icon="clock",
            task_id=task.id,
        )
        for run, task, agent, code in attention.blocked_runs(actor, limit=limit)
    ]


def told(found: Iterable[Any]) -> list[Line]:
    """Of notifications, or of their rows."""
    return [
        Line(
            key=f"news-{one.id}",
            title=one.title,
            note=markdown.plain(one.message, 120),
            at=one.created_at,
            icon=glyph(one),
            unread=not one.read,
            urgent=one.type == NotificationType.AGENT_ERROR,
        )
        for one in found
    ]


def glyph(found: Notification) -> str:
    return PARTS.get(found.target_type) or GLYPHS[found.type]


def _review(task: Task, boards: dict[int, str]) -> Line:
    who = (
        task.assigned_agent.shown_name if task.assigned_agent else task.created_by.shown_name if task.created_by else ""
    )
    note = " · ".join(filter(None, (who, boards.get(task.board_id, ""))))
    return Line(f"task-{task.id}", task.title, note, task.updated_at, task_id=task.id)


def _news(found: Notification, task: Task | None) -> Line:
    return told([found])[0] if task is None else _about(found, task)


def _about(found: Notification, task: Task) -> Line:
    failed = found.type == NotificationType.AGENT_ERROR
    who = f"{task.assigned_agent.shown_name} · " if failed and task.assigned_agent else ""
    note = task.title if failed else markdown.plain(found.message, 120)
    return Line(
        f"news-{found.id}",
        found.title,
        who + note,
        found.created_at,
        icon=glyph(found),
        unread=not found.read,
        urgent=failed,
        task_id=task.id,
    )


def detail(actor: Actor, key: str) -> dict[str, Any]:
    """What stands beside the line. Raises NotFound for what is not there, or not his to see."""
    kind, _, number = key.partition("-")
    if kind not in ("task", "news", "run") or not is_id(number):
        raise NotFound("There is no such line in your inbox.")
    if kind == "task":
        return {"key": key, "news": None} | _task(actor, tasks.get(actor, int(number)))
    if kind == "run":
        return _held(actor, key, int(number))
    found, task = attention.get_notification(actor, int(number))
    return {"key": key, "news": found, "icon": glyph(found)} | (
        _task(actor, task) if task else {"task": None, "may": {}, "result_html": None, "failure": None}
    )


def _held(actor: Actor, key: str, run_id: int) -> dict[str, Any]:
    for _run, task, agent, code in attention.blocked_runs(actor, limit=1, run_id=run_id):
        where = {
            "agent_disabled": f"/agents/{agent.id}",
            "review_full": f"/boards/{task.board_id}",
            "model_unusable": "/models",
        }.get(code, "/settings/budgets")
        held = {"message": waiting_reasons.WORDS[code], "where": open_to(actor, where)}
        return {"key": key, "news": None, "held": held} | _task(actor, tasks.get(actor, task.id))
    raise NotFound("This run does not wait any more.")


def _task(actor: Actor, task: Task) -> dict[str, Any]:
    run = task.last_run
    return {
        "task": task,
        "run": run,
        "may": may_with(actor, task),
        "decides": task.status == TaskStatus.REVIEW and policy.may_review(actor, task),
        "result_html": html(task.result),
        "description_html": html(task.description),
        "failure": _failure(actor, run) if run and task.status not in ENDED else None,
    }


def _failure(actor: Actor, run: Run) -> dict[str, str | None] | None:
    """Why it failed, what to do, and where, for those who may."""
    if run.reason is None:
        return None
    words = FAILURE_TEXTS[run.reason]
    return {"said": run.message or words.short, "next_step": words.next_step, "where": open_to(actor, words.where)}
