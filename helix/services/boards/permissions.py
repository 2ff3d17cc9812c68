"""Who sees a board: the level of its members in general, and members' own levels in place of it."""

from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import delete, insert, select

from helix import live
from helix.db.locking import lock
from helix.db.transaction import transaction
from helix.errors import Forbidden, Invalid
from helix.extensions import db
from helix.models import Board, BoardGrant, User
from helix.models.vocabulary import BoardLevel
from helix.policies import administration
from helix.policies.actor import Actor
from helix.services import activity, settings
from helix.services.access import refuse_api_tokens
from helix.services.required_rows import get_required, required


def permissions(actor: Actor, board_id: int) -> list[BoardGrant]:
    """The grants of a board, ordered by user id. For admins."""
    _require_admin(actor)
    get_required(Board, board_id, "board")
    query = select(BoardGrant).where(BoardGrant.board_id == board_id).order_by(BoardGrant.user_id)
    return list(db.session.scalars(query))


def set_permissions(actor: Actor, board_id: int, levels: list[tuple[int, BoardLevel]]) -> list[BoardGrant]:
    """Replace all grants of a board. Users without a grant have the board's default level.

    Raises Invalid for a user who is unknown, closed or named twice; Forbidden for an API token that would raise
    somebody's level.
    """
    _require_admin(actor)
    with transaction() as after_commit:
        board = required(lock(Board, board_id), "board")
        _check_users([user_id for user_id, _ in levels])
        before = {grant.user_id: grant.level for grant in permissions(actor, board_id)}
        if before != dict(levels):
            _check_api_token(actor, board, before, dict(levels))
            db.session.execute(delete(BoardGrant).where(BoardGrant.board_id == board_id))
            rows = [{"board_id": board_id, "user_id": user_id, "level": int(level)} for user_id, level in levels]
            if rows:
                db.session.execute(insert(BoardGrant), rows)
            activity.record(
                actor, "board.updated", "board", board.id, board.name, board_id=board.id, fields=["permissions"]
            )
            # Published to everyone: pages of users who lose access must refresh, too.
            after_commit(live.publish, "board", board.id)
    return permissions(actor, board_id)


def all_permissions(actor: Actor, user_ids: Collection[int]) -> dict[tuple[int, int], BoardLevel]:
    """The grants of these users, by (board id, user id). For admins."""
    _require_admin(actor)
    rows = db.session.scalars(select(BoardGrant).where(BoardGrant.user_id.in_(user_ids)))
    return {(row.board_id, row.user_id): BoardLevel(row.level) for row in rows}


def set_permission(actor: Actor, board_id: int, user_id: int, level: BoardLevel | None) -> None:
    """Set a user's level on a board; None removes it, so that the board's default applies. For admins."""
    _require_admin(actor)
    with transaction() as after_commit:
        board = required(lock(Board, board_id), "board")
        _check_users([user_id])
        grant = db.session.get(BoardGrant, {"board_id": board_id, "user_id": user_id}, populate_existing=True)
        if (grant.level if grant else None) == level:
            return
        before = {} if grant is None else {user_id: grant.level}
        _check_api_token(actor, board, before, {} if level is None else {user_id: level})
        if level is None:
            db.session.delete(grant)
        else:
            db.session.merge(BoardGrant(board_id=board_id, user_id=user_id, level=int(level)))
        activity.record(
            actor, "board.updated", "board", board.id, board.name, board_id=board.id, fields=["permissions"]
        )
        after_commit(live.publish, "board", board.id)


def default_of(board: Board) -> BoardLevel:
    """The level of members without a grant of their own: the board's, or else the organization's."""
    own = board.default_level
    return BoardLevel(settings.organization().default_board_level if own is None else own)


def set_default(actor: Actor, board_id: int, level: BoardLevel | None) -> Board:
    """Set the level of members without a grant; None: the organization's. `NONE` makes the board private. For admins.

    Raises Forbidden for an API token that would raise the level.
    """
    _require_admin(actor)
    with transaction() as after_commit:
        board = required(lock(Board, board_id), "board")
        if board.default_level == level:
            return board
        before = default_of(board)
        board.default_level = None if level is None else int(level)
        if default_of(board) > before:
            refuse_api_tokens(actor)
        activity.record(
            actor, "board.updated", "board", board.id, board.name, board_id=board.id, fields=["default_level"]
        )
        # To everyone, as for grants.
        after_commit(live.publish, "board", board.id)
    return board


def set_people(
    actor: Actor, board_id: int, default: BoardLevel | None, levels: Mapping[int, BoardLevel | None]
) -> Board:
    """Set the board's default level and the levels of these people (None: the default). Others keep theirs."""
    with transaction():
        board = set_default(actor, board_id, default)
        for user_id, level in levels.items():
            set_permission(actor, board_id, user_id, level)
    return board


def set_all(actor: Actor, level: BoardLevel | None, *, board_ids: Collection[int], user_ids: Collection[int]) -> None:
    """Set the level of all these people on all these boards; None: the default of each board. For admins."""
    with transaction():
        for board_id in sorted(board_ids):
            for user_id in sorted(user_ids):
                set_permission(actor, board_id, user_id, level)


def serialize_permissions(grants: list[BoardGrant]) -> list[Mapping[str, Any]]:
    return [{"user_id": grant.user_id, "level": BoardLevel(grant.level).word} for grant in grants]


def _check_users(user_ids: list[int]) -> None:
    known_ids = set(db.session.scalars(select(User.id).where(User.id.in_(user_ids), User.closed_at.is_(None))))
    times = Counter(user_ids)
    problems = []
    for number, user_id in enumerate(user_ids):
        message = f"There is no user {user_id}." if user_id not in known_ids else "This user is named twice."
        if user_id not in known_ids or times[user_id] > 1:
            problems.append({"loc": [number, "user_id"], "msg": message, "type": "value_error"})
    if problems:
        raise Invalid(problems)


def _check_api_token(actor: Actor, board: Board, before: Mapping[int, int], after: Mapping[int, int]) -> None:
    """Raise Forbidden for API tokens that raise a level: it would outlive the token."""
    default = default_of(board)
    if any(after.get(user_id, default) > before.get(user_id, default) for user_id in {*before, *after}):
        refuse_api_tokens(actor)


def _require_admin(actor: Actor) -> None:
    if not administration.may_administer(actor):
        raise Forbidden("Only admins can see and change the permissions of a board.")
