"""Workflows: definitions of tasks that need one another, their versions, and their runs.

A run has no engine of its own: its steps are tasks with links, and what follows from a task's change happens in the
transaction of that change (`advance.tasks_changed`). `definition.describe_errors` and `graph` are pure.
"""

from helix.services.workflows.advance import resume_due, tasks_changed
from helix.services.workflows.change import cancel, retry_step, skip_step
from helix.services.workflows.definition import (
    COMPARISONS,
    INPUT_TYPES,
    KINDS,
    MOST_INPUTS,
    MOST_STEPS,
    graph,
    why_unstorable,
)
from helix.services.workflows.lookup import get, latest_runs, run, runs, version_of, versions, workflows
from helix.services.workflows.read import run_view, workflow_view
from helix.services.workflows.serialize import serialize, serialize_run, serialize_version
from helix.services.workflows.start import start
from helix.services.workflows.write import create, delete, describe_errors, edit, publish, set_enabled
from helix.services.workflows.yaml_format import LONGEST as LONGEST_YAML
from helix.services.workflows.yaml_format import export, load, load_into

__all__ = [
    "COMPARISONS",
    "INPUT_TYPES",
    "KINDS",
    "LONGEST_YAML",
    "MOST_INPUTS",
    "MOST_STEPS",
    "cancel",
    "create",
    "delete",
    "describe_errors",
    "edit",
    "export",
    "get",
    "graph",
    "latest_runs",
    "load",
    "load_into",
    "publish",
    "resume_due",
    "retry_step",
    "run",
    "run_view",
    "runs",
    "serialize",
    "serialize_run",
    "serialize_version",
    "set_enabled",
    "skip_step",
    "start",
    "tasks_changed",
    "version_of",
    "versions",
    "why_unstorable",
    "workflow_view",
    "workflows",
]
