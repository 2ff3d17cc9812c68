"""What pages show of a result: its text or what has changed in it, who wrote it, when, and for how much."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from markupsafe import Markup

from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.policies import tasks as policy
from helix.policies.actor import Actor
from helix.services import accounts, comments, runs
from helix.services.runs.read import Attempt
from helix.text import markdown
from helix.web.formats import run_cost
from helix.web.formatted import difference, html

# The text, what changed since the result before, and what a person has changed in the agent's text.
View = Literal["result", "changes", "edits"]
LABELS: dict[View, str] = {"result": "Result", "changes": "Changes", "edits": "Edits"}
FEEDBACK_LENGTH = 300


@dataclass(frozen=True)
class Asked:
    """What an earlier result was sent back with. `by` is empty when the viewer asked."""

    by: str
    text: str


@dataclass(frozen=True)
class Result:
    """`shown` is None for a comparison of texts that are too long, and empty for one without differences."""

    task_id: int
    version: int
    text: str
    is_truncated: bool
    view: View
    views: list[View]
    shown: Markup | None
    writer: str
    written_at: datetime | None
    cost: str
    attempt: int
    asked: Asked | None
    edited_by: str
    edited_at: datetime | None
    approved_by: str
    approved_at: datetime | None
    may_edit: bool

    @property
    def labels(self) -> dict[View, str]:
        return LABELS


def result_of(actor: Actor, task: Task, *, view: str = "result", names: list[str] | None = None) -> Result | None:
    """The result of a task that the actor sees, or None. Three statements at most, and two more for a comparison."""
    if not task.result:
        return None
    attempts, count = runs.attempts(task) if task.result_run_id else ([], 0)
    current = next((attempt for attempt in attempts if attempt.id == task.result_run_id), None)
    earlier = next((attempt for attempt in attempts if current and attempt.id < current.id), None)
    views: list[View] = ["result"]
    if earlier:
        views.append("changes")
    if current and task.result_edited_at:
        views.append("edits")
    chosen: View = views[0]
    for known in views:
        if known == view:
            chosen = known
    people = _people(task)
    return Result(
        task_id=task.id,
        version=task.version,
        text=task.result,
        is_truncated=task.result_truncated,
        view=chosen,
        views=views,
        shown=_shown(task, chosen, current, earlier, names or []),
        writer=current.agent_name if current else "",
        written_at=current.finished_at if current else None,
        cost=run_cost(current.cost_usd, current.counted_usd) if current else "",
        attempt=count,
        asked=_asked(actor, task, current) if count > 1 else None,
        edited_by=people.get(task.result_edited_by_user_id, "Somebody") if task.result_edited_at else "",
        edited_at=task.result_edited_at,
        approved_by=people.get(task.approved_by_user_id, "Somebody") if task.approved_at else "",
        approved_at=task.approved_at,
        may_edit=task.status in (TaskStatus.REVIEW, TaskStatus.APPROVED) and policy.may_review(actor, task),
    )


def _shown(task: Task, view: View, current: Attempt | None, earlier: Attempt | None, names: list[str]) -> Markup | None:
    if view == "changes" and earlier:
        return _difference(runs.result_text(earlier.id), task.result or "")
    if view == "edits" and current:
        return _difference(runs.result_text(current.id), task.result or "")
    return html(task.result, names) or Markup("")


def _difference(before: str, after: str) -> Markup | None:
    return Markup("") if before == after else difference(before, after)


def _asked(actor: Actor, task: Task, current: Attempt | None) -> Asked | None:
    comment = comments.newest_feedback(task, current.finished_at if current else None)
    if comment is None:
        return None
    mine = comment.user_id is not None and comment.user_id == actor.user_id
    author = comment.user or comment.agent
    by = "" if mine else author.shown_name if author else "Somebody"
    return Asked(by, markdown.plain(comment.content, FEEDBACK_LENGTH))


def _people(task: Task) -> dict[int | None, str]:
    """The names of those who edited and approved the result, by id."""
    ids = [found for found in (task.result_edited_by_user_id, task.approved_by_user_id) if found is not None]
    return {**accounts.shown_names(ids)} if ids else {}
