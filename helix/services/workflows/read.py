"""What is shown of workflows and of their runs."""

from typing import Any

from sqlalchemy import select

from helix.clock import iso
from helix.extensions import db
from helix.models import Task, Workflow, WorkflowRunStep
from helix.policies import workflows as policy
from helix.policies.actor import Actor
from helix.services.workflows import lookup, names
from helix.services.workflows.definition import Step
from helix.services.workflows.serialize import serialize, serialize_run
from helix.services.workflows.state import RunState
from helix.services.workflows.write import describe_errors


def workflow_view(actor: Actor, workflow: Workflow) -> dict[str, Any]:
    """A workflow in full, for the editor and the dialog that starts it.

    As `serialize`, with `definition` (the draft), `problems` (its errors as `definition.describe_errors` gives them;
    empty when it can be published), `published` (the definition that a start uses, or None), `is_published` (the draft
    is the newest version), and `may_edit`.
    """
    version = lookup.version_of(workflow.id, workflow.number) if workflow.number else None
    published = names.without_ids(version.definition) if version is not None else None
    return {
        **serialize(workflow),
        "definition": workflow.draft,
        "problems": describe_errors(workflow),
        "published": published,
        "is_published": published == workflow.draft,
        "may_edit": policy.may_write(actor),
    }


def run_view(actor: Actor, run_id: int) -> dict[str, Any]:
    """A run with its steps, for the page and the API. Raises NotFound when the actor may not see its board.

    As `serialize_run`, with `workflow_name`, `may_change` (cancel, retry and skip), and `steps`: in the order of the
    definition, the items of an `each` (keys `sections.1`, `sections.2` ...) right after it:

        {"key", "kind", "title": text, "needs": [keys], "state": waiting | active | done | failed | skipped |
         not_taken | cancelled, "reason": text | None, "task_id": id | None, "task_status": status | None,
         "output": {...} | None, "output_schema": {...} | None, "resume_at": time | None, "finished_at": time | None}

    `task_id` is None for kinds without a task, and once the task was deleted for good. `output` of a choice is
    `{"taken": "then" | "otherwise"}`. `output_schema` is what `skip_step` wants as values, None if nothing.
    """
    run = lookup.run(actor, run_id)
    state = RunState.of(run)
    query = select(Task.id, Task.title, Task.status).where(Task.workflow_run_id == run.id, Task.deleted_at.is_(None))
    tasks = {row.id: row for row in db.session.execute(query)}

    def shown(row: WorkflowRunStep) -> dict[str, Any]:
        step = state.step_of(row.key)
        task = tasks.get(row.task_id) if row.task_id else None
        is_item = row.key not in state.by_key
        return {
            "key": row.key,
            "kind": row.kind,
            "title": task.title if task else _title(step, row.key),
            "needs": [row.key.partition(".")[0]] if is_item else list(step.get("needs") or ()),
            "state": row.state,
            "reason": row.reason,
            "task_id": task.id if task else None,
            "task_status": task.status if task else None,
            "output": row.output,
            "output_schema": step.get("output"),
            "resume_at": iso(row.resume_at),
            "finished_at": iso(row.finished_at),
        }

    steps = []
    for step in state.definition["steps"]:
        steps.append(shown(state.rows[step["key"]]))
        steps += [shown(item) for item in state.items_of(step["key"])]
    workflow = db.session.get_one(Workflow, run.workflow_id)
    return {
        **serialize_run(run),
        "workflow_name": workflow.name,
        "may_change": policy.may_change_run(actor, run),
        "steps": steps,
    }


def _title(step: Step, key: str) -> str:
    """The title of a step without a task, in words when it has none."""
    if step.get("title"):
        return str(step["title"])
    if step.get("kind") == "wait":
        return f"Wait {step['hours']:g} hours"
    return key.replace("_", " ").capitalize()
