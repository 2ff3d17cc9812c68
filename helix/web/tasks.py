"""A task: its page, its panel, its card, and moving that."""

from typing import Any

from flask import request
from flask.typing import ResponseReturnValue

from helix.models import Task
from helix.models.vocabulary import TaskStatus
from helix.services import tasks
from helix.services.tasks import columns
from helix.web.board_filters import BoardFilter
from helix.web.cards import cards, may_with
from helix.web.door import actor, by_htmx, page, part, section, see
from helix.web.forms import chosen, ids
from helix.web.task_panel import panel
from helix.web.zone import viewers_zone_name

door = section("tasks")
DOORS = (door,)


@door.get("/tasks/<int:task_id>")
def show(task_id: int) -> ResponseReturnValue:
    context = panel(actor(), task_id, request.args.get("tab", "thread"))
    return page("tasks/page.html", here=f"board-{context['task_board'].id}", full=True, **context)


@door.get("/tasks/<int:task_id>/panel")
def show_panel(task_id: int) -> ResponseReturnValue:
    return panel_part(task_id)


def panel_part(task_id: int, *more: str, status: int = 200) -> ResponseReturnValue:
    """The panel as it is now, with toasts behind it."""
    context = panel(actor(), task_id, request.args.get("tab", "thread"))
    answer = part(
        "tasks/_panel.html",
        status,
        may=context["panel_may"],
        board=context["task_board"],
        full=_on_its_own_page(task_id),
        viewer={"id": actor().user_id},
        **context,
    )
    answer.set_data(answer.get_data(as_text=True) + "".join(more))
    return answer


def done(task_id: int, *more: str) -> ResponseReturnValue:
    """After a change: the panel for a script, the page for a plain form."""
    return panel_part(task_id, *more) if by_htmx() else see(f"/tasks/{task_id}")


def _on_its_own_page(task_id: int) -> bool:
    address = request.headers.get("HX-Current-URL", "").split("?")[0].split("#")[0]
    return address.endswith(f"/tasks/{task_id}")


@door.get("/tasks/<int:task_id>/card")
def card(task_id: int) -> ResponseReturnValue:
    """The card as it hangs on the board that asks; nothing (204) when it does not hang there any more."""
    board_id = request.args.get("board", 0, type=int)
    wanted = BoardFilter.of(request.args).wanted(actor(), board_id, viewers_zone_name())
    return _card(columns.card(actor(), wanted, task_id), board_id)


def _card(task: Task | None, board_id: int) -> ResponseReturnValue:
    if task is None:
        return "", 204
    may = may_with(actor(), task)
    return part("tasks/_card.html", task=cards(actor(), [task])[0], board_id=board_id, may=may)


@door.post("/tasks/<int:task_id>/move")
def move(task_id: int) -> ResponseReturnValue:
    """To a column, before a card of it or at its end. A plain move of a card brings no version to be stale."""
    changes: dict[str, Any] = {"before_id": ids(request.form.get("before_id", ""), "before_id")}
    if request.form.get("status"):
        changes["status"] = chosen(TaskStatus, "status", request.form["status"])
    task = tasks.edit(actor(), task_id, changes)
    return _card(task, task.board_id) if by_htmx() else see(f"/boards/{task.board_id}")
