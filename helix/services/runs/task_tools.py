"""What the calls of tools that a task has of its own mean for the end of a run."""

from sqlalchemy import select

from helix.extensions import db
from helix.models import Run, Task, ToolCall
from helix.models.vocabulary import ToolCallState, Trigger
from helix.services import tools
from helix.services.work import workflow_steps


def misses_values(run: Run, task: Task) -> bool:
    """Whether the task has to hand in values and this run has not."""
    if run.trigger == Trigger.MENTION or task.workflow_run_id is None:
        return False
    return workflow_steps.output_schema(task) is not None and not _has_called(run, tools.HAND_IN)


def has_nothing_to_report(run: Run, task: Task) -> bool:
    """Whether the agent has said so of a task of a quiet schedule."""
    if run.trigger == Trigger.MENTION or task.schedule_id is None:
        return False
    return _has_called(run, tools.REPORT_NOTHING)


def _has_called(run: Run, name: str) -> bool:
    if run.conversation_id is None:
        return False
    query = select(ToolCall.id).where(
        ToolCall.conversation_id == run.conversation_id, ToolCall.name == name, ToolCall.state == ToolCallState.DONE
    )
    return db.session.scalar(query.limit(1)) is not None
