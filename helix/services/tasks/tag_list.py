"""The tags of all tasks that a person sees: listed with counts, renamed and merged."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import func, or_, select

from helix.db.locking import lock_all
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.errors import Forbidden, Invalid
from helix.extensions import db
from helix.models import Board, SavedView, Skill, SkillTag, Task, TaskTag
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor
from helix.services.access import board_scope
from helix.services.tasks.edit import change
from helix.text.tags import tidy, tidy_all

# Tasks changed in one transaction.
CHUNK_SIZE = 200
MAX_LISTED = 1000


def tags(actor: Actor) -> list[dict[str, Any]]:
    """As {tag, task_count, skills}, the most used first: of live and archived tasks on boards that the actor sees.

    `skills` are the names of the skills that the tag activates.
    """
    count = func.count(Task.id)
    query = (
        select(TaskTag.tag, count.label("task_count"))
        .join(Task, Task.id == TaskTag.task_id)
        .where(Task.deleted_at.is_(None), board_scope(actor).includes(Task.board_id))
        .group_by(TaskTag.tag)
        .order_by(count.desc(), TaskTag.tag)
    )
    found = rows(query.limit(MAX_LISTED))
    activated: dict[str, list[str]] = {}
    for row in rows(select(SkillTag.tag, Skill.name).join(Skill, Skill.id == SkillTag.skill_id).order_by(Skill.name)):
        activated.setdefault(row.tag, []).append(row.name)
    return [{"tag": row.tag, "task_count": row.task_count, "skills": activated.get(row.tag, [])} for row in found]


def may_rename(actor: Actor) -> bool:
    """Whether there is a board whose tags the actor may rename."""
    return bool(rows(select(Board.id).where(board_scope(actor, BoardLevel.MANAGE).includes(Board.id)).limit(1)))


def rename(actor: Actor, old: Sequence[str], new: str) -> int:
    """Put `new` in place of every tag in `old`, on the boards that the actor manages. Returns the number of tasks.

    A board's saved filters follow. Each board is changed in transactions of at most CHUNK_SIZE tasks: after an error,
    the same call goes on where it stopped. Raises Forbidden for an actor who manages no board.
    """
    unwanted, wanted = set(tidy_all(old)), tidy(new)
    if not unwanted:
        raise Invalid.field("tags", "Choose at least one tag.")
    if not wanted or "," in wanted:
        raise Invalid.field("to", "Enter one tag, without commas.")
    unwanted.discard(wanted)
    unwanted.discard(wanted)
    if not may_rename(actor):
        raise Forbidden("You need the level “manage” on a board to rename its tags.")
    if not unwanted:
        return 0
    scope = board_scope(actor, BoardLevel.MANAGE)
    of_board = select(Task.board_id).join(TaskTag, TaskTag.task_id == Task.id).where(TaskTag.tag.in_(unwanted))
    in_views = select(SavedView.board_id).where(or_(*[SavedView.query.contains(_pair(tag)) for tag in unwanted]))
    board_ids = {
        *db.session.scalars(of_board.where(Task.deleted_at.is_(None), scope.includes(Task.board_id)).distinct()),
        *db.session.scalars(in_views.where(scope.includes(SavedView.board_id)).distinct()),
    }
    return sum(_rename_on_board(actor, board_id, unwanted, wanted) for board_id in sorted(board_ids))


def _rename_on_board(actor: Actor, board_id: int, unwanted: set[str], wanted: str) -> int:
    query = (
        select(Task.id)
        .join(TaskTag, TaskTag.task_id == Task.id)
        .where(Task.board_id == board_id, Task.deleted_at.is_(None), TaskTag.tag.in_(unwanted))
        .order_by(Task.id)
        .distinct()
    )
    changed, last = 0, 0
    while ids := list(db.session.scalars(query.where(Task.id > last).limit(CHUNK_SIZE))):
        last = ids[-1]
        with transaction():
            for task in lock_all(Task, ids):
                tags = [wanted if tag in unwanted else tag for tag in task.tags]
                # The task may have moved or lost the tag since it was found.
                if task.board_id == board_id and task.deleted_at is None and tags != task.tags:
                    change(actor, task, {"tags": tags})
                    changed += 1
    with transaction():
        for view in db.session.scalars(select(SavedView).where(SavedView.board_id == board_id).with_for_update()):
            fields = dict(parse_qsl(view.query))
            if fields.get("tag") in unwanted:
                view.query = urlencode({**fields, "tag": wanted})
    return changed


def _pair(tag: str) -> str:
    return urlencode({"tag": tag})
