"""Limits that several runs share: of a task with those delegated from it, and of the run of a workflow.

Nothing is stored besides the limit: what counts is read from the runs, which keep what they have spent and reserved.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import aliased

from helix.db.read import rows
from helix.models import Run, Task, WorkflowRun

_Root = aliased(Task, name="root")
_LIMITS = (
    select(
        _Root.id.label("root_id"),
        _Root.max_usd.label("of_tree"),
        WorkflowRun.id.label("workflow_run_id"),
        WorkflowRun.max_usd.label("of_workflow"),
    )
    .select_from(Task)
    .join(_Root, _Root.id == func.coalesce(Task.root_task_id, Task.id))
    .outerjoin(WorkflowRun, WorkflowRun.id == _Root.workflow_run_id)
    .where(Task.id == bindparam("task_id"), or_(_Root.max_usd.is_not(None), WorkflowRun.max_usd.is_not(None)))
)
_USED = select(func.sum(Run.counted_usd), func.sum(Run.reserved_usd)).join(Task, Task.id == Run.task_id)
_USED_IN_TREE = _USED.where(or_(Task.id == bindparam("id"), Task.root_task_id == bindparam("id")))
_OF_RUN = select(Task.id).where(Task.workflow_run_id == bindparam("id"))
_USED_IN_WORKFLOW = _USED.where(or_(Task.workflow_run_id == bindparam("id"), Task.root_task_id.in_(_OF_RUN)))


@dataclass(frozen=True)
class SharedLimit:
    """`limit_usd`, and what is spent and reserved of it. `words` says whose it is."""

    words: str
    limit_usd: Decimal
    used_usd: Decimal

    @property
    def left_usd(self) -> Decimal:
        return self.limit_usd - self.used_usd

    @property
    def refusal(self) -> str:
        """Why a call was refused."""
        return f"{self.words} {self.limit_usd:.2f} USD, and what is left of it does not pay for this call."


def shared_limits(task_id: int) -> list[SharedLimit]:
    """The limits that hold for the runs of a task besides the monthly budgets. One query for a task without any.

    Two calls that reserve at once are kept apart by the organization's month, which both lock before (`reserve`).
    """
    found = rows(_LIMITS, task_id=task_id)
    if not found:
        return []
    row = found[0]
    limits = []
    if row.of_tree is not None:
        used = _used(_USED_IN_TREE, row.root_id)
        limits.append(SharedLimit("All runs of this task together may cost", row.of_tree, used))
    if row.of_workflow is not None:
        used = _used(_USED_IN_WORKFLOW, row.workflow_run_id)
        limits.append(SharedLimit("This run of the workflow may cost", row.of_workflow, used))
    return limits


def _used(query: Any, id: int) -> Decimal:
    counted, reserved = rows(query, id=id)[0]
    return (counted or Decimal(0)) + (reserved or Decimal(0))
