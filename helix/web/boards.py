"""The list of boards, and one board with its columns."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid, NotFound
from helix.models import Board
from helix.models.vocabulary import TaskStatus
from helix.policies import boards as policy
from helix.policies.moves import MOVES
from helix.services import agents, boards, tasks
from helix.services.tasks.columns import COLUMNS, Column, column_totals, columns
from helix.services.tasks.positions import statuses_of_column
from helix.web.board_filters import DUE, BoardFilter
from helix.web.cards import cards, rights
from helix.web.door import actor, around, page, part, section
from helix.web.task_panel import panel
from helix.web.zone import viewers_zone_name

door = section("boards")
DOORS = (door,)
AT_ONCE = 50
FOLDED_WHEN_EMPTY = (TaskStatus.APPROVED, TaskStatus.CANCELLED)


@door.get("/boards")
def index() -> ResponseReturnValue:
    return page("boards/index.html", here="boards", departments=around().departments(), actor=actor())


@door.get("/boards/<int:board_id>")
def show(board_id: int) -> ResponseReturnValue:
    board = _seen(board_id)
    narrowed = BoardFilter.of(request.args)
    wanted = narrowed.wanted(actor(), board.id, viewers_zone_name())
    found = columns(actor(), wanted, limit=AT_ONCE)
    everything = [task for column in found for task in column.tasks]
    team = agents.agents()
    return page(
        "boards/board.html",
        here=f"board-{board.id}",
        board=board,
        board_id=board.id,
        columns=_shown(board, found, _totals(board, narrowed, wanted), cards(actor(), everything), narrowed),
        may={"create": policy.may_create_tasks(actor(), board) and not narrowed.archived},
        may_for=rights(actor(), everything),
        moves_of_rejected=MOVES[TaskStatus.REJECTED],
        narrowed=narrowed,
        chips=narrowed.chips({agent.id: agent.name for agent in team}),
        team_options=[(agent.id, agent.name) for agent in team],
        due_choices=DUE,
        **_opened(),
    )


def _opened() -> dict[str, Any]:
    """The panel of the task that the address names; one that is gone or hidden leaves the board alone."""
    task_id = request.args.get("task", type=int)
    try:
        found = panel(actor(), task_id, request.args.get("tab", "thread")) if task_id else {}
    except NotFound:
        found = {}
    return {"task": None} | found


@door.get("/boards/<int:board_id>/columns/<status>")
def more(board_id: int, status: str) -> ResponseReturnValue:
    """The next cards of a column: `?after=<position>~<id>` and the filters of the board."""
    board = boards.get(actor(), board_id)
    after = _place(request.args.get("after", ""))
    if status not in {str(column) for column in COLUMNS}:
        raise NotFound("There is no such column.")
    narrowed = BoardFilter.of(request.args)
    wanted = narrowed.wanted(actor(), board.id, viewers_zone_name())
    found = tasks.column(actor(), wanted, TaskStatus(status), limit=AT_ONCE + 1, after=after)
    some = found[:AT_ONCE]
    return part(
        "boards/_more.html",
        board_id=board.id,
        tasks=cards(actor(), some),
        may_for=rights(actor(), some),
        next_url=_next(board.id, Column(TaskStatus(status), some, len(found) > AT_ONCE), narrowed),
    )


def _seen(board_id: int) -> Board:
    board = around().board(board_id)
    if board is None:
        raise NotFound("There is no such board.")
    return board


@dataclass(frozen=True)
class _Row:
    """Shaped as templates/boards/_column.html wants a column."""

    status: TaskStatus
    tasks: list[dict[str, Any]]
    total: int
    wip_limit: int | None
    next_url: str | None
    folded: bool
    title: str | None = None

    @property
    def moves(self) -> tuple[TaskStatus, ...]:
        return MOVES[self.status]


def _totals(board: Board, narrowed: BoardFilter, wanted: tasks.TaskFilter) -> dict[TaskStatus, int]:
    if narrowed:
        return column_totals(actor(), wanted)
    counts = around().counts[board.id]
    return {status: sum(counts[shared] for shared in statuses_of_column(status)) for status in COLUMNS}


def _shown(
    board: Board,
    found: list[Column],
    totals: dict[TaskStatus, int],
    shown: list[dict[str, Any]],
    narrowed: BoardFilter,
) -> list[_Row]:
    rows = iter(shown)
    return [
        _Row(
            status=column.status,
            tasks=[next(rows) for _ in column.tasks],
            total=max(totals[column.status], len(column.tasks)),
            wip_limit=board.wip_limits.get(column.status),
            next_url=_next(board.id, column, narrowed),
            folded=column.status in FOLDED_WHEN_EMPTY and not column.tasks,
        )
        for column in found
    ]


def _next(board_id: int, column: Column, narrowed: BoardFilter) -> str | None:
    if not column.more:
        return None
    last = column.tasks[-1]
    query = urlencode({**narrowed.query(), "after": f"{last.position}~{last.id}"})
    return f"/boards/{board_id}/columns/{column.status}?{query}"


def _place(text: str) -> tuple[str, int]:
    position, _, task_id = text.partition("~")
    if not position or len(position) > 80 or not task_id.isascii() or not task_id.isdigit() or len(task_id) > 15:
        raise Invalid.field("after", "That place in the column is not known.")
    return position, int(task_id)
