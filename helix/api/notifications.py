from typing import Any

from helix.api.blueprint import actor, page_envelope, requested_page, signed_in_blueprint
from helix.schemas.notification import (
    NotificationOut,
    NotificationPage,
    NotificationPath,
    NotificationQuery,
    UnreadCount,
    Updated,
)
from helix.services.notifications import counters, inbox

blueprint = signed_in_blueprint("notifications", "Notifications", "/api/notifications")
BLUEPRINTS = (blueprint,)


@blueprint.get("/", responses={200: NotificationPage})
def index(query: NotificationQuery) -> Any:
    """Your own, newest first."""
    result = inbox.list_notifications(actor(), requested_page(query), read=query.read)
    return page_envelope(
        [inbox.serialize(row) for row in result.page.rows], result.page, query, unread_count=result.unread
    )


@blueprint.get("/unread-count", responses={200: UnreadCount})
def unread_count() -> Any:
    """How many you have not read."""
    return {"unread_count": counters.unread_count(actor())}


@blueprint.patch("/<int:notification_id>/read", responses={200: NotificationOut})
def mark_read(path: NotificationPath) -> Any:
    """Mark one as read."""
    return inbox.serialize(inbox.mark_read(actor(), path.notification_id))


@blueprint.post("/read-all", responses={200: Updated})
def mark_all_read() -> Any:
    """Mark all as read."""
    return {"updated": inbox.mark_all_read(actor())}
