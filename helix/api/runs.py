from typing import Any

from helix.api.blueprint import actor, array_response, limit_and_offset, signed_in_blueprint
from helix.schemas.common import Paging
from helix.schemas.run import CallList, PromptPreview, RunList, RunPath, RunWithSteps
from helix.schemas.task import TaskPath
from helix.services import runs

of_task_blueprint = signed_in_blueprint("task_runs", "Runs", "/api/tasks/<int:task_id>/runs")
preview_blueprint = signed_in_blueprint("task_prompt", "Runs", "/api/tasks/<int:task_id>/prompt")
blueprint = signed_in_blueprint("runs", "Runs", "/api/runs")
BLUEPRINTS = (of_task_blueprint, preview_blueprint, blueprint)


@of_task_blueprint.get("/", responses={200: RunList})
def index(path: TaskPath, query: Paging) -> Any:
    """The attempts at a task, newest first."""
    limit, offset = limit_and_offset(query)
    found, total = runs.of_task(actor(), path.task_id, limit=limit, offset=offset)
    return array_response(runs.serialize(found), total, query)


@preview_blueprint.get("/", responses={200: PromptPreview})
def preview(path: TaskPath) -> Any:
    """The prompt that the assigned agent would get if the task ran now."""
    return runs.preview(actor(), path.task_id)


@blueprint.get("/<int:run_id>", responses={200: RunWithSteps})
def show(path: RunPath) -> Any:
    """One attempt with its prompt, result and steps, and the turns of its conversation."""
    run = runs.get(actor(), path.run_id)
    return {
        **runs.serialize([run])[0],
        "prompt": run.prompt,
        "result": run.result,
        "steps": runs.serialize_steps(run),
        "turns": runs.serialize_turns(runs.turns_of(run)),
    }


@blueprint.get("/<int:run_id>/calls", responses={200: CallList})
def calls(path: RunPath, query: Paging) -> Any:
    """The tool calls of an attempt and of those that it continues, oldest first."""
    limit, offset = limit_and_offset(query)
    found, total = runs.calls_of(actor(), path.run_id, limit=limit, offset=offset)
    return array_response(runs.serialize_calls(found), total, query)
