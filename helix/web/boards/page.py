"""One board: its columns or lanes and its filters. The panel of the task that its address names comes by panel.js."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid, NotFound
from helix.models.vocabulary import TaskStatus
from helix.policies import boards as policy
from helix.policies.moves import MOVES
from helix.services import agents, boards, tasks
from helix.services.agents import AgentSummary
from helix.services.navigation import VisibleBoard
from helix.services.tasks.columns import COLUMNS, column_totals, columns
from helix.services.tasks.lanes import lane_totals
from helix.services.work.positions import statuses_of_column
from helix.web.blueprint import actor, around, page, part, signed_in_blueprint
from helix.web.boards import columns as shape
from helix.web.boards.cards import cards, rights
from helix.web.boards.filters import DUE, LANES, BoardFilter, lane_fields
from helix.web.boards.rows import html_of_cards
from helix.web.boards.views import tabs
from helix.web.forms import is_id
from helix.web.page_cache import remembered


class May(NamedTuple):
    """What the viewer may do with a board."""

    create: bool
    manage: bool


blueprint = signed_in_blueprint("board")
BLUEPRINTS = (blueprint,)


@blueprint.get("/boards/<int:board_id>")
@remembered
def show(board_id: int) -> ResponseReturnValue:
    board = _seen(board_id)
    narrowed = BoardFilter.of(request.args)
    team = agents.summaries()
    return page(
        "boards/board.html",
        part="content",
        here=f"board-{board.id}",
        board=board,
        board_id=board.id,
        may=May(
            create=policy.may_create_tasks(actor(), board) and not narrowed.archived,
            manage=policy.may_manage(actor(), board),
        ),
        moves_of_rejected=MOVES[TaskStatus.REJECTED],
        narrowed=narrowed,
        chips=narrowed.chips({agent.id: agent.name for agent in team}),
        team=team,
        columns_in_order=COLUMNS,
        deed_agents=tuple((agent.id, agent.name, agent.role_title) for agent in team),
        team_options=tuple((agent.id, agent.name) for agent in team),
        due_choices=tuple(DUE.items()),
        lane_choices=tuple(LANES.items()),
        **tabs(board.id, narrowed),
        **(_lanes(board, narrowed, team) if narrowed.lanes else _columns(board, narrowed, team)),
        opened=request.args.get("task", type=int),
    )


def _seen(board_id: int) -> VisibleBoard:
    board = around().board(board_id)
    if board is None:
        raise NotFound("There is no such board.")
    return board


def _columns(board: VisibleBoard, narrowed: BoardFilter, team: Sequence[AgentSummary]) -> dict[str, Any]:
    wanted = narrowed.wanted(actor(), board.id, actor().zone)
    found = columns(actor(), wanted, limit=shape.AT_ONCE)
    html = html_of_cards(actor(), board.id, team, [card for column in found for card in column.cards])
    query = narrowed.query()
    return {
        "heads": shape.heads(board, _totals(board, narrowed, wanted)),
        "cells": {
            column.status: shape.cell(
                board.id,
                column.status,
                html(column.cards),
                query,
                (column.cards[-1].position, column.cards[-1].id) if column.more else None,
            )
            for column in found
        },
        "lanes": None,
    }


def _totals(board: VisibleBoard, narrowed: BoardFilter, wanted: tasks.TaskFilter) -> dict[TaskStatus, int]:
    """The tallies know the whole board for less than counting costs."""
    if narrowed:
        return column_totals(actor(), wanted)
    counts = around().counts[board.id]
    return {status: sum(counts[shared] for shared in statuses_of_column(status)) for status in COLUMNS}


def _lanes(board: VisibleBoard, narrowed: BoardFilter, team: Sequence[AgentSummary]) -> dict[str, Any]:
    wanted = narrowed.wanted(actor(), board.id, actor().zone)
    totals = lane_totals(actor(), wanted, narrowed.lanes)
    rows = shape.lanes(actor(), board, narrowed, wanted, totals, team)
    sums = {status: sum(lane[status] for lane in totals.values()) for status in COLUMNS}
    return {"heads": shape.heads(board, sums), "lanes": rows}


@blueprint.get("/boards/<int:board_id>/columns/<status>")
def more(board_id: int, status: str) -> ResponseReturnValue:
    """The next cards of a column, or of one in a `?lane=`: `?after=<position>~<id>` and the filters of the board."""
    board = boards.get(actor(), board_id)
    after = _place(request.args.get("after", ""))
    if status not in {str(column) for column in COLUMNS}:
        raise NotFound("There is no such column.")
    narrowed = BoardFilter.of(request.args)
    wanted = narrowed.wanted(actor(), board.id, actor().zone)
    query = narrowed.query()
    if narrowed.lanes:
        wanted = shape.in_lane(wanted, lane_fields(narrowed.lanes, request.args.get("lane", "")))
        query["lane"] = request.args["lane"]
    found = tasks.column(actor(), wanted, TaskStatus(status), limit=shape.AT_ONCE + 1, after=after)
    some = cards(actor(), found[: shape.AT_ONCE])
    cell = shape.of_tasks(board.id, TaskStatus(status), some, query, rights(actor()), more=len(found) > shape.AT_ONCE)
    return part("boards/_cell.html", cell=cell)


@blueprint.get("/boards/<int:board_id>/lanes/<lane>")
def cells_of(board_id: int, lane: str) -> ResponseReturnValue:
    """The cells of a lane that came into sight."""
    board = _seen(board_id)
    narrowed = BoardFilter.of(request.args)
    fields = lane_fields(narrowed.lanes, lane)
    wanted = shape.in_lane(narrowed.wanted(actor(), board.id, actor().zone), fields)
    totals = lane_totals(actor(), wanted, narrowed.lanes)
    rows = shape.lanes(actor(), board, narrowed, wanted, totals, agents.summaries())
    found = next((row for row in rows if row.key == lane), None)
    if found is None or found.cells is None:
        raise NotFound("There is no such lane.")
    heads = shape.heads(board, dict.fromkeys(COLUMNS, 0))
    return part("boards/_lane_cells.html", lane=found, heads=heads, board_id=board.id)


def _place(text: str) -> tuple[str, int]:
    position, _, task_id = text.partition("~")
    if not position or len(position) > 80 or not position.isprintable() or not is_id(task_id):
        raise Invalid.field("after", "That place in the column is not known.")
    return position, int(task_id)
