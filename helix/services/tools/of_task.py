"""Built-in tools that are offered for some tasks only, whatever was granted: the task decides, and its parameters."""

from collections.abc import Callable
from typing import Any

from helix.extensions import db
from helix.models import Schedule, Task
from helix.services.tools.context import ToolContext, ToolFailed, ToolResult
from helix.services.tools.definitions import HAND_IN, REPORT_NOTHING
from helix.services.work import workflow_steps

_NO_PARAMETERS: dict[str, Any] = {"type": "object", "properties": {}, "additionalProperties": False}


def parameters_of(name: str, task: Task) -> dict[str, Any] | None:
    """The JSON schema of the tool's arguments for this task; None when the tool is not offered for it."""
    return _PARAMETERS[name](task)


def hand_in(context: ToolContext, /, **values: Any) -> ToolResult:
    """Keep the values of a step of a workflow. They fit the schema: arguments are checked before."""
    if not workflow_steps.keep_output(context.task_id, values):
        raise ToolFailed("This task is not a step of a workflow any more.")
    return ToolResult("The values were handed in. Now write your answer.")


def report_nothing(_context: ToolContext) -> ToolResult:
    """The end of the run sees that it was called: it stores the task away without asking or telling anybody."""
    return ToolResult("Noted. End with one sentence on what you have looked at.")


def _for_quiet_schedule(task: Task) -> dict[str, Any] | None:
    schedule = db.session.get(Schedule, task.schedule_id) if task.schedule_id else None
    return _NO_PARAMETERS if schedule is not None and schedule.quiet else None


_PARAMETERS: dict[str, Callable[[Task], dict[str, Any] | None]] = {
    HAND_IN: workflow_steps.output_schema,
    REPORT_NOTHING: _for_quiet_schedule,
}
