from helix.models.vocabulary import NotificationType
from helix.schemas.common import Moment, Out, PagedOut, PagedQuery, Patch, Query


class NotificationPath(Query):
    notification_id: int


class NotificationQuery(PagedQuery):
    read: bool | None = None
    """`false` gives the unread ones, `true` the others."""


class NotificationOut(Out):
    id: int
    type: NotificationType
    title: str
    message: str
    target_type: str
    target_id: int | None
    url: str
    read: bool
    telegram_sent: bool
    created_at: str


class NotificationPage(PagedOut):
    items: list[NotificationOut]
    unread_count: int


class Channels(Patch):
    app: bool | None = None
    """Off: it is listed as read."""
    telegram: bool | None = None


class NotificationSettingsPatch(Patch):
    nullable = frozenset({"snoozed_until"})

    types: dict[NotificationType, Channels] | None = None
    """Only the given types and channels change."""
    snoozed_until: Moment | None = None
    """At most 31 days away; null ends a snooze. Nothing is sent to Telegram until then."""


class ChannelsOut(Out):
    app: bool
    telegram: bool


class NotificationSettings(Out):
    types: dict[NotificationType, ChannelsOut]
    snoozed_until: str | None


class UnreadCount(Out):
    unread_count: int


class Updated(Out):
    updated: int
