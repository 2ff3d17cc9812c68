"""How many notifications a person may read: kept in a ledger by the right that they need, since it is on every page."""

from sqlalchemy import ScalarSelect, Select, false, func, select, true

from helix.db.read import rows
from helix.models import NotificationTally
from helix.policies.actor import Actor
from helix.services.access import permitted


def number(actor: Actor, *, read: bool | None = None) -> ScalarSelect[int]:
    """As a part of a larger statement. `read` narrows to those read or unread."""
    kept = select(func.coalesce(func.sum(NotificationTally.amount), 0)).where(
        NotificationTally.user_id == actor.user_id, permitted(actor, NotificationTally)
    )
    if read is not None:
        kept = kept.where(NotificationTally.read == (true() if read else false()))
    return kept.scalar_subquery()


def unread_count(actor: Actor) -> int:
    return int(rows(_unread(actor))[0][0])


def _unread(actor: Actor) -> Select[int]:
    return select(number(actor, read=False))
