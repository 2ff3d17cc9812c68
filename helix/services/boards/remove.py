"""Deleting a board. Its tasks and history move to another board in batches."""

from itertools import groupby
from typing import Any

from fractional_indexing import generate_n_keys_between
from sqlalchemy import delete as delete_rows
from sqlalchemy import func, select, update

from helix import live
from helix.db.locking import lock, lock_all
from helix.db.transaction import transaction
from helix.errors import Conflict, Invalid, NotFound
from helix.extensions import db
from helix.models import (
    Activity,
    Agent,
    Board,
    Notification,
    Schedule,
    Task,
    TaskTally,
    TaskTemplate,
    Workflow,
    WorkflowRun,
)
from helix.models.vocabulary import TaskStatus, WorkflowState
from helix.policies.actor import Actor
from helix.services import activity, notifications
from helix.services.boards.write import describe_counts, require_admin
from helix.services.required_rows import get_required
from helix.services.work import positions

BATCH_SIZE = 500


def delete(actor: Actor, board_id: int, *, move_to: int | None = None) -> None:
    """Delete a board. Its tasks, agents, schedules and history move to the board `move_to`. For admins.

    Raises Conflict with the counts when the board is not empty and `move_to` is None. Deleted tasks that can still be
    restored count, too.
    """
    require_admin(actor)
    get_required(Board, board_id, "board")
    if move_to is not None:
        if move_to == board_id or db.session.get(Board, move_to) is None:
            raise Invalid.field("move_to", f"There is no other board {move_to}.")
        # Move most rows before the last transaction, so that it holds its locks for a short time.
        while _move_task_batch(board_id, move_to) or _move_history_batch(board_id, move_to):
            pass
    with transaction() as after_commit:
        # Before the boards, in the order of the scheduler.
        schedule_ids = db.session.scalars(select(Schedule.id).where(Schedule.board_id == board_id))
        schedules = lock_all(Schedule, schedule_ids)
        board, target = _lock_boards(board_id, move_to)
        if target is None:
            _require_empty(board)
        else:
            while _move_task_batch(board_id, target.id) or _move_history_batch(board_id, target.id):
                pass
        db.session.execute(
            update(Agent)
            .where(Agent.primary_board_id == board_id)
            .values(primary_board_id=target.id if target else None)
        )
        _move_workflows(board, target)
        for schedule in schedules:
            schedule.board_id = target.id if target else None
        if target is not None:
            db.session.execute(update(TaskTemplate).where(TaskTemplate.board_id == board_id).values(board_id=target.id))
        # Without a board there is no level to check: the remaining entries become admin-only.
        for table in (Activity, Notification):
            db.session.execute(update(table).where(table.board_id == board_id).values(board_id=None, admin_only=True))
        db.session.execute(delete_rows(TaskTally).where(TaskTally.board_id == board_id))
        db.session.delete(board)
        details: dict[str, Any] = {"moved_to": target.name} if target else {}
        activity.record(actor, "board.deleted", "board", board_id, board.name, admin_only=True, **details)
        after_commit(live.publish, "board", board_id)
        if target:
            after_commit(live.publish, "board", target.id, board_id=target.id)


def _move_workflows(board: Board, target: Board | None) -> None:
    """Workflows and their runs follow the tasks. Without a board to go to, runs that have ended are deleted.

    Raises Conflict while one is under way, whose tasks are on other boards by now.
    """
    heir_id = target.id if target else None
    db.session.execute(update(Workflow).where(Workflow.board_id == board.id).values(board_id=heir_id))
    runs = WorkflowRun.board_id == board.id
    if target is not None:
        db.session.execute(update(WorkflowRun).where(runs).values(board_id=target.id))
        return
    running = select(func.count(WorkflowRun.id)).where(runs, WorkflowRun.state == WorkflowState.RUNNING)
    if db.session.scalar(running):
        raise Conflict(f"A workflow is under way on {board.name}. Cancel its run first, or name a `move_to`.")
    db.session.execute(delete_rows(WorkflowRun).where(runs))


def content_counts(board_id: int) -> dict[str, int]:
    """The numbers of tasks, archived_tasks, deleted_tasks, agents and schedules of a board."""
    deleted = Task.deleted_at.is_not(None)
    row = (
        db.session.execute(
            select(
                func.count(Task.id).filter(~deleted, ~Task.archived).label("tasks"),
                func.count(Task.id).filter(~deleted, Task.archived).label("archived_tasks"),
                func.count(Task.id).filter(deleted).label("deleted_tasks"),
            ).where(Task.board_id == board_id)
        )
        .mappings()
        .one()
    )
    agents = select(func.count(Agent.id)).where(Agent.primary_board_id == board_id, Agent.deleted_at.is_(None))
    schedules = select(func.count(Schedule.id)).where(Schedule.board_id == board_id)
    return {**row, "agents": db.session.scalar(agents) or 0, "schedules": db.session.scalar(schedules) or 0}


def _lock_boards(board_id: int, move_to: int | None) -> tuple[Board, Board | None]:
    """The board and the one to move to, locked in the order of their ids to avoid deadlocks."""
    found = {id: lock(Board, id) for id in sorted({board_id, move_to or board_id})}
    board, heir = found[board_id], found[move_to] if move_to else None
    if board is None:
        raise NotFound("There is no such board.")
    if move_to is not None and heir is None:
        raise Invalid.field("move_to", f"There is no other board {move_to}.")
    return board, heir


def _require_empty(board: Board) -> None:
    counts = content_counts(board.id)
    if not any(counts.values()):
        return
    words = {
        "agent": counts["agents"],
        "schedule": counts["schedules"],
        "task": counts["tasks"],
        "archived task": counts["archived_tasks"],
        "deleted task": counts["deleted_tasks"],
    }
    restorable = " Deleted tasks can be restored for 30 days." if counts["deleted_tasks"] else ""
    raise Conflict(
        f"{board.name} still holds {describe_counts(words)}. Move them first, or name with `move_to` "
        f"the board that they go to.{restorable}",
        holds=counts,
    )


def _move_task_batch(board_id: int, heir_id: int) -> int:
    """Move up to BATCH_SIZE tasks to the end of the other board's columns, keeping their order."""
    with transaction():
        on_board = select(Task.id).where(Task.board_id == board_id)
        ids = db.session.scalars(on_board.order_by(Task.position, Task.id).limit(BATCH_SIZE)).all()
        tasks = [task for task in lock_all(Task, ids) if task.board_id == board_id]
        tasks.sort(key=lambda task: (_column(task), task.position, task.id))
        for status, column in groupby(tasks, key=_column):
            column_tasks = list(column)
            first = positions.at_the_end(heir_id, status)
            ranks = [first, *generate_n_keys_between(first, None, n=len(column_tasks) - 1)]
            for card, rank in zip(column_tasks, ranks, strict=True):
                card.position = rank
                card.board_id = heir_id
                card.version += 1
            db.session.flush()
        notifications.moved([task.id for task in tasks], heir_id)
    return len(ids)


def _column(task: Task) -> TaskStatus:
    return positions.statuses_of_column(task.status)[0]


def _move_history_batch(board_id: int, heir_id: int) -> int:
    with transaction():
        ids: Any = db.session.scalars(select(Activity.id).where(Activity.board_id == board_id).limit(BATCH_SIZE)).all()
        if ids:
            db.session.execute(update(Activity).where(Activity.id.in_(ids)).values(board_id=heir_id))
    return len(ids)
