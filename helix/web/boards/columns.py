"""The columns and lanes (swimlanes) of a board, as values for its templates."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from helix.models.vocabulary import Priority, TaskStatus
from helix.policies.actor import Actor
from helix.policies.moves import MOVES, OPEN, may_move
from helix.services.agents import AgentSummary
from helix.services.navigation import VisibleBoard
from helix.services.tasks import TaskFilter
from helix.services.tasks.columns import COLUMNS
from helix.services.tasks.lanes import Key, lane_cards
from helix.web.boards.card import cards_html
from helix.web.boards.cards import cards, rights
from helix.web.boards.filters import NOBODY, BoardFilter

# Cards per column; the rest is loaded on scrolling.
PAGE_SIZE = 50
# With lanes: cards per cell, and cards per page before the remaining lanes are loaded on scrolling.
CELL_SIZE = 20
MAX_LANE_CARDS = 250
Totals = Mapping[TaskStatus, int]


@dataclass(frozen=True)
class Head:
    """The head of a column."""

    status: TaskStatus
    total: int
    # Of all cards of the column, with those that the filter hides; None where only archived ones are shown.
    of_all: int | None
    is_filtered: bool
    wip_limit: int | None
    moves: tuple[TaskStatus, ...]
    folded: bool

    @property
    def is_full(self) -> bool:
        return bool(self.wip_limit) and (self.of_all or 0) >= (self.wip_limit or 0)

    @property
    def count(self) -> str:
        """Such as "4", "4/5" with a limit, "1 of 4" under a filter."""
        if self.of_all is None:
            return str(self.total)
        if self.is_filtered:
            return f"{self.total} of {self.of_all}"
        return f"{self.total}/{self.wip_limit}" if self.wip_limit else str(self.total)

    @property
    def count_in_words(self) -> str:
        """For the title of the count."""
        said = f"{self.of_all} of limit {self.wip_limit}" if self.wip_limit and self.of_all is not None else "No limit"
        return f"Full: {said}" if self.is_full else said

    @property
    def has_quick_add(self) -> bool:
        """Whether a new task can start in this column. Nobody adds tasks that are settled already."""
        return self.status in OPEN and may_move(TaskStatus.TODO, self.status)


@dataclass(frozen=True)
class Cell:
    """The cards of a column, or of a column within a lane. `next_url` loads more, if there are more."""

    status: TaskStatus
    cards: Markup
    next_url: str | None


@dataclass(frozen=True)
class Lane:
    """A lane. With `cells` None it is loaded from `url` when scrolled into view."""

    key: str
    name: str
    agent: AgentSummary | None
    total: int
    cells: list[Cell] | None
    url: str


def column_heads(board: VisibleBoard, totals: Totals, board_filter: BoardFilter, everything: Totals) -> list[Head]:
    """The heads of all columns. Cancelled is folded by default, Approved while it is empty, and what a filter hides.

    `totals` are of the cards that the filter lets through, `everything` of all that are not archived.
    """
    return [
        Head(
            status,
            totals[status],
            None if board_filter.archived else everything[status],
            bool(board_filter),
            None if board_filter.archived else board.wip_limits.get(status),
            MOVES[status],
            board_filter.hides(status)
            or (status == TaskStatus.CANCELLED and str(status) not in board_filter.status)
            or (status == TaskStatus.APPROVED and not totals[status]),
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
    """A cell of rendered cards. `last` is the position and id of the last card if more follow."""
    url = None
    if last:
        after = f"{last[0]}~{last[1]}"
        url = f"/boards/{board_id}/columns/{status}?{urlencode({**query, 'after': after})}"
    return Cell(status, html, url)


def cell_of_tasks(
    board_id: int, status: TaskStatus, found: list[dict[str, Any]], query: dict[str, str], may: Any, *, more: bool
) -> Cell:
    """A cell of tasks as dictionaries. `may` maps a task to its allowed actions."""
    last = (found[-1]["position"], found[-1]["id"]) if more and found else None
    return cell(board_id, status, cards_html(found, board_id, may), query, last)


def lanes(
    actor: Actor,
    board: VisibleBoard,
    board_filter: BoardFilter,
    task_filter: TaskFilter,
    totals: Mapping[Key, Totals],
    team: Sequence[AgentSummary],
) -> list[Lane]:
    """All lanes in order, with the cards of the first ones."""
    order = _keys(board, board_filter, totals, team)
    near, room = [], MAX_LANE_CARDS
    for key in order:
        room -= sum(min(number, CELL_SIZE) for number in totals.get(key, {}).values())
        if near and room < 0:
            break
        near.append(key)
    found = lane_cards(actor, task_filter, board_filter.lanes, near, limit=CELL_SIZE)
    shown = {card["id"]: card for card in cards(actor, [task for tasks in found.values() for task in tasks])}
    by_id, may = {agent.id: agent for agent in team}, rights(actor)
    rows = []
    for key in order:
        word = _word(board_filter.lanes, key)
        query = {**board_filter.query(), "lane": word}
        numbers = totals.get(key, {})
        parts = [
            cell_of_tasks(
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
                name=_name(board_filter.lanes, key, by_id),
                agent=by_id.get(key) if board_filter.lanes == "agent" and key else None,
                total=sum(numbers.values()),
                cells=parts if key in near else None,
                url=f"/boards/{board.id}/lanes/{word}?{urlencode(board_filter.query())}",
            )
        )
    return rows


def restrict_to_lane(task_filter: TaskFilter, fields: dict[str, Any]) -> TaskFilter:
    """Narrow the filter to a lane, given by the result of `lane_fields`."""
    ((name, value),) = fields.items()
    return task_filter.within({"assigned_agent_id": "agents", "priority": "priorities"}[name], value)


def _keys(
    board: VisibleBoard, board_filter: BoardFilter, totals: Mapping[Key, Totals], team: Sequence[AgentSummary]
) -> list[Key]:
    """Lane keys in order: urgent first; or agents by name (with tasks here or this primary board), then unassigned."""
    if board_filter.lanes == "priority":
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
    return agents[key].name if key in agents else "A deleted agent"
