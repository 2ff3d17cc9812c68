from typing import Annotated, Any

from pydantic import Field, RootModel

from helix.models.events import ALL_EVENTS, EVENTS
from helix.models.vocabulary import WebhookStatus
from helix.schemas.common import In, Line, Moment, NotBlank, Out, PagedOut, PagedQuery, Patch, Query, Text

EVENT_NAMES: dict[str, Any] = {"enum": [ALL_EVENTS, *EVENTS]}

WebhookName = Annotated[Line, Field(min_length=1, max_length=120), NotBlank]
Url = Annotated[Line, Field(min_length=1, max_length=2000)]
Event = Annotated[Text, Field(max_length=40, json_schema_extra=EVENT_NAMES)]
Events = Annotated[list[Event], Field(min_length=1, max_length=100)]


class WebhookPath(Query):
    webhook_id: int


class DeliveryPath(Query):
    delivery_id: int


class WebhookIn(In):
    name: WebhookName
    url: Url
    """http or https. Private addresses only where the deployment allows them."""
    events: Events
    """Actions of the activity, such as `task.completed`; `*` for all of them."""
    is_active: bool = True


class WebhookPatch(Patch):
    name: WebhookName | None = None
    url: Url | None = None
    events: Events | None = None
    is_active: bool | None = None
    """True: waiting deliveries are sent, and the failure count is reset."""


class WebhookOut(Out):
    id: int
    name: str
    url: str
    events: list[str]
    is_active: bool
    health: Annotated[str, Field(json_schema_extra={"enum": ["new", "ok", "failing", "off"]})]
    off_reason: str | None
    """Why it was switched off automatically."""
    failures: int
    """Consecutive failed attempts."""
    failing_since: str | None
    delivered_at: str | None
    """The time of the last successful delivery."""
    waiting: int
    failed: int
    old_secret_until: str | None
    """Until then, the previous secret also signs."""
    created_at: str


class WebhookCreated(WebhookOut):
    secret: str
    """The secret for verifying signatures. Shown only once."""


class WebhookList(RootModel[list[WebhookOut]]):
    pass


class DeliveryQuery(PagedQuery):
    status: WebhookStatus | None = None
    event: Annotated[Text, Field(max_length=40)] | None = None


class DeliveryOut(Out):
    id: int
    webhook_id: int
    message_id: str
    """The header `webhook-id`: the same at every attempt."""
    event: str
    status: WebhookStatus
    attempts: int
    response_status: int | None
    """The receiver's HTTP status; null without a response."""
    duration_ms: int | None
    error: str | None
    attempted_at: str | None
    next_attempt_at: str | None
    created_at: str


class DeliveryFull(DeliveryOut):
    request_headers: dict[str, str] | None
    request_body: dict[str, Any] | None
    """Null until the first attempt."""
    response_body: str | None
    """The first 2 kB."""


class DeliveryPage(PagedOut):
    items: list[DeliveryOut]


class ReplayIn(In):
    since: Moment
    """Replay events since then. A plain date means the start of that day."""


class Replayed(Out):
    updated: int
