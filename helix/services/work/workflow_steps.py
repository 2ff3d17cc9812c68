"""The step of a workflow that a task is, for those who carry the task out."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import exists, select

from helix.extensions import db
from helix.models import Run, Task, WorkflowRun, WorkflowRunStep, WorkflowVersion


def definition_of_step(definition: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The step of a published definition; for an item such as `sections.2`, the step that each item is given."""
    name, _, item = key.partition(".")
    step = next(step for step in definition["steps"] if step["key"] == name)
    return step["step"] if item else step


def output_schema(task: Task) -> dict[str, Any] | None:
    """The JSON schema of the values that the task has to hand in; None if it is no step of a workflow, or has none."""
    if task.workflow_run_id is None or task.step_key is None:
        return None
    query = (
        select(WorkflowVersion.definition)
        .join(
            WorkflowRun,
            (WorkflowRun.workflow_id == WorkflowVersion.workflow_id) & (WorkflowRun.number == WorkflowVersion.number),
        )
        .where(WorkflowRun.id == task.workflow_run_id)
    )
    definition = db.session.scalar(query)
    return None if definition is None else definition_of_step(definition, task.step_key).get("output")


def keep_output(task_id: int, values: dict[str, Any]) -> bool:
    """Store the values of a step, inside a transaction. False when the task is no step of a workflow any more."""
    query = select(WorkflowRunStep).where(WorkflowRunStep.task_id == task_id).with_for_update()
    step = db.session.scalars(query.execution_options(populate_existing=True)).one_or_none()
    if step is None:
        return False
    step.output = values
    return True


def is_run_tainted(workflow_run_id: int) -> bool:
    """Whether an agent had read text of strangers in any task of the run: its results are passed on to the others."""
    query = exists().where(Task.id == Run.task_id, Task.workflow_run_id == workflow_run_id, Run.has_untrusted)
    return bool(db.session.scalar(select(query)))
