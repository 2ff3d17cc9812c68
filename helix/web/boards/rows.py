"""The cards of a whole board, as markup."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from helix import clock
from helix.clock import iso
from helix.models import Agent, User
from helix.models.vocabulary import AgentStatus, Priority
from helix.policies.actor import Actor
from helix.policies.tasks import TaskOwnership
from helix.services.agents import AgentSummary
from helix.services.tasks import needs
from helix.services.tasks.columns import CardRow
from helix.services.work import waiting_reasons
from helix.text import markdown, task_keys
from helix.web.boards.card import Card, card_of, rendered
from helix.web.boards.cards import may_with
from helix.web.time_zones import due_zone


def html_of_cards(
    actor: Actor, board_id: int, team: Sequence[AgentSummary], found: Sequence[CardRow]
) -> Callable[..., Markup]:
    """From some of the cards `found` on a board to their markup. One statement, if runs wait."""
    value = _card_maker(actor, board_id, team, found)
    return lambda some: Markup("".join([rendered(value(row)) for row in some]))  # noqa: S704 - made of markup


def card_values(actor: Actor, board_id: int, team: Sequence[AgentSummary], found: Sequence[CardRow]) -> list[Card]:
    """The cards found on a board as values for a template."""
    return list(map(_card_maker(actor, board_id, team, found), found))


def _card_maker(
    actor: Actor, board_id: int, team: Sequence[AgentSummary], found: Sequence[CardRow]
) -> Callable[[CardRow], Card]:
    now, zone = clock.now(), due_zone()
    states: Mapping[int | None, AgentStatus] = {face.id: face.status for face in team}
    me, no = actor.user_id, None
    rights = {
        (created, assigned): may_with(actor, TaskOwnership(board_id, me if created else no, me if assigned else no))
        for created in (True, False)
        for assigned in (True, False)
    }
    waiting = waiting_reasons.reasons(
        [row.run_id for row in found if row.run_id and row.run_status and row.run_status.waits], actor.zone
    )

    blocked = needs.blocked(actor, [row.id for row in found if row.blocked_count])

    def value(row: CardRow) -> Card:
        state = states.get(row.agent_id, AgentStatus.OFFLINE)
        whose = (row.created_by_user_id == actor.user_id, row.assigned_user_id == actor.user_id)
        task = _task(row, state) | {"waiting": waiting.get(row.run_id or 0)}
        task["blocked_message"] = blocked[row.id].message if row.id in blocked else None
        return card_of(task, board_id, rights[whose], zone, now)

    return value


def _task(row: CardRow, state: AgentStatus) -> dict[str, Any]:
    """As much of the contract's shape as a card is made from."""
    agent = {"id": row.agent_id, "name": Agent.name_shown(row.agent_name or "", row.agent_deleted_at), "status": state}
    person = {"id": row.assigned_user_id, "name": User.name_shown(row.person_name or "", row.person_closed_at)}
    run = {
        "status": row.run_status,
        "message": row.run_message,
        "attempt": row.run_attempt,
        "started_at": iso(row.run_started_at),
    }
    return {
        "id": row.id,
        "key": task_keys.readable(row.board_key, row.id),
        "version": row.version,
        "status": row.status,
        "position": row.position,
        "title": row.title,
        "priority": Priority.at(row.priority_rank),
        "tags": json.loads(row.tags),
        "due_date": iso(row.due_at),
        "assigned_agent": agent if row.agent_id else None,
        "assigned_user": person if row.person_name else None,
        "last_run": run if row.run_id else None,
        "comment_count": row.comment_count,
        "attachment_count": row.attachment_count,
        "result_truncated": row.result_truncated,
        "run_when_ready": row.run_when_ready,
        "feedback": markdown.plain(row.feedback, 200) if row.feedback else None,
    }
