"""All fields of a task on one page: for who likes a form, and for who has no script."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.policies.moves import MOVES
from helix.services import agents, tasks
from helix.web.door import actor, around, page, section
from helix.web.formats import day_input, status_label
from helix.web.zone import viewers_zone

door = section("task_form")
DOORS = (door,)


@door.get("/tasks/<int:task_id>/edit")
def show(task_id: int) -> ResponseReturnValue:
    return form(task_id)


def form(
    task_id: int, typed: dict[str, Any] | None = None, problems: dict[str, str] | None = None, status: int = 200
) -> ResponseReturnValue:
    """With what was typed, where that was refused."""
    around()  # first, so that its board need not be read again
    task = tasks.get(actor(), task_id, to=tasks.lookup.policy.may_edit)
    present = {
        "title": task.title,
        "description": task.description,
        "status": task.status,
        "priority": task.priority,
        "assigned_agent_id": task.assigned_agent_id,
        "due_date": day_input(task.due_at, viewers_zone()),
        "tags": ", ".join(task.tags),
        "requires_approval": "1" if task.requires_approval else "0",
        "version": task.version,
    }
    return page(
        "tasks/edit.html",
        here=f"board-{task.board_id}",
        status=status,
        task=task,
        typed=present | (typed or {}),
        problems=problems or {},
        statuses=[(word, status_label(word)) for word in (task.status, *MOVES[task.status])],
        team=[(agent.id, f"{agent.name} · {agent.role_title}") for agent in agents.agents(texts=False)],
    )


def typed() -> dict[str, str]:
    """What was sent; of a checkbox with its hidden nought before it, the last."""
    return {name: values[-1] for name, values in request.form.lists()}
