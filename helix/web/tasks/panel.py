"""The context of a task's panel, used by the side panel and the task's own page."""

from collections.abc import Iterable, Mapping
from typing import Any

from markupsafe import Markup

from helix import live
from helix.models import Comment, Run, Task, TaskAttachment
from helix.models.vocabulary import BoardLevel, RunStatus, TaskStatus
from helix.policies import comments as comment_policy
from helix.policies import tasks as task_policy
from helix.policies.actor import Actor
from helix.policies.failures import FAILURE_TEXTS
from helix.policies.moves import EXECUTABLE, MOVES, SETTLED
from helix.services import agents, attachments, boards, comments, names, runs, tasks
from helix.services.activity.read import of_task as activity_of_task
from helix.services.navigation import VisibleBoard
from helix.services.tasks import needs
from helix.text.extraction import can_extract
from helix.web.activity.labels import task_sentence
from helix.web.admins import accessible_url
from helix.web.boards.cards import May, cards, may_with
from helix.web.formats import moment
from helix.web.formatted import html, is_cut, published
from helix.web.tasks.result_view import result_of

# Image types that browsers show without executing content (so no SVG).
IMAGE_TYPES = ("image/png", "image/jpeg", "image/gif", "image/webp")
TABS = ("thread", "runs", "activity")


def panel_context(
    actor: Actor, task_id: int, tab: str = "thread", places: Iterable[VisibleBoard] = ()
) -> dict[str, Any]:
    """The context of templates/tasks/_panel.html. Raises NotFound when the actor may not see the task.

    `places` are boards that are already loaded.
    """
    tab = tab if tab in TABS else "thread"
    task = tasks.get(actor, task_id)
    thread, count = comments.of(task) if tab == "thread" else ([], 0)
    feedbacks = [comment.content for comment in thread if comment.kind == "feedback" and len(thread) == count]
    known = _names(task.description, task.result, *(comment.content for comment in thread))
    # A complete thread contains the newest feedback: no extra query.
    feedback = {task.id: feedbacks[-1]} if feedbacks and task.status == TaskStatus.REJECTED else None
    listed = runs.of(task)[0] if tab == "runs" else []
    waiting = runs.reasons_of(listed, actor.zone) if tab == "runs" else None
    shown = cards(actor, [task], feedback, waiting)[0]
    shown["description_html"] = html(task.description, known)
    if task.last_run:
        shown["last_run"] |= _more_of_the_run(actor, task.last_run)
    may = may_with(actor, task)
    return {
        "task": shown,
        "result": result_of(actor, task, names=known),
        "task_board": next((board for board in places if board.id == task.board_id), None)
        or boards.get(actor, task.board_id),
        "tab": tab,
        "panel_may": may,
        **panel_flags(shown, may, tab),
        "may_schedule": actor.level_on(task.board_id) >= BoardLevel.MANAGE,
        "moves": list(MOVES[task.status]),
        "attachments": _files(actor, task),
        "links": needs.of_visible(actor, task.id),
        "workflow_run_id": task.workflow_run_id,
        "viewers": live.viewing.others(task.id, actor.user_id),
        "comments": [_comment(actor, comment, task, known, shown["assigned_agent"]) for comment in thread],
        "asked": any(comment.mentions.get("agents") for comment in thread),
        "runs": [with_state(run) for run in runs.serialize(listed, reasons=waiting)],
        "activity": _activity(task) if tab == "activity" else [],
    }


def panel_flags(task: Mapping[str, Any], may: May, tab: str) -> dict[str, bool]:
    """What the panel offers and shows, decided from the task, its last run, the viewer's rights and the open tab."""
    status, run = task["status"], task["last_run"]
    run_status = RunStatus(run["status"]) if run else None
    is_live = run_status is not None and run_status.is_live
    has_agent = task["assigned_agent"] is not None
    return {
        "run_is_live": is_live,
        "run_is_writing": run_status == RunStatus.RUNNING,
        "may_answer": may["review"] and run_status == RunStatus.WAITING,
        "may_start": may["execute"] and has_agent and not is_live and status in EXECUTABLE,
        "may_decide": may["review"] and not is_live and status == TaskStatus.REVIEW,
        "shows_failure": run_status == RunStatus.FAILED and status not in SETTLED,
        "shows_next_prompt": has_agent and not is_live,
        "shows_comment_form": may["comment"] and tab == "thread",
    }


def _files(actor: Actor, task: Task) -> list[dict[str, Any]]:
    found = attachments.of_visible_task(task) if task.attachment_count else []
    return [
        {
            **file_context(file),
            "may_delete": task_policy.may_delete_attachment(actor, task, file.uploaded_by_user_id),
        }
        for file in found
    ]


def file_context(file: TaskAttachment) -> dict[str, Any]:
    """What the macro `file_link` of templates/tasks/files.html wants."""
    return {
        **attachments.serialize(file),
        "url": f"/attachments/{file.id}",
        "is_image": file.content_type in IMAGE_TYPES,
        "is_text": can_extract(file.content_type),
    }


def _more_of_the_run(actor: Actor, run: Run) -> dict[str, Any]:
    more: dict[str, Any] = {}
    if run.status == RunStatus.RUNNING:
        more["so_far"] = published(run.id)
    if run.reason:
        found = FAILURE_TEXTS[run.reason]
        more |= {
            "next_step": found.next_step,
            "help_url": accessible_url(actor, found.where),
            "help_label": "Open the models" if found.where == "/models" else "Open the settings",
        }
    return more


def assignable_agents() -> list[dict[str, Any]]:
    """The agents a task can be assigned to, with their status. Two statements."""
    found = agents.agents(texts=False)
    status = agents.statuses([agent.id for agent in found])
    return [
        {"id": agent.id, "name": agent.name, "role_title": agent.role_title, "status": status[agent.id]}
        for agent in found
    ]


def _names(*texts: str | None) -> list[str]:
    """All names that can be mentioned; queried only if a text contains "@"."""
    return list(names.all_names()) if any(text and "@" in text for text in texts) else []


def comment_context(actor: Actor, comment: Comment, task: Task) -> dict[str, Any]:
    return _comment(actor, comment, task, _names(comment.content), None)


def _comment(
    actor: Actor, comment: Comment, task: Task, known: list[str], agent: dict[str, Any] | None
) -> dict[str, Any]:
    """The context of a comment. `agent` is the task's agent, whose status is already loaded."""
    shown = html(comment.content, known) or Markup("")
    return {
        **comments.serialize(comment),
        "html": shown,
        "is_cut": is_cut(shown),
        "author_status": agent["status"] if agent and comment.agent_id == agent["id"] else None,
        "is_feedback": comment.kind == "feedback",
        "may_edit": comment_policy.may_change(actor, comment, task),
    }


def with_state(run: dict[str, Any]) -> dict[str, Any]:
    """A serialized run with how long it took, and whether it still goes on."""
    began, ended = moment(run["started_at"]), moment(run["finished_at"])
    return {
        **run,
        "duration_seconds": (ended - began).total_seconds() if began and ended else None,
        "is_live": RunStatus(run["status"]).is_live,
    }


def _activity(task: Task) -> list[dict[str, Any]]:
    return [
        {
            "actor_id": entry.actor_id,
            "actor_name": entry.actor_name,
            "actor_type": entry.actor_type,
            "text": task_sentence(entry),
            "created_at": entry.created_at,
        }
        for entry in activity_of_task(task)
    ]
