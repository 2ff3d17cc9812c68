"""The texts of a task: writing the description; showing, editing, downloading and comparing results."""

from typing import Any

from flask import Response, make_response, request
from flask.typing import ResponseReturnValue

from helix.errors import Conflict, Invalid, NotFound
from helix.models.vocabulary import TaskStatus
from helix.services import runs, tasks
from helix.services.tasks.edit import StaleTask
from helix.services.tasks.review import LONGEST_RESULT
from helix.services.work import lookup
from helix.text import filenames
from helix.web.blueprint import (
    actor,
    append_html,
    is_htmx_request,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.formatted import difference, html
from helix.web.forms import int_or_none, posted_text
from helix.web.tasks.result_view import result_of

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


@blueprint.get("/tasks/<int:task_id>/result")
def show(task_id: int) -> ResponseReturnValue:
    """The result, or with `?view=changes` or `edits` what changed in it, for the panel and the inbox."""
    part = _result(task_id, request.args.get("view", "result"))
    return part if is_htmx_request() else redirect_to(f"/tasks/{task_id}/results")


def _result(task_id: int, view: str = "result") -> Response:
    found = result_of(actor(), tasks.get(actor(), task_id), view=view)
    if found is None:
        raise NotFound("This task has no result yet.")
    return render_partial("tasks/_result.html", result=found)


@blueprint.get("/tasks/<int:task_id>/result/edit")
def edit_form(task_id: int) -> ResponseReturnValue:
    task = tasks.get(actor(), task_id, to=lookup.policy.may_review)
    if not task.result:
        raise NotFound("This task has no result yet.")
    return _edit_form(task_id, task.title, {"result": task.result, "version": task.version})


def _edit_form(
    task_id: int, title: str, typed: dict[str, Any], problem: str = "", present: str | None = None, status: int = 200
) -> Response:
    """`typed` is {result, version}. `present` is what somebody else has saved meanwhile."""
    context = {
        "task_id": task_id,
        "title": title,
        "typed": typed,
        "problem": problem,
        "present": present,
        "preview": html(typed["result"]),
    }
    if is_htmx_request():
        return render_partial("tasks/_result_edit.html", status, **context)
    return render_page("tasks/result_edit.html", status=status, **context)


@blueprint.post("/tasks/<int:task_id>/result")
def save(task_id: int) -> ResponseReturnValue:
    """Save the edited result. What was typed stays in the form when somebody else saved first."""
    typed = posted_text("result").replace("\r\n", "\n")
    try:
        tasks.edit_result(actor(), task_id, typed, version=int_or_none(request.form, "version"))
    except StaleTask as error:
        present = tasks.get(actor(), task_id)
        shown = {"result": typed, "version": present.version}
        return _edit_form(task_id, present.title, shown, error.message, present.result, 409)
    except (Invalid, Conflict) as error:
        present = tasks.get(actor(), task_id)
        message = str(error) if isinstance(error, Invalid) else error.message
        shown = {"result": typed, "version": request.form.get("version", "")}
        return _edit_form(task_id, present.title, shown, message, None, 422)
    if not is_htmx_request():
        return redirect_to(f"/tasks/{task_id}")
    return append_html(_result(task_id), render_toast("Saved the result.", kind="action"))


@blueprint.post("/tasks/<int:task_id>/result/preview")
def preview(task_id: int) -> ResponseReturnValue:
    """The typed text, rendered. Nothing is saved."""
    tasks.get(actor(), task_id, to=lookup.policy.may_review)
    return render_partial("tasks/_result_preview.html", preview=html(posted_text("result")[:LONGEST_RESULT]))


@blueprint.get("/tasks/<int:task_id>/results")
def compare(task_id: int) -> ResponseReturnValue:
    """All results of a task; `?run=` names the one that is compared with the one before, by default the newest."""
    task = tasks.get(actor(), task_id)
    finished = runs.with_results(task.id)
    chosen = int_or_none(request.args, "run")
    at = next((place for place, run in enumerate(finished) if run.id == chosen), 0)
    later, earlier = (finished[at] if finished else None), (finished[at + 1] if at + 1 < len(finished) else None)
    is_newest = at == 0
    text = (task.result if is_newest and task.result else later.result) if later else None
    return render_page(
        "tasks/results.html",
        here=f"board-{task.board_id}",
        task=task,
        result=result_of(actor(), task),
        results=runs.serialize(finished),
        later=later,
        earlier=earlier,
        is_newest=is_newest,
        whole=html(text),
        changes=difference(earlier.result or "", text or "") if later and earlier and earlier.result != text else "",
        may_decide=task.status == TaskStatus.REVIEW and lookup.policy.may_review(actor(), task),
    )
