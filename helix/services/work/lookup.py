from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Select, bindparam, select
from sqlalchemy.orm import joinedload, load_only

from helix.db.locking import KEY_SHARE, lock, lock_all
from helix.db.read import rows
from helix.errors import Forbidden, HelixError, Invalid, NotFound
from helix.extensions import db
from helix.models import Board, Task
from helix.models.vocabulary import BoardLevel
from helix.policies import boards as board_policy
from helix.policies import tasks as policy
from helix.policies.actor import Actor

KEPT_BOARD = (
    select(Board.id, Board.name).where(Board.id == bindparam("board_id")).with_for_update(of=Board, **KEY_SHARE)
)
_STANDING = select(Task.board_id, Task.deleted_at).where(Task.id == bindparam("task_id"))


def with_neighbours(query: Select[Task]) -> Select[Task]:
    """Load with the task, in the same statement, what showing it needs."""
    return query.options(
        joinedload(Task.assigned_agent),
        joinedload(Task.assigned_user),
        joinedload(Task.created_by),
        joinedload(Task.last_run),
    )


def placed(query: Select[Task]) -> Select[Task]:
    """Load only the board, position and agent of a task: enough to lay out a board."""
    return query.options(
        load_only(
            Task.status,
            Task.position,
            Task.board_id,
            Task.assigned_agent_id,
            Task.assigned_user_id,
            Task.priority_rank,
            Task.created_by_user_id,
            raiseload=True,
        )
    )


def get(
    actor: Actor, task_id: int, *, to: Callable[[Actor, Task], bool] = policy.may_see, deleted: bool = False
) -> Task:
    """The task, if `to` permits. Raises NotFound for an actor who may not see it, Forbidden if only `to` denies."""
    task = db.session.scalar(with_neighbours(select(Task).where(Task.id == task_id)))
    return _permitted(actor, task, to, deleted=deleted)


def see(actor: Actor, task_id: int) -> None:
    """Check access to a task whose parts are read separately. Raises NotFound when the actor may not see the task."""
    found = rows(_STANDING, task_id=task_id)
    refuse_unseen(actor, found[0] if found else None)


def refuse_unseen(actor: Actor, standing: Any) -> None:
    """`standing` is a row with `board_id` and `deleted_at` of a task, or None. Raises NotFound as `see`."""
    if standing is None or standing.deleted_at is not None or actor.level_on(standing.board_id) < BoardLevel.VIEW:
        raise NotFound("There is no such task.")


def get_for_update(
    actor: Actor, task_id: int, *, to: Callable[[Actor, Task], bool] = policy.may_edit, deleted: bool = False
) -> Task:
    """As `get`, inside a transaction: the row is locked and current."""
    return _permitted(actor, lock(Task, task_id), to, deleted=deleted)


def _permitted(actor: Actor, task: Task | None, to: Callable[[Actor, Task], bool], *, deleted: bool) -> Task:
    if task is None or (task.deleted_at is not None) != deleted or not policy.may_see(actor, task):
        raise NotFound("There is no such task.")
    if not to(actor, task):
        raise Forbidden(
            "You may see this task but not change it: it is somebody else's, and you do not manage its board."
        )
    return task


def get_many_for_update(
    actor: Actor,
    task_ids: Iterable[int],
    *,
    to: Callable[[Actor, Task], bool] = policy.may_edit,
    deleted: bool = False,
) -> list[Task]:
    """Several locked tasks, in the order of the ids, without duplicates; inside a transaction.

    Raises Invalid for ids that a body names and the actor does not see, Forbidden for the first he may not change.
    """
    wanted = list(dict.fromkeys(task_ids))
    found = {task.id: task for task in lock_all(Task, wanted)}
    tasks: list[Task] = []
    for place, task_id in enumerate(wanted):
        try:
            tasks.append(_permitted(actor, found.get(task_id), to, deleted=deleted))
        except NotFound as error:
            problem = {"loc": ["ids", place], "msg": f"There is no task {task_id}.", "type": "value_error"}
            raise Invalid([problem]) from error
        except Forbidden as error:
            raise Forbidden(f"Task {task_id}: {error.message}") from error
    return tasks


@contextmanager
def naming(task: Task) -> Iterator[None]:
    """Add the task to an error raised inside, for operations on several tasks."""
    try:
        yield
    except Invalid as error:
        problems = [problem | {"msg": f"Task {task.id} ({task.title}): {problem['msg']}"} for problem in error.problems]
        raise Invalid(problems) from error
    except HelixError as error:
        error.message = f"Task {task.id} ({task.title}): {error.message}"
        raise


def board_named_in_body(actor: Actor, board_id: int, query: Any = KEPT_BOARD, **values: Any) -> Any:
    """The row of a board that a body names: unknown or unseen is a value error there, not a 404. Held until the
    transaction ends, so that nobody deletes it before the task hangs there. `query` may ask for more along with it."""
    found = rows(query, board_id=board_id, **values)
    if not found or not board_policy.may_see(actor, board := found[0]):
        raise Invalid.field("board_id", f"There is no board {board_id}.")
    if not board_policy.may_create_tasks(actor, board):
        raise Forbidden(f"Your level on the board {board.name} does not let you put tasks there.")
    return board
