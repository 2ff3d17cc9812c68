"""All fields of a task on one page: for who likes a form, and for who has no script."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.models import Task
from helix.policies.moves import MOVES
from helix.services import agents, tasks
from helix.services.work import lookup
from helix.web.blueprint import actor, layout_context, render_page, signed_in_blueprint
from helix.web.formats import day_input, status_label
from helix.web.time_zones import due_zone

blueprint = signed_in_blueprint("task_form")
BLUEPRINTS = (blueprint,)


@blueprint.get("/tasks/<int:task_id>/edit")
def show(task_id: int) -> ResponseReturnValue:
    return render_form(task_id)


def render_form(
    task_id: int, typed: dict[str, Any] | None = None, problems: dict[str, str] | None = None, status: int = 200
) -> ResponseReturnValue:
    """With what was typed, where that was refused."""
    layout_context()  # first, so that its board need not be read again
    task = tasks.get(actor(), task_id, to=lookup.policy.may_edit)
    return render_page(
        "tasks/edit.html",
        here=f"board-{task.board_id}",
        status=status,
        task=task,
        typed=current_values(task) | {"version": task.version} | (typed or {}),
        problems=problems or {},
        statuses=[(word, status_label(word)) for word in (task.status, *MOVES[task.status])],
        team=_team(task),
    )


def current_values(task: Task) -> dict[str, str]:
    """A task in the shape of what is typed, as every form shows it."""
    return {
        "title": task.title,
        "description": task.description,
        "status": str(task.status),
        "priority": str(task.priority),
        "assigned_agent_id": str(task.assigned_agent_id or ""),
        "due_date": day_input(task.due_at, due_zone()),
        "tags": ", ".join(task.tags),
        "requires_approval": "1" if task.requires_approval else "0",
    }


def _team(task: Task) -> list[tuple[int, str]]:
    """Whom the task can be given to. An agent that is gone stays with the task until somebody takes it off."""
    team = [(agent.id, f"{agent.name} · {agent.role_title}") for agent in agents.agents(texts=False)]
    if task.assigned_agent and task.assigned_agent_id not in dict(team):
        team.append((task.assigned_agent.id, task.assigned_agent.shown_name))
    return team


def posted_values() -> dict[str, str]:
    """What was sent; of a checkbox with its hidden nought before it, the last."""
    return {name: values[-1] for name, values in request.form.lists()}
