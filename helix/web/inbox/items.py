"""The items of the inbox and the details of the selected one, as values for templates."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from werkzeug.datastructures import MultiDict

from helix.errors import NotFound
from helix.models import Notification, Run, Task
from helix.models.vocabulary import NotificationType, RequestKind, TaskStatus
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.policies.failures import FAILURE_TEXTS
from helix.policies.moves import SETTLED
from helix.services import attention, notifications, requests, tasks
from helix.services.tasks import needs
from helix.services.work import waiting_reasons
from helix.text import markdown, task_keys
from helix.web.admins import accessible_url
from helix.web.blueprint import actor as current_actor
from helix.web.blueprint import layout_context
from helix.web.formatted import html
from helix.web.forms import is_id
from helix.web.inbox.requests import ICONS
from helix.web.inbox.requests import detail as request_detail
from helix.web.tasks.result_view import result_of

MAX_ITEMS = 100
# Notifications whose message only repeats what the details show.
TYPES_WITHOUT_MESSAGE = (
    NotificationType.AGENT_ERROR,
    NotificationType.TASK_COMPLETED,
    NotificationType.TASK_ASSIGNED,
    NotificationType.APPROVAL_NEEDED,
    NotificationType.TASK_REVIEW,
)
TYPE_ICONS = {
    NotificationType.REQUEST: "message-square",
    NotificationType.MENTION: "at-sign",
    NotificationType.AGENT_ERROR: "circle-alert",
    NotificationType.BUDGET: "wallet",
    NotificationType.APPROVAL_NEEDED: "shield-check",
    NotificationType.TASK_REVIEW: "eye",
    NotificationType.TASK_COMPLETED: "check",
    NotificationType.TASK_ASSIGNED: "bot",
}
# Icons of notifications that are not about a task, by their target.
TARGET_ICONS = {"user": "send", "webhook": "webhook", "tool_source": "wrench"}
# On the dashboard.
DASHBOARD_ITEMS, DASHBOARD_BLOCKED = 6, 3


@dataclass(frozen=True)
class Line:
    """An item of the inbox. `key` is "request-3", "task-17", "news-5" or "run-9"; `icon` is empty for a review.

    `pick` is the value of the checkbox for deciding several at once, empty where that is not possible.
    """

    key: str
    title: str
    note: str
    at: datetime
    icon: str = ""
    unread: bool = False
    urgent: bool = False
    task_id: int | None = None
    pick: str = ""
    # Of a result to review: the task's priority, which attempt it is, and how it begins.
    priority: str = ""
    attempt: int = 0
    begins: str = ""

    @property
    def kind(self) -> str:
        return self.key.partition("-")[0]

    @property
    def is_review(self) -> bool:
        return self.key.startswith("task-")

    @property
    def is_blocked_run(self) -> bool:
        return self.key.startswith("run-")

    @property
    def notification_id(self) -> int | None:
        kind, _, number = self.key.partition("-")
        return int(number) if kind == "news" else None


def pending_items(actor: Actor, boards: dict[int, str], *, limit: int = MAX_ITEMS) -> list[Line]:
    """All items that need the actor: requests of agents, reviews, then notifications. Three statements.

    `boards` maps ids to names.
    """
    lines = [_request(found) for found in requests.open_for(actor, limit=limit)]
    lines += [_review(task, boards, attempt) for task, attempt in attention.reviews(actor, limit=limit)]
    return lines + [
        _notification_item(found, task) for found, task in attention.actionable_notifications(actor, limit=limit)
    ]


def blocked_runs(actor: Actor, *, limit: int = MAX_ITEMS) -> list[Line]:
    """Queued runs that cannot start until a person acts. One statement."""
    return [
        Line(
            f"run-{run.id}",
            task.title,
            f"{_readable(task)} · {agent.shown_name} · {waiting_reasons.WORDS[code]}",
            run.queued_at,
            icon="clock",
            task_id=task.id,
        )
        for run, task, agent, code in attention.blocked_runs(actor, limit=limit)
    ]


def notification_lines(found: Iterable[Any]) -> list[Line]:
    """The items of notifications."""
    return [
        Line(
            key=f"news-{one.id}",
            title=one.title,
            note=_with_key(one, markdown.plain(one.message, 120)),
            at=one.created_at,
            icon=icon_of(one),
            unread=not one.read,
            urgent=one.type == NotificationType.AGENT_ERROR,
        )
        for one in found
    ]


def _with_key(found: Any, note: str) -> str:
    """The note after the readable id of the notification's task, such as SEO-22."""
    key = layout_context().board_keys().get(found.board_id) if found.target_type == "task" else None
    return f"{task_keys.readable(key, found.target_id)} · {note}" if key and found.target_id else note


def icon_of(found: Notification) -> str:
    return TARGET_ICONS.get(found.target_type) or TYPE_ICONS[found.type]


def _request(found: requests.Found) -> Line:
    request, task, agent, *_others = found
    key = f"request-{request.id}"
    return Line(
        key,
        request.title,
        f"{_readable(task)} · {agent.shown_name} asks · {task.title}",
        request.created_at,
        icon=ICONS[request.kind],
        task_id=task.id,
        # Several calls can be allowed at once; a question takes words of its own.
        pick=key if request.kind == RequestKind.APPROVAL else "",
    )


def _readable(task: Task) -> str:
    """The readable id, such as SEO-22."""
    return task_keys.readable(layout_context().board_keys().get(task.board_id), task.id)


