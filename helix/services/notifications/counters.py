"""How many notifications a person may read: kept in a ledger by the right that they need, since it is on every page."""

from functools import lru_cache

from sqlalchemy import Integer, ScalarSelect, Select, bindparam, false, func, select, true

from helix.db.read import rows
from helix.models import NotificationTally
from helix.policies.actor import Actor
from helix.services.access import BoardScope, board_scope

USER_ID = bindparam("user_id", type_=Integer)


def number(scope: BoardScope, *, read: bool | None = None) -> ScalarSelect[int]:
    """As a part of a larger statement, for the user in the parameter `user_id`. `read` narrows to read or unread."""
    kept = select(func.coalesce(func.sum(NotificationTally.amount), 0)).where(
        NotificationTally.user_id == USER_ID, scope.permits(NotificationTally)
    )
    if read is not None:
        kept = kept.where(NotificationTally.read == (true() if read else false()))
    return kept.scalar_subquery()


def unread_count(actor: Actor) -> int:
    return int(rows(_unread(board_scope(actor)), user_id=actor.user_id)[0][0])


@lru_cache(100)
def _unread(scope: BoardScope) -> Select[int]:
    return select(number(scope, read=False))
