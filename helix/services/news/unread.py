"""How many notifications a person has not read: kept in a ledger, since it stands on every page."""

from typing import Any

from sqlalchemy import ScalarSelect, bindparam, func, select

from helix.models import UnreadTally
from helix.policies.actor import Actor
from helix.rows import rows


def number(user_id: Any) -> ScalarSelect[int]:
    """Of whom it is: an id, or what stands for one in a statement."""
    kept = select(func.coalesce(func.sum(UnreadTally.amount), 0)).where(UnreadTally.user_id == user_id)
    return kept.scalar_subquery()


_NUMBER = select(number(bindparam("user_id")))


def unread_count(actor: Actor) -> int:
    return int(rows(_NUMBER, user_id=actor.user_id)[0][0])
