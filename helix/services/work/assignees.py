"""The people that a task can be assigned to: active accounts that may see its board."""

from typing import Any

from sqlalchemy import bindparam, case, func, literal, select

from helix.db.locking import KEY_SHARE, lock
from helix.db.read import rows
from helix.errors import Invalid
from helix.models import Board, BoardGrant, Organization, User
from helix.models.types import Id
from helix.models.vocabulary import BoardLevel, Role

_LEVEL = case(
    (User.role == Role.ADMIN, literal(int(BoardLevel.MANAGE))),
    else_=func.coalesce(BoardGrant.level, Board.default_level, Organization.default_board_level),
)
_PEOPLE = (
    select(User.id, User.name, User.avatar_key)
    .select_from(User)
    .join(Organization, Organization.id == 1)
    .join(Board, Board.id == bindparam("board_id", type_=Id))
    .outerjoin(BoardGrant, (BoardGrant.user_id == User.id) & (BoardGrant.board_id == Board.id))
    .where(User.is_active, User.closed_at.is_(None), int(BoardLevel.VIEW) <= _LEVEL)
    .order_by(func.lower(User.name), User.id)
)
_EVERYBODY = (
    select(User.id, User.name).where(User.is_active, User.closed_at.is_(None)).order_by(func.lower(User.name), User.id)
)
_ONE = _PEOPLE.where(User.id == bindparam("user_id", type_=Id))


def people(board_id: int) -> list[dict[str, Any]]:
    """As {id, name, avatar_url}, by name. The caller may see the board."""
    return [
        {"id": row.id, "name": row.name, "avatar_url": User.avatar_at(row.avatar_key)}
        for row in rows(_PEOPLE, board_id=board_id)
    ]


def everybody() -> list[tuple[int, str]]:
    """The id and name of every active account, by name, for a form whose board is still being chosen."""
    return [(row.id, row.name) for row in rows(_EVERYBODY)]


def may_be_assigned(user_id: int, board_id: int) -> bool:
    return bool(rows(_ONE, board_id=board_id, user_id=user_id))


def person_named_in_body(user_id: int | None, board_id: int) -> User | None:
    """The account, kept from being closed until the transaction ends. Raises Invalid when it may not see the board."""
    if user_id is None:
        return None
    user = lock(User, user_id, **KEY_SHARE)
    if user is None or not may_be_assigned(user_id, board_id):
        raise Invalid.field("assigned_user_id", f"There is no person {user_id} who sees this board.")
    return user
