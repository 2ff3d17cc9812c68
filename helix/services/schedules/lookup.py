"""Reading schedules."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import select, true

from helix import clock
from helix.db.locking import lock
from helix.errors import Forbidden, NotFound
from helix.extensions import db
from helix.models import Schedule
from helix.policies import schedules as policy
from helix.policies.actor import Actor
from helix.services.access import on_visible_boards
from helix.services.schedules import times


def get(
    actor: Actor,
    schedule_id: int,
    *,
    to: Callable[[Actor, Schedule], bool] = policy.may_see,
    for_update: bool = False,
) -> Schedule:
    """The schedule, if the policy `to` allows it. Raises NotFound when the actor cannot see it, else Forbidden."""
    schedule = lock(Schedule, schedule_id) if for_update else db.session.get(Schedule, schedule_id)
    if schedule is None or not policy.may_see(actor, schedule):
        raise NotFound("There is no such schedule.")
    if not to(actor, schedule):
        raise Forbidden("You need the level “manage” on its board to change this schedule.")
    return schedule


def schedules(actor: Actor, *, board_id: int | None = None) -> list[Schedule]:
    """Those that the actor sees: the next one first, then those that are switched off."""
    visible = true() if actor.is_admin else on_visible_boards(actor, Schedule.board_id)
    query: Any = select(Schedule).where(visible)
    if board_id is not None:
        query = query.where(Schedule.board_id == board_id)
    return list(db.session.scalars(query.order_by(Schedule.next_at.is_(None), Schedule.next_at, Schedule.id)))


def set_next(schedule: Schedule) -> None:
    """Let it go on with its first time from now. None while it is disabled, and after its last time."""
    found = None
    if schedule.enabled:
        after = times.begin(clock.now(), schedule.starts_at)
        found = next(times.following(schedule.cron, schedule.timezone, after), None)
    put_next(schedule, found)


def put_next(schedule: Schedule, due_at: Any) -> None:
    """`due_at`: the next time, or None. One after the end counts as none."""
    if due_at is not None and schedule.ends_at is not None and due_at > schedule.ends_at:
        due_at = None
    schedule.due_at = due_at
    schedule.next_at = due_at and due_at + times.jitter(schedule.id, due_at, schedule.jitter_seconds)