def _review(task: Task, boards: dict[int, str], attempt: int) -> Line:
    who = (
        task.assigned_agent.shown_name if task.assigned_agent else task.created_by.shown_name if task.created_by else ""
    )
    return Line(
        f"task-{task.id}",
        task.title,
        " · ".join(filter(None, (_readable(task), who, boards.get(task.board_id, "")))),
        _written_at(task),
        task_id=task.id,
        pick=str(task.id),
        priority=task.priority,
        attempt=attempt,
        begins=_beginning(task.result or ""),
    )


def _written_at(task: Task) -> datetime:
    """When the result came; of a task that was moved to review by hand, when it was changed last."""
    run = task.last_run
    is_result = run is not None and run.id == task.result_run_id
    return run.finished_at if is_result and run and run.finished_at else task.updated_at


def _beginning(result: str) -> str:
    """The first line of the text; a heading only if there is nothing else."""
    lines = (line.strip() for line in result[:2000].splitlines())
    told = [line for line in lines if line and not line.startswith(("```", "---", "|"))]
    first = next((line for line in told if not line.startswith("#")), told[0] if told else "")
    return markdown.plain(first, 120)


def _notification_item(found: Notification, task: Task | None) -> Line:
    return notification_lines([found])[0] if task is None else _task_notification_item(found, task)


def _task_notification_item(found: Notification, task: Task) -> Line:
    failed = found.type == NotificationType.AGENT_ERROR
    who = f"{task.assigned_agent.shown_name} · " if failed and task.assigned_agent else ""
    note = task.title if failed else markdown.plain(found.message, 120)
    return Line(
        f"news-{found.id}",
        found.title,
        _with_key(found, who + note),
        found.created_at,
        icon=icon_of(found),
        unread=not found.read,
        urgent=failed,
        task_id=task.id,
    )


def item_detail(actor: Actor, key: str, typed: MultiDict[str, str] | None = None) -> dict[str, Any]:
    """The details of an item. `typed` is the form of an answer that was refused.

    Raises NotFound when it does not exist or the actor may not see it.
    """
    kind, _, number = key.partition("-")
    if kind not in ("task", "news", "run", "request") or not is_id(number):
        raise NotFound("There is no such line in your inbox.")
    if kind == "task":
        return {"key": key, "news": None} | _task(actor, tasks.get(actor, int(number)))
    if kind == "run":
        return _blocked_detail(actor, key, int(number))
    if kind == "request":
        return _request_detail(actor, key, int(number), typed)
    found, task = attention.get_notification(actor, int(number))
    return {
        "key": key,
        "news": found,
        "icon": icon_of(found),
        "shows_message": bool(found.message) and found.type not in TYPES_WITHOUT_MESSAGE,
        "need": _need(actor, found, task),
        "may_reply": found.type == NotificationType.MENTION and task is not None and policy.may_comment(actor, task),
    } | (_task(actor, task) if task else {"task": None})


def _request_detail(actor: Actor, key: str, request_id: int, typed: MultiDict[str, str] | None) -> dict[str, Any]:
    found = requests.get(actor, request_id)
    of_task = _task(actor, tasks.get(actor, found.task.id))
    return {"key": key, "news": None, "request": request_detail(actor, found, typed)} | of_task


def _need(actor: Actor, found: Notification, task: Task | None) -> int | None:
    """The id of the needed task that is gone, if the actor may decide what becomes of the one that waits for it."""
    needed = notifications.need_of(found) if task and not found.read and policy.may_edit(actor, task) else None
    is_there = task and needed and any(one["id"] == needed for one in needs.linked(actor, task.id)["needs"])
    return needed if is_there else None


def _blocked_detail(actor: Actor, key: str, run_id: int) -> dict[str, Any]:
    for _run, task, agent, code in attention.blocked_runs(actor, limit=1, run_id=run_id):
        where = {
            "agent_disabled": f"/agents/{agent.id}",
            "review_full": f"/boards/{task.board_id}",
            "model_unusable": "/models",
        }.get(code, "/settings/budgets")
        held = {"message": waiting_reasons.WORDS[code], "where": accessible_url(actor, where)}
        return {"key": key, "news": None, "held": held} | _task(actor, tasks.get(actor, task.id))
    raise NotFound("This run does not wait any more.")


def _task(actor: Actor, task: Task) -> dict[str, Any]:
    run, result = task.last_run, result_of(actor, task)
    failure = _failure(actor, run) if run and task.status not in SETTLED else None
    in_review = task.status == TaskStatus.REVIEW
    return {
        "task": task,
        "run": run,
        "may_decide": in_review and policy.may_review(actor, task),
        "may_run_again": bool(failure and task.assigned_agent_id) and policy.may_execute(actor, task),
        "result": result,
        "lacks_result": in_review and not result,
        "description_html": html(task.description),
        "failure": failure,
    }


def _failure(actor: Actor, run: Run) -> dict[str, str | None] | None:
    """The failure of a run, the next step, and a link for it if the actor may open it."""
    if run.reason is None:
        return None
    words = FAILURE_TEXTS[run.reason]
    return {
        "said": run.message or words.short,
        "next_step": words.next_step,
        "where": accessible_url(actor, words.where),
    }


def dashboard_needs() -> dict[str, Any]:
    """The first items and blocked runs, for the dashboard."""
    boards = {board.id: board.name for board in layout_context().boards}
    found = pending_items(current_actor(), boards, limit=DASHBOARD_ITEMS)
    return {
        "needs": found[:DASHBOARD_ITEMS],
        "needs_count": layout_context().inbox,
        "held": blocked_runs(current_actor(), limit=DASHBOARD_BLOCKED),
    }
