"""The API representations of workflows, their versions and their runs."""

from typing import Any

from helix.clock import iso
from helix.models import Workflow, WorkflowRun, WorkflowVersion
from helix.services.workflows import names


def serialize(workflow: Workflow) -> dict[str, Any]:
    """Without the draft: see `serialize_full`."""
    return {
        "id": workflow.id,
        "name": workflow.name,
        "description": workflow.description,
        "board_id": workflow.board_id,
        "number": workflow.number,
        "enabled": workflow.enabled,
        "version": workflow.version,
        "created_by_user_id": workflow.created_by_user_id,
        "created_at": iso(workflow.created_at),
        "updated_at": iso(workflow.updated_at),
    }


def serialize_version(version: WorkflowVersion) -> dict[str, Any]:
    return {
        "number": version.number,
        "definition": names.without_ids(version.definition),
        "user_id": version.user_id,
        "created_at": iso(version.created_at),
    }


def serialize_run(run: WorkflowRun) -> dict[str, Any]:
    """Without its steps: see `read.run_view`."""
    return {
        "id": run.id,
        "workflow_id": run.workflow_id,
        "number": run.number,
        "board_id": run.board_id,
        "input": run.input,
        "state": run.state,
        "reason": run.reason,
        "origin": run.origin,
        "max_usd": None if run.max_usd is None else float(run.max_usd),
        "started_by_user_id": run.started_by_user_id,
        "created_at": iso(run.created_at),
        "finished_at": iso(run.finished_at),
    }
