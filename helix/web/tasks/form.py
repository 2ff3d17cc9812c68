"""The edit form of a task with all fields on one page. Works without JavaScript."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.models import Task
from helix.policies.moves import MOVES
from helix.services import agents, tasks
from helix.services.work import assignees, lookup
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
    """Render the form; after an error, with what was typed."""
    layout_context()  # loads the boards into the session, so that tasks.get() does not query them again
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
        people=_people(task),
    )


def current_values(task: Task) -> dict[str, str]:
    """The values of the form for a stored task."""
    return {
        "title": task.title,
        "description": task.description,
        "status": str(task.status),
        "priority": str(task.priority),
        "assigned_agent_id": str(task.assigned_agent_id or ""),
        "assigned_user_id": str(task.assigned_user_id or ""),
        "due_date": day_input(task.due_at, due_zone()),
        "tags": ", ".join(task.tags),
        "requires_approval": "1" if task.requires_approval else "0",
    }


def _team(task: Task) -> list[tuple[int, str]]:
    """The agents the task can be assigned to, including a deleted one that is still assigned."""
    team = [(agent.id, f"{agent.name} · {agent.role_title}") for agent in agents.agents(texts=False)]
    if task.assigned_agent and task.assigned_agent_id not in dict(team):
        team.append((task.assigned_agent.id, task.assigned_agent.shown_name))
    return team


def _people(task: Task) -> list[tuple[int, str]]:
    """The people the task can be assigned to, including one who may not see the board any more."""
    people = [(person["id"], person["name"]) for person in assignees.people(task.board_id)]
    if task.assigned_user and task.assigned_user_id not in dict(people):
        people.append((task.assigned_user.id, task.assigned_user.shown_name))
    return people


def posted_values() -> dict[str, str]:
    """The posted values. Of repeated fields the last counts: a checkbox follows a hidden "0"."""
    return {name: values[-1] for name, values in request.form.lists()}
