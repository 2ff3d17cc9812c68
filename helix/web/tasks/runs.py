from flask.typing import ResponseReturnValue

from helix.errors import Conflict, Unavailable
from helix.services import runs, tasks
from helix.web.blueprint import actor, is_htmx_request, redirect_to, render_page, render_partial, signed_in_blueprint
from helix.web.tasks.panel import run_context

blueprint = signed_in_blueprint("runs")
BLUEPRINTS = (blueprint,)


@blueprint.get("/runs/<int:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """A run with its steps, opened; without a script, the runs of its task."""
    run = runs.get(actor(), run_id)
    if not is_htmx_request():
        return redirect_to(f"/tasks/{run.task_id}?tab=runs")
    return render_partial("runs/_run.html", run=run_context(run), open=True)


@blueprint.get("/tasks/<int:task_id>/prompt")
def prompt(task_id: int) -> ResponseReturnValue:
    """What the assigned agent would be sent if the task ran now."""
    task = tasks.get(actor(), task_id)
    try:
        context = {"preview": runs.preview(actor(), task_id), "problem": None}
    except (Conflict, Unavailable) as error:
        context = {"preview": None, "problem": error.message}
    if is_htmx_request():
        return render_partial("agents/_preview.html", **context)
    return render_page("runs/prompt.html", here=f"board-{task.board_id}", task=task, **context)
