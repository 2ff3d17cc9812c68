"""A person's own notifications: nobody reads or marks another's."""

from typing import Any

from sqlalchemy import bindparam, func, select, text, update

from helix import live
from helix.clock import iso
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Notification
from helix.policies.actor import Actor
from helix.rows import rows
from helix.services.paging import Found, Page, newest_first
from helix.transaction import transaction

# As literal text, since SQLite uses a partial index for nothing else.
UNREAD = text("NOT notifications.read")
_UNREAD_COUNT = (
    select(func.count()).select_from(Notification).where(Notification.user_id == bindparam("user_id"), UNREAD)
)


def listed(actor: Actor, page: Page, *, read: bool | None = None) -> Found[Notification]:
    """Newest first; `read` narrows to those read or unread."""
    query = select(Notification).where(Notification.user_id == actor.user_id)
    if read is not None:
        query = query.where(Notification.read.is_(True) if read else UNREAD)
    return newest_first(query, Notification.id, page, known_as=("news", actor.user_id, read))


def unread_count(actor: Actor) -> int:
    return rows(_UNREAD_COUNT, user_id=actor.user_id)[0][0]


def mark_read(actor: Actor, notification_id: int) -> Notification:
    """Saying it twice changes nothing. Another's is NotFound."""
    with transaction() as after_commit:
        found = db.session.get(Notification, notification_id, with_for_update=True)
        if found is None or found.user_id != actor.user_id:
            raise NotFound("There is no such notification.")
        if not found.read:
            found.read = True
            after_commit(live.publish, "notification", found.id, user_id=actor.user_id)
    return found


def mark_all_read(actor: Actor) -> int:
    """How many were unread."""
    with transaction() as after_commit:
        unread = update(Notification).where(Notification.user_id == actor.user_id, UNREAD).values(read=True)
        marked = db.session.execute(unread.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
        if marked:
            after_commit(live.publish, "notification", user_id=actor.user_id)
    return marked


def shown(notification: Notification) -> dict[str, Any]:
    """As the contract writes it."""
    return {
        "id": notification.id,
        "type": notification.type,
        "title": notification.title,
        "message": notification.message,
        "target_type": notification.target_type,
        "target_id": notification.target_id,
        "url": notification.url,
        "read": notification.read,
        "telegram_sent": notification.telegram_sent,
        "created_at": iso(notification.created_at),
    }
