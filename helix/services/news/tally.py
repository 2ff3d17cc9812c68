"""How many notifications a person has: kept in a ledger, since it stands on every page."""

from typing import Any

from sqlalchemy import ScalarSelect, bindparam, false, func, select, true

from helix.models import NotificationTally
from helix.policies.actor import Actor
from helix.rows import rows


def number(user_id: Any, *, read: bool | None = None) -> ScalarSelect[int]:
    """`user_id`: an id, or what stands for one in a statement. `read` narrows to those read or unread."""
    kept = select(func.coalesce(func.sum(NotificationTally.amount), 0)).where(NotificationTally.user_id == user_id)
    if read is not None:
        kept = kept.where(NotificationTally.read == (true() if read else false()))
    return kept.scalar_subquery()


_UNREAD = select(number(bindparam("user_id"), read=False))


def unread_count(actor: Actor) -> int:
    return int(rows(_UNREAD, user_id=actor.user_id)[0][0])
