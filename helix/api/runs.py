from typing import Any

from helix.api.door import actor, section
from helix.schemas.run import RunPath, RunWithSteps
from helix.schemas.task import TaskPath
from helix.services import runs

of_task_door = section("task_runs", "Runs", "/api/tasks/<int:task_id>/runs")
door = section("runs", "Runs", "/api/runs")
DOORS = (of_task_door, door)


@of_task_door.get("/")
def index(path: TaskPath) -> Any:
    """The attempts at a task, newest first."""
    return runs.shown(runs.of_task(actor(), path.task_id))


@door.get("/<int:run_id>", responses={200: RunWithSteps})
def show(path: RunPath) -> Any:
    """One attempt: its prompt as it was sent, what came back, and its steps."""
    run = runs.get(actor(), path.run_id)
    return {**runs.shown([run])[0], "prompt": run.prompt, "result": run.result, "steps": runs.shown_steps(run)}
