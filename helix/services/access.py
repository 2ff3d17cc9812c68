"""Board visibility as SQL conditions, for every list, count, search, feed and stream."""

from typing import Any, NamedTuple, Protocol

from sqlalchemy import ColumnElement, and_, false, or_, true

from helix.errors import Forbidden
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor


class BoardScope(NamedTuple):
    """The boards on which an actor has some level, as a hashable value.

    Building a large statement takes longer than executing it. Functions that build one therefore take the scope in
    place of the actor, and are cached: people with the same rights share the statement.
    """

    is_admin: bool
    # All boards but these, or these alone.
    excluded: bool
    board_ids: tuple[int, ...]

    def includes(self, board_id: Any) -> ColumnElement[bool]:
        """A condition: `board_id` names a board in the scope."""
        if self.excluded:
            return board_id.not_in(self.board_ids) if self.board_ids else true()
        return board_id.in_(self.board_ids) if self.board_ids else false()

    def permits(self, table: "type[Guarded]") -> ColumnElement[bool]:
        """A condition: the row may be read, by its board (or none) and its admin flag."""
        if self.is_admin:
            return true()
        return and_(or_(table.board_id.is_(None), self.includes(table.board_id)), table.admin_only.is_(False))


def board_scope(actor: Actor, level: BoardLevel = BoardLevel.VIEW) -> BoardScope:
    """The boards on which the actor has at least `level`."""
    if actor.is_admin:
        return BoardScope(is_admin=True, excluded=True, board_ids=())
    excluded = actor.default_level >= level
    return BoardScope(
        is_admin=False,
        excluded=excluded,
        board_ids=tuple(sorted(board for board, granted in actor.grants.items() if (granted >= level) != excluded)),
    )


def on_visible_boards(actor: Actor, board_id: Any, *, level: BoardLevel = BoardLevel.VIEW) -> ColumnElement[bool]:
    """A condition: `board_id` names a board on which the actor has at least `level`."""
    return board_scope(actor, level).includes(board_id)


def on_visible_boards_or_none(actor: Actor, board_id: Any) -> ColumnElement[bool]:
    """As `on_visible_boards`, or the row belongs to no board."""
    return or_(board_id.is_(None), on_visible_boards(actor, board_id))


class Guarded(Protocol):
    """A table whose rows have the board and the admin flag that decide who may read them."""

    board_id: Any
    admin_only: Any


def permitted(actor: Actor, table: type[Guarded]) -> ColumnElement[bool]:
    """A condition: the actor may read the row, by its board and its admin flag."""
    return board_scope(actor).permits(table)


def refuse_api_tokens(actor: Actor) -> None:
    """Raise Forbidden for API tokens: a leaked token must not create access that outlives it."""
    if actor.token_id is not None:
        raise Forbidden("API tokens cannot do this. Sign in with your password instead.")
