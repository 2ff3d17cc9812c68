from typing import Protocol

from helix.models.board import Board
from helix.models.vocabulary import BoardLevel
from helix.policies.actor import Actor


class BoardLike(Protocol):
    """A board, or a row with its id."""

    @property
    def id(self) -> int: ...


def may_see(actor: Actor, board: Board | BoardLike) -> bool:
    return actor.level_on(board.id) >= BoardLevel.VIEW


def may_create_tasks(actor: Actor, board: Board | BoardLike) -> bool:
    return actor.level_on(board.id) >= BoardLevel.CREATE


def may_manage(actor: Actor, board: Board | BoardLike) -> bool:
    """May manage the tasks on the board. Changing the board itself is for admins."""
    return actor.level_on(board.id) >= BoardLevel.MANAGE


def may_write(actor: Actor, board: Board | None = None) -> bool:
    return actor.is_admin
