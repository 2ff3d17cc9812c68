"""The rows that a run depends on, read in one statement."""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import bindparam, select

from helix.db.read import rows
from helix.models import Agent, AiModel, Department, Organization, Run, Task
from helix.models.types import Id
from helix.services import settings
from helix.services.work.rules import Model, is_usable_by_agent

# The columns that a run needs, by model.
WANTED: dict[str, tuple[Any, str]] = {
    "task": (
        Task,
        "id board_id title description priority_rank due_at tags result result_run_id comment_count attachment_count"
        " status created_by_user_id archived deleted_at last_run_id schedule_id workflow_run_id step_key"
        " parent_task_id",
    ),
    "agent": (Agent, "id name role_title system_prompt max_output_tokens"),
    "department": (Department, "id name"),
    "organization": (
        Organization,
        "id name timezone run_timeout_seconds stream_idle_seconds unknown_price_per_million_usd",
    ),
    "model": (
        Model,
        "id provider model_name base_url api_key_encrypted context_window max_output_tokens"
        " supports_tools input_cost_per_million output_cost_per_million",
    ),
    "run": (Run, "id trigger comment_id requested_by_user_id conversation_id"),
}


class RunContext(NamedTuple):
    """Detached objects with the needed columns only; None where a row is missing."""

    task: Task
    agent: Agent
    department: Department | None
    organization: Organization
    model: AiModel | None
    run: Run | None


def read(task_id: int, agent_id: int, run_id: int | None) -> RunContext:
    """For a run, or for one that would start now (`run_id` None). `model` is the model it would use."""
    (row,) = rows(_query(), task=task_id, agent=agent_id, run=run_id)
    cells = iter(row)
    objects: dict[str, Any] = {}
    for name, (table, columns) in WANTED.items():
        values = {column: next(cells) for column in columns.split()}
        kind = AiModel if table is Model else table
        objects[name] = None if values["id"] is None else kind(**values)
    objects["organization"] = objects["organization"] or settings.organization()
    return RunContext(**objects)


@cache
def _query() -> Any:
    wanted = [getattr(table, column) for table, columns in WANTED.values() for column in columns.split()]
    return (
        select(*wanted)
        .select_from(Task)
        .join(Agent, Agent.id == bindparam("agent", type_=Id))
        .outerjoin(Department, Department.id == Agent.department_id)
        .outerjoin(Organization, Organization.id == 1)
        .outerjoin(Model, is_usable_by_agent)
        .outerjoin(Run, Run.id == bindparam("run", type_=Id))
        .where(Task.id == bindparam("task", type_=Id))
    )
