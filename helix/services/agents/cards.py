"""Agents as their page shows them: the contract's shape, how much they have to do, and why one stands still."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import func, select

from helix.extensions import db
from helix.models import Agent, Run, Task
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import AgentStatus, RunStatus
from helix.policies.actor import Actor
from helix.policies.moves import OPEN
from helix.services.access import on_visible_boards
from helix.services.agents.lookup import shown
from helix.services.runs.reasons import WORDS


def cards(actor: Actor, found: Sequence[Agent]) -> list[dict[str, Any]]:
    """`shown`, with `open_count` (of the tasks that the actor sees) and `reason` (a sentence, or None)."""
    ids = [agent.id for agent in found]
    result = shown(actor, found)
    open_counts = _open_counts(actor, ids)
    failed = _last_failures([agent["id"] for agent in result if agent["status"] == AgentStatus.ERROR])
    for card in result:
        card["open_count"] = open_counts.get(card["id"], 0)
        failure = failed.get(card["id"])
        card["reason"] = _why_offline(card) or (WORDS[failure].short if failure else None)
    return result


def _why_offline(card: dict[str, Any]) -> str | None:
    if card["status"] != AgentStatus.OFFLINE:
        return None
    if not card["enabled"]:
        return "Paused"
    return "This month's budget is used up" if card["budget_paused"] else "No usable model"


def _open_counts(actor: Actor, agent_ids: Collection[int]) -> dict[int, int]:
    query = (
        select(Task.assigned_agent_id, func.count())
        .where(
            Task.assigned_agent_id.in_(agent_ids),
            Task.status.in_(OPEN),
            LIVE_TASK,
            on_visible_boards(actor, Task.board_id),
        )
        .group_by(Task.assigned_agent_id)
    )
    rows = db.session.execute(query)
    return {agent_id: count for agent_id, count in rows if agent_id is not None}


def _last_failures(agent_ids: Collection[int]) -> dict[int, Any]:
    if not agent_ids:
        return {}
    newest = (
        select(func.max(Run.id))
        .where(Run.agent_id.in_(agent_ids), Run.status == RunStatus.FAILED)
        .group_by(Run.agent_id)
    )
    rows = db.session.execute(select(Run.agent_id, Run.reason).where(Run.id.in_(newest)))
    return dict(rows.all())
