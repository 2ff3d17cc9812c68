"""A person's own notifications, checked against present rights: a revoked board hides its notifications."""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, bindparam, false, select, update

from helix import live
from helix.clock import iso
from helix.db.locking import lock
from helix.db.read import rows
from helix.db.transaction import transaction
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Notification
from helix.policies import notifications as policy
from helix.policies.actor import Actor
from helix.services.access import BoardScope, board_scope
from helix.services.notifications.counters import USER_ID, number
from helix.services.paging import Page, PageRequest, capped

# Compared, not negated: SQLite finds the rows in ix_notifications_unread by an equation alone.
UNREAD = Notification.read == false()


class InboxPage(NamedTuple):
    """A page of rows, and the number of unread notifications in total."""

    page: Page[Any]
    unread: int


def list_notifications(actor: Actor, page: PageRequest, *, read: bool | None = None) -> InboxPage:
    """Newest first; `read` restricts them to read or unread ones. One statement, unless the page is empty."""
    scope, user_id = board_scope(actor), actor.user_id
    after = {} if page.after is None else {"after": page.after}
    statement = _page(scope, read, page.limit + 1, bool(after))
    fetched = rows(statement, user_id=user_id, skipped=0 if after else page.offset, **after)
    total, unread = (fetched or rows(_totals(scope, read), user_id=user_id))[0][-2:]
    on_page = list(fetched[: page.limit])
    cursor = on_page[-1].id if len(fetched) > page.limit else None
    return InboxPage(Page(on_page, *capped(int(total)), cursor), int(unread))


@lru_cache(100)
def _page(scope: BoardScope, read: bool | None, most: int, after: bool) -> Any:
    """Each row includes the total and the number of unread notifications."""
    query = (
        select(Notification.__table__, *_counts(scope, read))
        .where(own(scope), *_restricted(read))
        .order_by(Notification.id.desc())
        .limit(most)
        .offset(bindparam("skipped", type_=Integer))
    )
    return query.where(Notification.id < bindparam("after")) if after else query


@lru_cache(100)
def _totals(scope: BoardScope, read: bool | None) -> Any:
    return select(*_counts(scope, read))


def own(scope: BoardScope) -> ColumnElement[bool]:
    """A condition: the notification is for the user in the parameter `user_id`, who may read it now."""
    return and_(Notification.user_id == USER_ID, scope.permits(Notification))


def _counts(scope: BoardScope, read: bool | None) -> list[Any]:
    return [number(scope, read=read).label("total"), number(scope, read=False).label("unread")]


def _restricted(read: bool | None) -> list[Any]:
    return [] if read is None else [Notification.read.is_(True) if read else UNREAD]


def mark_read(actor: Actor, notification_id: int) -> Notification:
    """Idempotent. Raises NotFound for another person's, and for one that the actor may not read any more."""
    with transaction() as after_commit:
        notification = lock(Notification, notification_id)
        if notification is None or not policy.may_read(actor, notification):
            raise NotFound("There is no such notification.")
        if not notification.read:
            notification.read = True
            after_commit(live.publish, "notification", notification.id, user_id=actor.user_id)
    return notification


def mark_all_read(actor: Actor) -> int:
    """Returns how many were unread."""
    with transaction() as after_commit:
        mine = (Notification.user_id == actor.user_id, board_scope(actor).permits(Notification))
        unread = update(Notification).where(*mine, UNREAD).values(read=True)
        marked = db.session.execute(unread.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
        if marked:
            after_commit(live.publish, "notification", user_id=actor.user_id)
    return marked


def serialize(notification: Any) -> dict[str, Any]:
    """The API representation of a notification or its row."""
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
