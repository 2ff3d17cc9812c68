from helix.models.vocabulary import NotificationType
from helix.schemas.common import Out, PagedOut, PagedQuery, Query


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


class UnreadCount(Out):
    unread_count: int


class Updated(Out):
    updated: int
