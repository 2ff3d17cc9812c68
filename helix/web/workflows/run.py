"""A run of a workflow: its picture with the states of the steps, and what people do with it."""

from typing import Any

from flask import flash, request
from flask.typing import ResponseReturnValue

from helix.services import workflows
from helix.services.work import assignees
from helix.web import forms
from helix.web.blueprint import (
    actor,
    append_html,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    render_toast,
    signed_in_blueprint,
)
from helix.web.workflows import output_fields
from helix.web.workflows.graph import drawn
from helix.web.workflows.step_kinds import KIND_WORDS

blueprint = signed_in_blueprint("workflow_run")
BLUEPRINTS = (blueprint,)
# (word, icon, tone of the badge) of each state of a step.
STATES = {
    "waiting": ("Waiting", "clock", ""),
    "active": ("Under way", "play", "info"),
    "done": ("Done", "check", "ok"),
    "failed": ("Failed", "circle-alert", "danger"),
    "skipped": ("Skipped", "arrow-right", "warn"),
    "not_taken": ("Not taken", "x", ""),
    "cancelled": ("Cancelled", "x", ""),
}
RUN_STATES = {
    "running": ("Under way", "info"),
    "done": ("Done", "ok"),
    "failed": ("Failed", "danger"),
    "cancelled": ("Cancelled", ""),
}


@blueprint.get("/workflow-runs/<int:workflow_run_id>")
def show(workflow_run_id: int) -> ResponseReturnValue:
    return render_page("workflows/run.html", here="workflows", part="shown", **_context(workflow_run_id))


@blueprint.post("/workflow-runs/<int:workflow_run_id>/cancel")
def cancel(workflow_run_id: int) -> ResponseReturnValue:
    return _after(
        workflow_run_id, lambda: workflows.cancel(actor(), workflow_run_id), "Cancelled. Open tasks are cancelled, too."
    )


@blueprint.post("/workflow-runs/<int:workflow_run_id>/steps/<step_key>/retry")
def retry(workflow_run_id: int, step_key: str) -> ResponseReturnValue:
    return _after(
        workflow_run_id, lambda: workflows.retry_step(actor(), workflow_run_id, step_key), "The step is done again."
    )


@blueprint.post("/workflow-runs/<int:workflow_run_id>/steps/<step_key>/skip")
def skip(workflow_run_id: int, step_key: str) -> ResponseReturnValue:
    """Go on without a step. `values` are JSON, `result` a text, `taken` the way of a choice."""

    def change() -> None:
        workflows.skip_step(actor(), workflow_run_id, step_key, _values(workflow_run_id))

    return _after(workflow_run_id, change, "Skipped. The run goes on.", step_key)


def _values(run_id: int) -> dict[str, Any]:
    """What was typed in place of what the step would have brought."""
    # Who may not see the run learns nothing of its values.
    workflows.run(actor(), run_id)
    if request.form.get("taken"):
        return {"taken": request.form["taken"]}
    if "values" in request.form:
        return output_fields.read_values(forms.posted_text("values"))
    result = forms.posted_text("result").strip()
    return {"result": result} if result else {}


def _after(run_id: int, change: Any, said: str, key: str = "") -> ResponseReturnValue:
    try:
        change()
    except forms.FORM_ERRORS as error:
        message = " ".join(forms.error_messages(error).values())
        if not is_htmx_request():
            flash(message, "danger")
            return redirect_to(f"/workflow-runs/{run_id}")
        refused = {"key": key, "message": message, "values": forms.posted_text("values")}
        return render_partial("workflows/_run.html", 422, **_context(run_id), refused=refused)
    if not is_htmx_request():
        flash(said, "ok")
        return redirect_to(f"/workflow-runs/{run_id}")
    return append_html(render_partial("workflows/_run.html", **_context(run_id)), render_toast(said))


def _context(run_id: int) -> dict[str, Any]:
    run = workflows.run_view(actor(), run_id)
    return {
        "run": run,
        "graph": drawn(run["steps"]),
        "states": STATES,
        "run_states": RUN_STATES,
        "kinds": KIND_WORDS,
        "board_name": next((board.name for board in layout_context().boards if board.id == run["board_id"]), ""),
        "started_by": dict(assignees.everybody()).get(run["started_by_user_id"]),
        "value_hints": {
            step["key"]: output_fields.empty_values(step["output_schema"])
            for step in run["steps"]
            if step["output_schema"]
        },
    }
