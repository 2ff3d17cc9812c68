from typing import Any

from helix.api.blueprint import actor, array, rows_wanted, section
from helix.schemas.common import Paging
from helix.schemas.run import PromptPreview, RunList, RunPath, RunWithSteps
from helix.schemas.task import TaskPath
from helix.services import runs

of_task_door = section("task_runs", "Runs", "/api/tasks/<int:task_id>/runs")
preview_door = section("task_prompt", "Runs", "/api/tasks/<int:task_id>/prompt")
door = section("runs", "Runs", "/api/runs")
DOORS = (of_task_door, preview_door, door)


@of_task_door.get("/", responses={200: RunList})
def index(path: TaskPath, query: Paging) -> Any:
    """The attempts at a task, newest first."""
    limit, offset = rows_wanted(query)
    found, total = runs.of_task(actor(), path.task_id, limit=limit, offset=offset)
    return array(runs.shown(found), total, query)


@preview_door.get("/", responses={200: PromptPreview})
def preview(path: TaskPath) -> Any:
    """What the assigned agent would be sent if the task ran now."""
    return runs.preview(actor(), path.task_id)


@door.get("/<int:run_id>", responses={200: RunWithSteps})
def show(path: RunPath) -> Any:
    """One attempt: its prompt as it was sent, what came back, and its steps."""
    run = runs.get(actor(), path.run_id)
    return {**runs.shown([run])[0], "prompt": run.prompt, "result": run.result, "steps": runs.shown_steps(run)}
