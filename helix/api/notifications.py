from typing import Any

from helix.api.blueprint import actor, page_wanted, paged, section
from helix.schemas.notification import (
    NotificationOut,
    NotificationPage,
    NotificationPath,
    NotificationQuery,
    UnreadCount,
    Updated,
)
from helix.services.notifications import counters, inbox

door = section("notifications", "Notifications", "/api/notifications")
DOORS = (door,)


@door.get("/", responses={200: NotificationPage})
def index(query: NotificationQuery) -> Any:
    """Your own, newest first."""
    news = inbox.listed(actor(), page_wanted(query), read=query.read)
    return paged([inbox.shown(row) for row in news.found.rows], news.found, query, unread_count=news.unread)


@door.get("/unread-count", responses={200: UnreadCount})
def unread_count() -> Any:
    """How many you have not read."""
    return {"unread_count": counters.unread_count(actor())}


@door.patch("/<int:notification_id>/read", responses={200: NotificationOut})
def mark_read(path: NotificationPath) -> Any:
    """Mark one as read."""
    return inbox.shown(inbox.mark_read(actor(), path.notification_id))


@door.post("/read-all", responses={200: Updated})
def mark_all_read() -> Any:
    """Mark all as read."""
    return {"updated": inbox.mark_all_read(actor())}
