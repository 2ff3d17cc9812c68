from datetime import date
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, RootModel

from helix.models.vocabulary import ActorType
from helix.schemas.common import IdNumber, Out, PagedOut, PagedQuery, Query, Text, day_or_time, within_supported_years

Day = Annotated[date, BeforeValidator(day_or_time), AfterValidator(within_supported_years)]


class ActivityQuery(PagedQuery):
    entity_type: Annotated[Text, Field(max_length=20)] | None = None
    entity_id: IdNumber | None = None
    action: Annotated[Text, Field(max_length=40)] | None = None
    """Such as `task.created`."""
    agent_id: IdNumber | None = None
    """Entries by or about the agent."""
    user_id: IdNumber | None = None
    """Entries by the user."""
    date_from: Day | None = None
    """The first day, in the organization's zone."""
    date_to: Day | None = None
    """The last day, which is included."""


class ActivityOut(Out):
    id: int
    actor_type: ActorType
    actor_id: int | None
    actor_name: str
    action: str
    entity_type: str
    entity_id: int | None
    entity_title: str
    details: dict[str, Any]
    created_at: str


class ActivityPage(PagedOut):
    items: list[ActivityOut]


class ActivityList(RootModel[list[ActivityOut]]):
    pass


class NewestQuery(Query):
    limit: Annotated[int, Field(ge=1, le=50)] = 20
