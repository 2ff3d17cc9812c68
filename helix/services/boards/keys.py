"""Keys of boards: SEO in SEO-22. Unique, in upper case."""

from functools import lru_cache
from typing import Any

from sqlalchemy import select

from helix.db.read import rows
from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Board
from helix.policies.actor import Actor
from helix.services.access import BoardScope, board_scope
from helix.text import task_keys


def free_key(name: str) -> str:
    """A key for a new board of this name."""
    return task_keys.suggest(name, _taken())


def checked_key(typed: str, *, besides: int | None = None) -> str:
    """The key in upper case. Raises Invalid for a wrong form, Conflict when another board has it."""
    key = typed.strip().upper()
    if not task_keys.KEY.fullmatch(key):
        raise Invalid.field("key", "Use 2 to 8 letters and digits, beginning with a letter, such as SEO.")
    holder = db.session.scalar(select(Board.name).where(Board.key == key, Board.id != (besides or 0)))
    if holder is not None:
        raise Conflict(f"The board {holder} already has the key {key}. Choose another.")
    return key


def fill_missing() -> None:
    """Give a key to each board without one: boards of an export from before there were keys."""
    taken = _taken()
    for board in db.session.scalars(select(Board).where(Board.key.is_(None)).order_by(Board.id)):
        key = task_keys.suggest(board.name, taken)
        board.key = key
        taken.add(key)


def visible_keys(actor: Actor) -> frozenset[str]:
    """The keys of the boards that the actor sees."""
    return frozenset(row.key for row in rows(_visible(board_scope(actor))))


@lru_cache(100)
def _visible(scope: BoardScope) -> Any:
    return select(Board.key).where(scope.includes(Board.id), Board.key.is_not(None))


def _taken() -> set[str]:
    return {key for key in db.session.scalars(select(Board.key)) if key}
