"""Board visibility as SQL conditions, for every list, count, search, feed and stream."""

from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, false, or_, true

from helix.errors import Forbidden
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
    """As `on_visible_boards`, or the row belongs to no board."""
    return or_(board_id.is_(None), on_visible_boards(actor, board_id))


class Guarded(Protocol):
    """A table whose rows have the board and the admin flag that decide who may read them."""

    board_id: Any
    admin_only: Any


def permitted(actor: Actor, table: type[Guarded]) -> ColumnElement[bool]:
    """A condition: the actor may read the row, by its board and its admin flag."""
    if actor.is_admin:
        return true()
    return and_(on_visible_boards_or_none(actor, table.board_id), table.admin_only.is_(False))


def refuse_api_tokens(actor: Actor) -> None:
    """Raise Forbidden for API tokens: a leaked token must not create access that outlives it."""
    if actor.token_id is not None:
        raise Forbidden("API tokens cannot do this. Sign in with your password instead.")
