"""Who acts, cached for some seconds: most requests need not ask the database who sent them.

Void at once, in every web process, when anything changes that it follows from: see `live.rights`. A process that
would not hear of a change caches nothing.
"""

from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from typing import Any, TypeVar, cast

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from helix import clock, live
from helix.extensions import db
from helix.live.cache import OVERHEAD, Cache
from helix.models import ApiToken, Board, BoardGrant, BrowserSession, Organization, User
from helix.policies.actor import Actor
from helix.services.accounts import actors
from helix.services.accounts.lookup import me
from helix.services.accounts.people import serialize

T = TypeVar("T")

# No entry is older, whatever messages were lost: a change made by hand in the database holds from then on.
SECONDS = 5.0
MOST = 5000
# When an API token was used is written down after a minute: see `api.bearer`.
USE_IS_FRESH = timedelta(seconds=50)

# What an actor follows from; and what lets somebody in for as long as it is there.
RIGHTS = (User, Board, BoardGrant, Organization)
KEYS = (BrowserSession, ApiToken)

_known: Cache[Any] = Cache(most_bytes=MOST * OVERHEAD, seconds=SECONDS)


def by_token_version(user_id: int, version: int) -> Actor | None:
    return _cached("token", (user_id, version), lambda: actors.actor_by_token_version(user_id, version))


def by_session(secret_hash: str) -> tuple[Actor, int] | None:
    return _cached("session", secret_hash, lambda: actors.actor_by_session(secret_hash))


def by_api_token(token_hash: str) -> actors.TokenUse | None:
    return _cached("api", token_hash, lambda: actors.api_token_actor(token_hash), _may_be_cached)


def profile(actor: Actor) -> dict[str, Any]:
    """The actor's own account, as the contract writes it."""
    return _cached("profile", actor.user_id, lambda: serialize(me(actor)))


def _may_be_cached(use: actors.TokenUse) -> bool:
    now = clock.now()
    expiring = use.expires_at is not None and use.expires_at - now <= timedelta(seconds=SECONDS)
    return not expiring and use.last_used_at is not None and now - use.last_used_at < USE_IS_FRESH


def _cached(kind: str, of: Any, find: Callable[[], T], may_be_cached: Callable[[Any], bool] = lambda _found: True) -> T:
    # Read before the database is: what changes meanwhile makes the answer void.
    state = live.rights.state()
    if state is None:
        return find()
    cached = _known.get((kind, of), state)
    if cached is not None:
        return cast(T, cached)
    value = find()
    if value is not None and may_be_cached(value):
        _known.put((kind, of), value, version=state)
    return value


@event.listens_for(db.session, "after_flush")
def _rows_changed(session: Session, _context: Any) -> None:
    changed = any(isinstance(row, RIGHTS) for row in chain(session.new, session.dirty))
    if changed or any(isinstance(row, RIGHTS + KEYS) for row in session.deleted):
        _tell(session)


@event.listens_for(db.session, "do_orm_execute")
def _statement_changes(state: ORMExecuteState) -> None:
    if not (state.is_insert or state.is_update or state.is_delete):
        return
    mapper = state.bind_mapper
    if mapper is not None and issubclass(mapper.class_, RIGHTS + KEYS if state.is_delete else RIGHTS):
        _tell(state.session)


def _tell(session: Session) -> None:
    after_commit = session.info.get("after_commit")
    if after_commit is not None:
        after_commit(live.rights.changed)
