from flask.typing import ResponseReturnValue

from helix.errors import Conflict, Unavailable
from helix.services import runs, tasks
from helix.web.blueprint import actor, by_htmx, page, part, section, see
from helix.web.tasks.panel import shown_run

door = section("runs")
DOORS = (door,)


@door.get("/runs/<int:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """A run with its steps, opened; without a script, the runs of its task."""
    run = runs.get(actor(), run_id)
    if not by_htmx():
        return see(f"/tasks/{run.task_id}?tab=runs")
    return part("runs/_run.html", run=shown_run(run), open=True)


@door.get("/tasks/<int:task_id>/prompt")
def prompt(task_id: int) -> ResponseReturnValue:
    """What the assigned agent would be sent if the task ran now."""
    task = tasks.get(actor(), task_id)
    try:
        context = {"preview": runs.preview(actor(), task_id), "problem": None}
    except (Conflict, Unavailable) as error:
        context = {"preview": None, "problem": error.message}
    if by_htmx():
        return part("agents/_preview.html", **context)
    return page("runs/prompt.html", here=f"board-{task.board_id}", task=task, **context)
