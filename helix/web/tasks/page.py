"""A task: its page, its side panel, and moving its card."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Response, request
from flask.typing import ResponseReturnValue

from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.policies import tasks as policy
from helix.services import runs, tasks
from helix.services.tasks.undo import Snapshot
from helix.services.work import assignees, lookup
from helix.web.blueprint import (
    actor,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    signed_in_blueprint,
    toast_header,
)
from helix.web.boards import undo
from helix.web.boards.cards import cards, rights
from helix.web.boards.filters import LANES, lane_fields
from helix.web.formats import status_label
from helix.web.forms import parse_choice, parse_id
from helix.web.tasks import decisions
from helix.web.tasks.panel import assignable_agents, panel_context

blueprint = signed_in_blueprint("tasks")
BLUEPRINTS = (blueprint,)


@blueprint.get("/tasks/<int:task_id>")
def show(task_id: int) -> ResponseReturnValue:
    context = panel_context(actor(), task_id, request.args.get("tab", "thread"), layout_context().boards)
    return render_page("tasks/page.html", here=f"board-{context['task_board'].id}", full=True, **context)


@blueprint.get("/tasks/<int:task_id>/panel")
def show_panel(task_id: int) -> ResponseReturnValue:
    return render_panel(task_id)


@blueprint.get("/tasks/<int:task_id>/team")
def show_team(task_id: int) -> ResponseReturnValue:
    """The menu of agents and people, loaded when it opens."""
    task = tasks.get(actor(), task_id, to=lookup.policy.may_edit)
    return render_partial(
        "tasks/_team.html",
        task=task,
        agents=assignable_agents(),
        people=assignees.people(task.board_id),
        me=actor().user_id,
    )


@blueprint.get("/tasks/<int:task_id>/people")
def show_people(task_id: int) -> ResponseReturnValue:
    """The menu of people, loaded when it opens."""
    task = tasks.get(actor(), task_id, to=lookup.policy.may_edit)
    people = assignees.people(task.board_id)
    return render_partial("tasks/_people.html", task=task, people=people, me=actor().user_id)


def render_panel(task_id: int) -> Response:
    """Render the panel, with the tab that was asked for, else the one that is open."""
    context = panel_context(actor(), task_id, request.args.get("tab") or _open_tab(task_id))
    return render_partial(
        "tasks/_panel.html",
        may=context["panel_may"],
        board=context["task_board"],
        full=is_task_page(task_id),
        viewer={"id": actor().user_id},
        **context,
    )


def _open_tab(task_id: int) -> str:
    """The tab that the address of the page names, if its open task is this one."""
    address = urlsplit(request.headers.get("HX-Current-URL", ""))
    query = dict(parse_qsl(address.query))
    is_open = query.get("task") == str(task_id) or address.path == f"/tasks/{task_id}"
    return query.get("tab", "thread") if is_open else "thread"


def task_response(task_id: int, *, headers: dict[str, str] | None = None) -> ResponseReturnValue:
    """After a change: the panel for htmx, with these headers; a redirect to the page for a plain form."""
    return (render_panel(task_id), headers or {}) if is_htmx_request() else redirect_to(f"/tasks/{task_id}")


def is_task_page(task_id: int) -> bool:
    address = request.headers.get("HX-Current-URL", "").split("?")[0].split("#")[0]
    return address.endswith(f"/tasks/{task_id}")


@blueprint.post("/tasks/<int:task_id>/move")
def move(task_id: int) -> ResponseReturnValue:
    """Move a card to a column and lane, before or after another card, else to the end. Needs no version."""
    before = tasks.undo.snapshot([task_id], MOVE_FIELDS)
    task = tasks.edit(actor(), task_id, _where())
    if not is_htmx_request():
        return redirect_to(f"/boards/{task.board_id}")
    answer = render_partial(
        "boards/_cards.html", tasks=cards(actor(), [task]), board_id=task.board_id, may_for=rights(actor())
    )
    back = undo.undo_changes(task.board_id, tasks.undo.reverse_of(before, [task]))
    if not back and before and before[0].fields["status"] in DECIDED_FROM:
        back = decisions.undo_of(before, [task])
    # No toast for a move within its column.
    if before and any(getattr(task, name) != before[0].fields[name] for name in MOVE_FIELDS if name != "position"):
        words, offer = _words(task, before[0]), {}
        if task.status == TaskStatus.IN_PROGRESS != before[0].fields["status"] and _may_start(task):
            words = f"{words} {_agent_name(task)} has not started."
            offer = {"action": {"url": f"/tasks/{task.id}/execute", "label": "Run now", "values": {"from": "board"}}}
        answer.headers.update(toast_header(words, kind="action", **offer, **back))
    return answer


def _may_start(task: Task) -> bool:
    """Whether the task has an agent that the viewer could start now."""
    if not task.assigned_agent_id or not policy.may_execute(actor(), task):
        return False
    return not runs.live_status(task) and not runs.refusal(task)


def _agent_name(task: Task) -> str:
    agent = runs.agent_for(task)
    return agent.shown_name if agent else "The agent"


MOVE_FIELDS = ("status", "position", "assigned_agent_id", "priority")
# A card dragged out of these is a decision: it is undone as one, since the move table has no way back.
DECIDED_FROM = (TaskStatus.REVIEW, TaskStatus.APPROVED)


def _where() -> dict[str, Any]:
    changes: dict[str, Any] = {}
    if request.form.get("after_id"):
        changes["after_id"] = parse_id(request.form["after_id"], "after_id")
    else:
        changes["before_id"] = parse_id(request.form.get("before_id", ""), "before_id")
    if request.form.get("status"):
        changes["status"] = parse_choice(TaskStatus, "status", request.form["status"])
    if request.form.get("lanes") in LANES:
        changes |= lane_fields(request.form["lanes"], request.form.get("lane", ""))
    return changes


def _words(task: Task, before: Snapshot) -> str:
    title = undo.shorten_title(task.title)
    if task.status != before.fields["status"]:
        return f"Moved “{title}” to {status_label(task.status)}."
    if task.priority != before.fields["priority"]:
        return f"Set “{title}” to {task.priority} priority."
    return (
        f"Gave “{title}” to {task.assigned_agent.shown_name}."
        if task.assigned_agent
        else f"Took the agent off “{title}”."
    )
