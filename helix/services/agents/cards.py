"""Agents as their page shows them: the contract's shape, how much they have to do, and why one stands still."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from helix.models import Agent, AiModel, Run, Task
from helix.models.task import LIVE_TASK
from helix.models.vocabulary import AgentStatus, RunStatus
from helix.policies import administration
from helix.policies.actor import Actor
from helix.policies.failures import FAILURE_TEXTS
from helix.policies.moves import OPEN
from helix.services.access import on_visible_boards
from helix.services.agents import lookup

_Default = aliased(AiModel, name="default_of_cards")


def cards(actor: Actor, found: Sequence[Agent], *, texts: bool = True) -> list[dict[str, Any]]:
    """`shown`, with `open_count` (of the tasks that the actor sees), `reason` (a sentence, or None) and, for admins,
    `model` (the name of its own or of the default).
    """
    facts = lookup.computed_columns(actor, found, *_more(actor))
    result = [lookup.serialize_one(actor, agent, facts[agent.id], texts=texts) for agent in found]
    for card in result:
        known = facts[card["id"]]
        failure = known.failure if card["status"] == AgentStatus.ERROR else None
        card["open_count"] = known.open_count
        card["model"] = known.model if administration.may_administer(actor) else None
        card["reason"] = _why_offline(card) or (FAILURE_TEXTS[failure].short if failure else None)
    return result


def _why_offline(card: dict[str, Any]) -> str | None:
    if card["status"] != AgentStatus.OFFLINE:
        return None
    if not card["enabled"]:
        return "Paused"
    return "This month's budget is used up" if card["budget_paused"] else "No usable model"


def _more(actor: Actor) -> tuple[Any, ...]:
    """Columns of each agent: open_count, failure (why its last failed run failed), model."""
    visible = on_visible_boards(actor, Task.board_id)
    mine = select(func.count()).where(Task.assigned_agent_id == Agent.id, Task.status.in_(OPEN), LIVE_TASK, visible)
    failed = select(Run.reason).where(Run.agent_id == Agent.id, Run.status == RunStatus.FAILED)
    named = func.coalesce(Agent.ai_model_id, select(_Default.id).where(_Default.is_default).scalar_subquery())
    return (
        mine.correlate(Agent).scalar_subquery().label("open_count"),
        failed.order_by(Run.id.desc()).limit(1).correlate(Agent).scalar_subquery().label("failure"),
        select(AiModel.display_name).where(AiModel.id == named).correlate(Agent).scalar_subquery().label("model"),
    )
