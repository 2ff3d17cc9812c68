"""A person's own notifications, as far as the rights reach that the person has now: a revoked board hides its own."""

from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, and_, bindparam, select, text, update

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

# As literal text, since SQLite uses a partial index for nothing else.
UNREAD = text("NOT notifications.read")


class News(NamedTuple):
    """The rows of a page, and how many are unread in all."""

    found: Page[Any]
    unread: int


def listed(actor: Actor, page: PageRequest, *, read: bool | None = None) -> News:
    """Newest first; `read` narrows to those read or unread. One statement, where there are any."""
    scope, user_id = board_scope(actor), actor.user_id
    after = {} if page.after is None else {"after": page.after}
    statement = _page(scope, read, page.limit + 1, bool(after))
    found = rows(statement, user_id=user_id, skipped=0 if after else page.offset, **after)
    total, unread = (found or rows(_totals(scope, read), user_id=user_id))[0][-2:]
    shown_ones = list(found[: page.limit])
    cursor = shown_ones[-1].id if len(found) > page.limit else None
    return News(Page(shown_ones, *capped(int(total)), cursor), int(unread))


@lru_cache(100)
def _page(scope: BoardScope, read: bool | None, most: int, after: bool) -> Any:
    """With how many there are in all, and how many are unread, in each row."""
    query = (
        select(Notification.__table__, *_numbers(scope, read))
        .where(own(scope), *_narrowed(read))
        .order_by(Notification.id.desc())
        .limit(most)
        .offset(bindparam("skipped", type_=Integer))
    )
    return query.where(Notification.id < bindparam("after")) if after else query


@lru_cache(100)
def _totals(scope: BoardScope, read: bool | None) -> Any:
    return select(*_numbers(scope, read))


def own(scope: BoardScope) -> ColumnElement[bool]:
    """A condition: the notification is for the user in the parameter `user_id`, who may read it now."""
    return and_(Notification.user_id == USER_ID, scope.permits(Notification))


def _numbers(scope: BoardScope, read: bool | None) -> list[Any]:
    return [number(scope, read=read).label("total"), number(scope, read=False).label("unread")]


def _narrowed(read: bool | None) -> list[Any]:
    return [] if read is None else [Notification.read.is_(True) if read else UNREAD]


def mark_read(actor: Actor, notification_id: int) -> Notification:
    """Saying it twice changes nothing. NotFound for another's, and for one that the actor may not read any more."""
    with transaction() as after_commit:
        found = lock(Notification, notification_id)
        if found is None or not policy.may_read(actor, found):
            raise NotFound("There is no such notification.")
        if not found.read:
            found.read = True
            after_commit(live.publish, "notification", found.id, user_id=actor.user_id)
    return found


def mark_all_read(actor: Actor) -> int:
    """How many were unread."""
    with transaction() as after_commit:
        mine = (Notification.user_id == actor.user_id, board_scope(actor).permits(Notification))
        unread = update(Notification).where(*mine, UNREAD).values(read=True)
        marked = db.session.execute(unread.execution_options(synchronize_session=False)).rowcount  # type: ignore[attr-defined]
        if marked:
            after_commit(live.publish, "notification", user_id=actor.user_id)
    return marked


def shown(notification: Any) -> dict[str, Any]:
    """As the contract writes it: a notification, or its row."""
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
