"""One board: its columns or lanes and its filters. The panel of the task that its address names comes by panel.js."""

from typing import Any, NamedTuple

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid, NotFound
from helix.models import Board
from helix.models.vocabulary import TaskStatus
from helix.policies import boards as policy
from helix.policies.moves import MOVES
from helix.services import agents, boards, tasks
from helix.services.tasks.columns import COLUMNS, column_totals, columns
from helix.services.tasks.lanes import lane_totals
from helix.services.tasks.positions import statuses_of_column
from helix.web.boards import columns as shape
from helix.web.boards.cards import cards, rights, with_feedback
from helix.web.boards.filters import DUE, LANES, BoardFilter, lane_fields
from helix.web.boards.views import tabs
from helix.web.door import actor, around, page, part, section
from helix.web.forms import is_id
from helix.web.memory import remembered
from helix.web.zone import viewers_zone_name


class Face(NamedTuple):
    """Of an agent, what the menu shows in which somebody is chosen for several tasks."""

    id: int
    name: str
    role_title: str


door = section("board")
DOORS = (door,)


@door.get("/boards/<int:board_id>")
@remembered
def show(board_id: int) -> ResponseReturnValue:
    board = around().board(board_id)
    if board is None:
        raise NotFound("There is no such board.")
    narrowed = BoardFilter.of(request.args)
    team = agents.agents()
    return page(
        "boards/board.html",
        part="content",
        here=f"board-{board.id}",
        board=board,
        board_id=board.id,
        may={
            "create": policy.may_create_tasks(actor(), board) and not narrowed.archived,
            "manage": policy.may_manage(actor(), board),
        },
        moves_of_rejected=MOVES[TaskStatus.REJECTED],
        narrowed=narrowed,
        chips=narrowed.chips({agent.id: agent.name for agent in team}),
        team=team,
        columns_in_order=COLUMNS,
        deed_agents=tuple(Face(agent.id, agent.name, agent.role_title) for agent in team),
        team_options=[(agent.id, agent.name) for agent in team],
        due_choices=DUE,
        lane_choices=LANES,
        **tabs(board.id, narrowed),
        **(_lanes(board, narrowed, team) if narrowed.lanes else _columns(board, narrowed)),
        opened=request.args.get("task", type=int),
    )


def _columns(board: Board, narrowed: BoardFilter) -> dict[str, Any]:
    wanted = narrowed.wanted(actor(), board.id, viewers_zone_name())
    found = columns(actor(), wanted, limit=shape.AT_ONCE)
    with_feedback([task for column in found for task in column.tasks])
    query = narrowed.query()
    return {
        "heads": shape.heads(board, _totals(board, narrowed, wanted)),
        "cells": {
            column.status: shape.cell(board.id, column.status, column.tasks, query, more=column.more)
            for column in found
        },
        "lanes": None,
        "may_for": rights(actor()),
    }


def _totals(board: Board, narrowed: BoardFilter, wanted: tasks.TaskFilter) -> dict[TaskStatus, int]:
    """The tallies know the whole board for less than counting costs."""
    if narrowed:
        return column_totals(actor(), wanted)
    counts = around().counts[board.id]
    return {status: sum(counts[shared] for shared in statuses_of_column(status)) for status in COLUMNS}


def _lanes(board: Board, narrowed: BoardFilter, team: list[Any]) -> dict[str, Any]:
    wanted = narrowed.wanted(actor(), board.id, viewers_zone_name())
    totals = lane_totals(actor(), wanted, narrowed.lanes)
    rows = shape.lanes(actor(), board, narrowed, wanted, totals, team)
    sums = {status: sum(lane[status] for lane in totals.values()) for status in COLUMNS}
    return {"heads": shape.heads(board, sums), "lanes": rows, "may_for": rights(actor())}


@door.get("/boards/<int:board_id>/columns/<status>")
def more(board_id: int, status: str) -> ResponseReturnValue:
    """The next cards of a column, or of one in a `?lane=`: `?after=<position>~<id>` and the filters of the board."""
    board = boards.get(actor(), board_id)
    after = _place(request.args.get("after", ""))
    if status not in {str(column) for column in COLUMNS}:
        raise NotFound("There is no such column.")
    narrowed = BoardFilter.of(request.args)
    wanted = narrowed.wanted(actor(), board.id, viewers_zone_name())
    query = narrowed.query()
    if narrowed.lanes:
        wanted = shape.in_lane(wanted, lane_fields(narrowed.lanes, request.args.get("lane", "")))
        query["lane"] = request.args["lane"]
    found = tasks.column(actor(), wanted, TaskStatus(status), limit=shape.AT_ONCE + 1, after=after)
    some = cards(actor(), found[: shape.AT_ONCE])
    cell = shape.cell(board.id, TaskStatus(status), some, query, more=len(found) > shape.AT_ONCE)
    return part("boards/_cell.html", cell=cell, board_id=board.id, may_for=rights(actor()))


@door.get("/boards/<int:board_id>/lanes/<lane>")
def cells_of(board_id: int, lane: str) -> ResponseReturnValue:
    """The cells of a lane that came into sight."""
    board = boards.get(actor(), board_id)
    narrowed = BoardFilter.of(request.args)
    fields = lane_fields(narrowed.lanes, lane)
    wanted = shape.in_lane(narrowed.wanted(actor(), board.id, viewers_zone_name()), fields)
    totals = lane_totals(actor(), wanted, narrowed.lanes)
    rows = shape.lanes(actor(), board, narrowed, wanted, totals, agents.agents())
    found = next((row for row in rows if row.key == lane), None)
    if found is None or found.cells is None:
        raise NotFound("There is no such lane.")
    heads = shape.heads(board, dict.fromkeys(COLUMNS, 0))
    return part("boards/_lane_cells.html", lane=found, heads=heads, board_id=board.id, may_for=rights(actor()))


def _place(text: str) -> tuple[str, int]:
    position, _, task_id = text.partition("~")
    if not position or len(position) > 80 or not position.isprintable() or not is_id(task_id):
        raise Invalid.field("after", "That place in the column is not known.")
    return position, int(task_id)
