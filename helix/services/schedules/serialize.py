"""The API representation of schedules."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from helix import clock
from helix.clock import iso
from helix.db.read import rows
from helix.models import Agent, Schedule, User, Workflow
from helix.policies.actor import Actor
from helix.services.schedules import times
from helix.services.schedules.firings import spent_this_month


def one(actor: Actor, schedule: Schedule) -> dict[str, Any]:
    return many(actor, [schedule])[0]


def many(actor: Actor, schedules: Sequence[Schedule]) -> list[dict[str, Any]]:
    """Times in ISO 8601, money in USD. Four queries for any number."""
    now = clock.now()
    spent = spent_this_month([schedule.id for schedule in schedules], actor.zone)
    agents = _names(Agent, {schedule.agent_id for schedule in schedules})
    started = _names(Workflow, {schedule.workflow_id for schedule in schedules})
    people = _names(User, {schedule.created_by_user_id for schedule in schedules})
    return [
        {
            "id": schedule.id,
            "name": schedule.name,
            "board_id": schedule.board_id,
            "agent_id": schedule.agent_id,
            "agent_name": agents.get(schedule.agent_id),
            "template": schedule.template,
            "workflow_id": schedule.workflow_id,
            "workflow_name": started.get(schedule.workflow_id),
            "input": schedule.input,
            "cron": schedule.cron,
            "cron_words": times.describe(schedule.cron),
            "timezone": schedule.timezone,
            "starts_at": iso(schedule.starts_at),
            "ends_at": iso(schedule.ends_at),
            "enabled": schedule.enabled,
            "overlap": schedule.overlap,
            "catch_up": schedule.catch_up,
            "grace_seconds": schedule.grace_seconds,
            "jitter_seconds": schedule.jitter_seconds,
            "quiet": schedule.quiet,
            "max_usd_per_firing": None if schedule.max_usd_per_firing is None else float(schedule.max_usd_per_firing),
            "next_at": iso(schedule.due_at),
            "next_words": schedule.due_at and times.in_words(schedule.due_at, schedule.timezone, now),
            "paused_reason": schedule.paused_reason,
            "failures_in_a_row": schedule.failures_in_a_row,
            "spent_this_month_usd": float(spent[schedule.id]),
            "version": schedule.version,
            "created_by_user_id": schedule.created_by_user_id,
            "created_by_name": people.get(schedule.created_by_user_id),
            "created_at": iso(schedule.created_at),
            "updated_at": iso(schedule.updated_at),
        }
        for schedule in schedules
    ]


def _names(model: Any, ids: set[int | None]) -> dict[int | None, str]:
    wanted = [id for id in ids if id is not None]
    return (
        {row.id: row.name for row in rows(select(model.id, model.name).where(model.id.in_(wanted)))} if wanted else {}
    )
