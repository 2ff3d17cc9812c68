from typing import Any

from helix.api.blueprint import actor, page_envelope, requested_page, signed_in_blueprint
from helix.schemas.notification import (
    NotificationOut,
    NotificationPage,
    NotificationPath,
    NotificationQuery,
    NotificationSettings,
    NotificationSettingsPatch,
    UnreadCount,
    Updated,
)
from helix.services.notifications import counters, inbox, preferences
from helix.text import times

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


@blueprint.get("/settings", responses={200: NotificationSettings})
def show_settings() -> Any:
    """What you are told, by type: in the app and in Telegram; and until when notifications are snoozed."""
    return preferences.settings_of(actor())


@blueprint.patch("/settings", responses={200: NotificationSettings})
def edit_settings(body: NotificationSettingsPatch) -> Any:
    """Switch types of notifications on and off, or snooze them all."""
    sent = body.changes()
    if "types" in sent:
        sent["types"] = {name: channels.changes() for name, channels in (body.types or {}).items()}
    if "snoozed_until" in sent:
        sent["snoozed_until"] = times.moment(sent["snoozed_until"], actor().zone)
    return preferences.change(actor(), sent)


@blueprint.patch("/<int:notification_id>/read", responses={200: NotificationOut})
def mark_read(path: NotificationPath) -> Any:
    """Mark one as read."""
    return inbox.serialize(inbox.mark_read(actor(), path.notification_id))


@blueprint.post("/read-all", responses={200: Updated})
def mark_all_read() -> Any:
    """Mark all as read."""
    return {"updated": inbox.mark_all_read(actor())}
