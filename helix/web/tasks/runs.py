from flask.typing import ResponseReturnValue

from helix.errors import Conflict, Unavailable
from helix.models import Run
from helix.models.vocabulary import RunStatus
from helix.policies.failures import FAILURE_TEXTS
from helix.services import runs, tasks
from helix.web.blueprint import actor, is_htmx_request, redirect_to, render_page, render_partial, signed_in_blueprint
from helix.web.tasks.panel import run_context

blueprint = signed_in_blueprint("runs")
BLUEPRINTS = (blueprint,)


@blueprint.get("/runs/<int:run_id>")
def show(run_id: int) -> ResponseReturnValue:
    """A run with its steps; without htmx, a redirect to the runs of its task."""
    run = runs.get(actor(), run_id)
    if not is_htmx_request():
        return redirect_to(f"/tasks/{run.task_id}?tab=runs")
    return render_partial("runs/_run.html", run=run_context(run), open=True)


@blueprint.get("/tasks/<int:task_id>/prompt")
def prompt(task_id: int) -> ResponseReturnValue:
    """The prompt that the assigned agent would get if the task ran now."""
    task = tasks.get(actor(), task_id)
    try:
        context = {"preview": runs.preview(actor(), task_id), "problem": None}
    except (Conflict, Unavailable) as error:
        context = {"preview": None, "problem": error.message}
    if is_htmx_request():
        return render_partial("agents/_preview.html", **context)
    return render_page("runs/prompt.html", here=f"board-{task.board_id}", task=task, **context)


@blueprint.get("/tasks/<int:task_id>/answering")
def show_answering(task_id: int) -> ResponseReturnValue:
    found = runs.answers_under_way(tasks.get(actor(), task_id))
    waiting = runs.reasons_of(found, actor().zone)
    return render_partial("comments/_answering.html", answers=[(run, _why(run, waiting)) for run in found])


def _why(run: Run, waiting: dict[int, dict[str, str | None]]) -> str:
    if run.id in waiting:
        return waiting[run.id]["message"] or ""
    if run.status == RunStatus.FAILED and run.reason:
        return f"{run.message or FAILURE_TEXTS[run.reason].short} {FAILURE_TEXTS[run.reason].next_step}"
    return ""
