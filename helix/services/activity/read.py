"""Reading the activity feed, newest first: entries of visible boards, and admin-only entries for admins."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, select

from helix.clock import iso
from helix.extensions import db
from helix.models import Activity, Task
from helix.models.vocabulary import ActorType, BoardLevel
from helix.policies.actor import Actor
from helix.services import access
from helix.services.paging import Page, PageRequest, newest_first
from helix.text import times


@dataclass(frozen=True)
class ActivityFilter:
    """Filters of the feed. Both dates are inclusive, in the actor's time zone.

    `agent_id` matches entries by or about an agent, `user_id` entries by a user.
    """

    entity_type: str | None = None
    entity_id: int | None = None
    action: str | None = None
    agent_id: int | None = None
    user_id: int | None = None
    date_from: date | None = None
    date_to: date | None = None

    def conditions(self, zone: str) -> list[Any]:
        conditions: list[Any] = []
        if self.entity_type is not None:
            conditions.append(Activity.entity_type == self.entity_type)
        if self.entity_id is not None:
            conditions.append(Activity.entity_id == self.entity_id)
        if self.action is not None:
            conditions.append(Activity.action == self.action)
        if self.agent_id is not None:
            conditions.append(Activity.agent_id == self.agent_id)
        if self.user_id is not None:
            conditions += [Activity.actor_type == ActorType.USER, Activity.actor_id == self.user_id]
        if self.date_from is not None:
            conditions.append(Activity.created_at >= times.start_of_day(self.date_from, zone))
        if self.date_to is not None:
            conditions.append(Activity.created_at < times.day_bounds(self.date_to, zone).end)
        return conditions


def permitted(actor: Actor) -> Select[Any]:
    """Select the entries that the actor may read."""
    return select(Activity).where(access.permitted(actor, Activity))


def list_activity(actor: Actor, filters: ActivityFilter, page: PageRequest) -> Page[Activity]:
    visibility = "all" if actor.is_admin else (actor.default_level, frozenset(actor.grants.items()))
    query = permitted(actor).where(*filters.conditions(actor.zone))
    return newest_first(query, Activity.id, page, known_as=("activity", visibility, actor.zone, filters))


def newest(actor: Actor, *, limit: int = 20) -> list[Activity]:
    return list(db.session.scalars(permitted(actor).order_by(Activity.id.desc()).limit(limit)))


def serialize(actor: Actor, entry: Activity) -> dict[str, Any]:
    """The API representation, without the ids of boards that the actor cannot see."""
    return {
        "id": entry.id,
        "actor_type": entry.actor_type,
        "actor_id": entry.actor_id,
        "actor_name": entry.actor_name,
        "action": entry.action,
        "entity_type": entry.entity_type,
        "entity_id": entry.entity_id,
        "entity_title": entry.entity_title,
        "details": {name: value for name, value in entry.details.items() if not _is_hidden(actor, name, value)},
        "created_at": iso(entry.created_at),
    }


def _is_hidden(actor: Actor, name: str, value: Any) -> bool:
    """Whether a detail is the id of a board that the actor cannot see, such as the board a task came from."""
    return name.endswith("board_id") and isinstance(value, int) and actor.level_on(value) < BoardLevel.VIEW


def of_task(task: Task, *, limit: int = 100) -> list[Activity]:
    """The activity of a task whose visibility was checked already, newest first."""
    query = select(Activity).where(Activity.entity_type == "task", Activity.entity_id == task.id)
    return list(db.session.scalars(query.order_by(Activity.id.desc()).limit(limit)))
