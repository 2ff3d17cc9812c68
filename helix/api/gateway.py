from typing import Any

from helix.api.blueprint import actor, signed_in_blueprint
from helix.api.idempotent import idempotent
from helix.schemas.gateway import GatewayOut
from helix.schemas.task import TaskPath, TaskQueued
from helix.services import monitoring, runs, tasks

blueprint = signed_in_blueprint("gateway", "Gateway", "/api/gateway", remembers=False)
BLUEPRINTS = (blueprint,)


@blueprint.get("/status", responses={200: GatewayOut})
def status() -> Any:
    """Whether runs can be executed: the queue responds and a worker is alive."""
    return monitoring.status()


@blueprint.post("/tasks/<int:task_id>/execute", responses={202: TaskQueued})
@idempotent
def execute(path: TaskPath) -> Any:
    """The same as executing the task."""
    task, run_id = runs.start(actor(), path.task_id)
    return {**tasks.serialize_one(actor(), task), "run_id": run_id}, 202
