"""A person's own notifications: nobody reads or marks another's."""

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Integer, Select, bindparam, func, literal, select, text, update

from helix import live
from helix.clock import iso
from helix.errors import NotFound
from helix.extensions import db
from helix.models import Notification
from helix.policies.actor import Actor
from helix.rows import rows
from helix.services.news.unread import number, unread_count
from helix.services.paging import MOST_COUNTED, Found, Page, count, counted_as, too_long
from helix.transaction import transaction

# As literal text, since SQLite uses a partial index for nothing else.
UNREAD = text("NOT notifications.read")


class News(NamedTuple):
    """The rows of a page, and how many are unread in all."""

    found: Found[Any]
    unread: int


def listed(actor: Actor, page: Page, *, read: bool | None = None) -> News:
    """Newest first; `read` narrows to those read or unread. One statement, where there are any."""
    known_as = ("news", actor.user_id, read)
    after = {} if page.after is None else {"after": page.after}
    found = rows(
        _page(read, counted=not too_long(known_as), after=bool(after)),
        user_id=actor.user_id,
        most=page.limit + 1,
        skipped=0 if after else page.offset,
        **after,
    )
    if not found:
        own = select(Notification.id).where(Notification.user_id == actor.user_id, *_narrowed(read))
        return News(Found([], *count(own, Notification.id), None), unread_count(actor))
    total, exact = counted_as(found[0].total, known_as)
    shown_ones = list(found[: page.limit])
    more = len(found) > page.limit
    return News(Found(shown_ones, total, exact, shown_ones[-1].id if more else None), int(found[0].unread))


@cache
def _page(read: bool | None, *, counted: bool, after: bool) -> Select[Any]:
    """`counted`: with the number of all of them, up to one more than is counted at all."""
    own = (Notification.user_id == bindparam("user_id"), *_narrowed(read))
    some = select(Notification.id).where(*own).limit(MOST_COUNTED + 1).subquery()
    total = select(func.count()).select_from(some).scalar_subquery() if counted else literal(MOST_COUNTED + 1)
    query = (
        select(Notification.__table__, total.label("total"), number(bindparam("user_id")).label("unread"))
        .where(*own)
        .order_by(Notification.id.desc())
        .limit(bindparam("most", type_=Integer))
        .offset(bindparam("skipped", type_=Integer))
    )
    return query.where(Notification.id < bindparam("after")) if after else query


def _narrowed(read: bool | None) -> list[Any]:
    return [] if read is None else [Notification.read.is_(True) if read else UNREAD]


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
