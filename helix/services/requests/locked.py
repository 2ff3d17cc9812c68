from typing import NamedTuple

from sqlalchemy import select

from helix.db.locking import lock, lock_one
from helix.db.read import rows
from helix.extensions import db
from helix.models import HumanRequest, Run, Task, ToolCall
from helix.services.work.open_requests import chain


class Locked(NamedTuple):
    """A request with what it is about. `run` is the live run of its conversation, None when that has ended."""

    task: Task
    run: Run | None
    call: ToolCall | None
    request: HumanRequest


def locked(request_id: int) -> Locked | None:
    """Lock the task, the run, the call and the request, in this order, inside a transaction. None if it is missing."""
    known = rows(
        select(HumanRequest.task_id, HumanRequest.run_id, HumanRequest.tool_call_id).where(
            HumanRequest.id == request_id
        )
    )
    task = lock(Task, known[0].task_id) if known else None
    if task is None:
        return None
    _task_id, run_id, call_id = known[0]
    live_run = select(Run).where(Run.task_id == task.id, chain(run_id), Run.is_live).order_by(Run.id.desc()).limit(1)
    run = db.session.scalar(live_run.with_for_update(of=Run).execution_options(populate_existing=True))
    call = lock_one(ToolCall, call_id) if call_id else None
    return Locked(task, run, call, lock_one(HumanRequest, request_id))
