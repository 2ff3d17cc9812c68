"""The texts of a task: editing the description, downloading the result, comparing results."""

from flask import make_response, request
from flask.typing import ResponseReturnValue

from helix.errors import NotFound
from helix.services import runs, tasks
from helix.services.work import lookup
from helix.text import diff, filenames
from helix.web.blueprint import actor, render_page, render_partial, signed_in_blueprint
from helix.web.formatted import html
from helix.web.forms import int_or_none

blueprint = signed_in_blueprint("results")
BLUEPRINTS = (blueprint,)


@blueprint.get("/tasks/<int:task_id>/description")
def write_description(task_id: int) -> ResponseReturnValue:
    """The description as a text box, for inline editing."""
    task = tasks.get(actor(), task_id, to=lookup.policy.may_edit)
    return render_partial("tasks/_describe.html", task=task)


@blueprint.get("/tasks/<int:task_id>/result.md")
def download(task_id: int) -> ResponseReturnValue:
    task = tasks.get(actor(), task_id)
    if not task.result:
        raise NotFound("This task has no result yet.")
    answer = make_response(task.result)
    answer.headers["Content-Type"] = "text/markdown; charset=utf-8"
    answer.headers.set("Content-Disposition", "attachment", filename=filenames.safe_name(f"{task.title[:80]}.md"))
    return answer


@blueprint.get("/tasks/<int:task_id>/results")
def compare(task_id: int) -> ResponseReturnValue:
    """The diff between two results; `?run=` names the later run, by default the newest."""
    task = tasks.get(actor(), task_id)
    finished = runs.with_results(task.id)
    chosen = int_or_none(request.args, "run")
    at = next((place for place, run in enumerate(finished) if run.id == chosen), 0)
    later, earlier = (finished[at] if finished else None), (finished[at + 1] if at + 1 < len(finished) else None)
    lines = diff.lines(earlier.result or "", later.result or "", context=4) if later and earlier else []
    return render_page(
        "tasks/results.html",
        here=f"board-{task.board_id}",
        task=task,
        results=runs.serialize(finished),
        later=later,
        earlier=earlier,
        lines=lines,
        whole=html(later.result) if later and not earlier else None,
    )
