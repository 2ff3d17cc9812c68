"""The right to see, as SQL: one helper for every list, count, search, feed and stream."""

from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, false, or_, true

from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor


def on_visible_boards(actor: Actor, board_id: Any, *, level: BoardLevel = BoardLevel.VIEW) -> ColumnElement[bool]:
    """A condition: `board_id` names a board on which the actor has at least `level`."""
    if actor.is_admin:
        return true()
    if actor.default_level >= level:
        closed = [board for board, granted in actor.grants.items() if granted < level]
        return board_id.not_in(closed) if closed else true()
    opened = [board for board, granted in actor.grants.items() if granted >= level]
    return board_id.in_(opened) if opened else false()


def on_visible_boards_or_none(actor: Actor, board_id: Any) -> ColumnElement[bool]:
    """Likewise, and what belongs to no board at all."""
    return or_(board_id.is_(None), on_visible_boards(actor, board_id))


class Guarded(Protocol):
    """A table whose rows name the right that they need."""

    board_id: Any
    admin_only: Any


def permitted(actor: Actor, table: type[Guarded]) -> ColumnElement[bool]:
    """A condition: the actor may read the row, for the board that it names and for what is the admins' alone."""
    if actor.is_admin:
        return true()
    return and_(on_visible_boards_or_none(actor, table.board_id), table.admin_only.is_(False))
