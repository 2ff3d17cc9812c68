"""Build the Actor of a request from its credential (access token, browser session or API token), in one query."""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, update

from helix import clock
from helix.db.transaction import transaction
from helix.extensions import db
from helix.models import ApiToken, Board, BoardGrant, BrowserSession, Organization, User
from helix.models.vocabulary import BoardLevel, Role, TokenScope
from helix.policies.actor import Actor

# An unused browser session expires after this.
SESSION_LIFETIME = timedelta(days=30)


class TokenUse(NamedTuple):
    """The actor that an API token authenticates, and the token's row."""

    actor: Actor
    token_id: int
    last_used_at: datetime | None
    expires_at: datetime | None


def _query(*columns: Any) -> Any:
    """The user, the organization's default, and one row for each board on which another level holds for the user."""
    granted = select(BoardGrant.board_id).where(BoardGrant.user_id == User.id).correlate(User)
    return (
        select(
            User.id,
            User.name,
            User.role,
            User.token_version,
            Organization.timezone,
            Organization.default_board_level,
            Board.id.label("board_id"),
            func.coalesce(BoardGrant.level, Board.default_level).label("level"),
            *columns,
        )
        .select_from(User)
        .join(Organization, Organization.id == 1)
        .outerjoin(Board, or_(Board.default_level.is_not(None), Board.id.in_(granted)))
        .outerjoin(BoardGrant, and_(BoardGrant.user_id == User.id, BoardGrant.board_id == Board.id))
        .where(User.is_active)
    )


def _actor(
    rows: Any, scope: TokenScope = TokenScope.WRITE, *, token_id: int | None = None, session_id: int | None = None
) -> Actor | None:
    if not rows:
        return None
    first = rows[0]
    return Actor(
        id=first.id,
        name=first.name,
        role=Role(first.role),
        zone=first.timezone,
        default_level=BoardLevel(first.default_board_level),
        grants={row.board_id: BoardLevel(row.level) for row in rows if row.board_id is not None},
        scope=scope,
        token_id=token_id,
        session_id=session_id,
    )


def _where(condition: ColumnElement[bool]) -> Any:
    return db.session.execute(_query().where(condition)).all()


def actor_by_id(user_id: int) -> Actor | None:
    """None for a closed or deactivated account."""
    return _actor(_where(User.id == user_id))


def actor_by_token_version(user_id: int, version: int) -> Actor | None:
    """None when the token has an older version: the password has changed, or the user signed out everywhere."""
    return _actor(_where((User.id == user_id) & (User.token_version == version)))


def actor_by_session(secret_hash: str) -> tuple[Actor, int] | None:
    """The actor and the session's id. None for an unknown session, or one unused for 30 days."""
    rows = db.session.execute(
        _query(BrowserSession.id.label("session_id"))
        .join(BrowserSession, BrowserSession.user_id == User.id)
        .where(BrowserSession.secret_hash == secret_hash, BrowserSession.seen_at > clock.now() - SESSION_LIFETIME)
    ).all()
    actor = _actor(rows, session_id=rows[0].session_id) if rows else None
    return (actor, rows[0].session_id) if actor else None


def api_token_actor(token_hash: str) -> TokenUse | None:
    """None for a token that is unknown or has expired."""
    rows = db.session.execute(
        _query(ApiToken.id.label("token_id"), ApiToken.scope, ApiToken.last_used_at, ApiToken.expires_at)
        .join(ApiToken, ApiToken.user_id == User.id)
        .where(ApiToken.token_hash == token_hash)
        .where(or_(ApiToken.expires_at.is_(None), ApiToken.expires_at > clock.now()))
    ).all()
    if not rows:
        return None
    first = rows[0]
    actor = _actor(rows, TokenScope(first.scope), token_id=first.token_id)
    return TokenUse(actor, first.token_id, first.last_used_at, first.expires_at) if actor else None


def record_token_use(token_id: int) -> None:
    with transaction():
        db.session.execute(update(ApiToken).where(ApiToken.id == token_id).values(last_used_at=clock.now()))
