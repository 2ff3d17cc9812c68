"""A board as its templates want it: columns of cards, or lanes across the columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from helix.models.vocabulary import Priority, TaskStatus
from helix.policies.actor import Actor
from helix.policies.moves import MOVES
from helix.services.agents import AgentSummary
from helix.services.navigation import VisibleBoard
from helix.services.tasks import TaskFilter
from helix.services.tasks.columns import COLUMNS
from helix.services.tasks.lanes import Key, lane_cards
from helix.web.boards.card import cards_html
from helix.web.boards.cards import cards, rights
from helix.web.boards.filters import NOBODY, BoardFilter

# More than a screen holds: the rest of a column comes as one scrolls to it.
AT_ONCE = 50
# With lanes a page has many small cells: so many cards in each, and so many on the page before lanes wait to be seen.
IN_A_CELL = 20
ON_A_PAGE = 250
Totals = Mapping[TaskStatus, int]


@dataclass(frozen=True)
class Head:
    """The top of a column."""

    status: TaskStatus
    total: int
    wip_limit: int | None
    moves: tuple[TaskStatus, ...]
    folded: bool


@dataclass(frozen=True)
class Cell:
    """The cards of a column, or of a column in a lane; `next_url` when there are more."""

    status: TaskStatus
    cards: Markup
    next_url: str | None


@dataclass(frozen=True)
class Lane:
    """`cells` None: read when it comes into sight, from `url`."""

    key: str
    name: str
    agent: AgentSummary | None
    total: int
    cells: list[Cell] | None
    url: str


def heads(board: VisibleBoard, totals: Totals) -> list[Head]:
    """Cancelled is folded until somebody opens it, Approved while it is empty: room for what is worked on."""
    return [
        Head(
            status,
            totals[status],
            board.wip_limits.get(status),
            MOVES[status],
            status == TaskStatus.CANCELLED or (status == TaskStatus.APPROVED and not totals[status]),
        )
        for status in COLUMNS
    ]


def cell(
    board_id: int,
    status: TaskStatus,
    html: Markup,
    query: dict[str, str],
    last: tuple[str, int] | None,
) -> Cell:
    """`last`: position and id of the last of these cards, when more follow."""
    url = None
    if last:
        after = f"{last[0]}~{last[1]}"
        url = f"/boards/{board_id}/columns/{status}?{urlencode({**query, 'after': after})}"
    return Cell(status, html, url)


def of_tasks(
    board_id: int, status: TaskStatus, found: list[dict[str, Any]], query: dict[str, str], may: Any, *, more: bool
) -> Cell:
    """Likewise from tasks in the contract's shape. `may`: from a task to what may be done with it."""
    last = (found[-1]["position"], found[-1]["id"]) if more and found else None
    return cell(board_id, status, cards_html(found, board_id, may), query, last)


def lanes(
    actor: Actor,
    board: VisibleBoard,
    narrowed: BoardFilter,
    wanted: TaskFilter,
    totals: Mapping[Key, Totals],
    team: Sequence[AgentSummary],
) -> list[Lane]:
    """Every lane in its order, with the cards of the first ones."""
    order = _keys(board, narrowed, totals, team)
    near, room = [], ON_A_PAGE
    for key in order:
        room -= sum(min(number, IN_A_CELL) for number in totals.get(key, {}).values())
        if near and room < 0:
            break
        near.append(key)
    found = lane_cards(actor, wanted, narrowed.lanes, near, limit=IN_A_CELL)
    shown = {card["id"]: card for card in cards(actor, [task for tasks in found.values() for task in tasks])}
    by_id, may = {agent.id: agent for agent in team}, rights(actor)
    rows = []
    for key in order:
        word = _word(narrowed.lanes, key)
        query = {**narrowed.query(), "lane": word}
        numbers = totals.get(key, {})
        parts = [
            of_tasks(
                board.id,
                status,
                [shown[task.id] for task in found.get((key, status), []) if task.id in shown],
                query,
                may,
                more=numbers.get(status, 0) > len(found.get((key, status), [])),
            )
            for status in COLUMNS
        ]
        rows.append(
            Lane(
                key=word,
                name=_name(narrowed.lanes, key, by_id),
                agent=by_id.get(key) if narrowed.lanes == "agent" and key else None,
                total=sum(numbers.values()),
                cells=parts if key in near else None,
                url=f"/boards/{board.id}/lanes/{word}?{urlencode(narrowed.query())}",
            )
        )
    return rows


def in_lane(wanted: TaskFilter, fields: dict[str, Any]) -> TaskFilter:
    """`fields` as `lane_fields` reads them off the address."""
    if "assigned_agent_id" in fields and fields["assigned_agent_id"] is None:
        return replace(wanted, unassigned=True)
    return replace(wanted, **fields)


def lane_key(fields: dict[str, Any]) -> Key:
    return fields["priority"].rank if "priority" in fields else fields["assigned_agent_id"]


def _keys(
    board: VisibleBoard, narrowed: BoardFilter, totals: Mapping[Key, Totals], team: Sequence[AgentSummary]
) -> list[Key]:
    """Urgent first; agents by name, those at home on this board even when idle, then nobody."""
    if narrowed.lanes == "priority":
        return [priority.rank for priority in reversed(Priority)]
    at_home = [agent.id for agent in team if agent.id in totals or agent.primary_board_id == board.id]
    gone = [key for key in totals if key is not None and key not in {agent.id for agent in team}]
    return [*at_home, *gone, None]


def _word(by: str, key: Key) -> str:
    if by == "priority":
        return str(Priority.at(key or 0))
    return NOBODY if key is None else str(key)


def _name(by: str, key: Key, agents: Mapping[int, AgentSummary]) -> str:
    if by == "priority":
        return str(Priority.at(key or 0)).capitalize()
    if key is None:
        return "Nobody"
    return agents[key].name if key in agents else "An agent that is gone"
