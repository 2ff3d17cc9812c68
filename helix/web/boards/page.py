"""The list of boards, and one board: its columns or lanes, filters and limits.

`?task=` opens a task; panel.js loads its panel."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from flask import request
from flask.typing import ResponseReturnValue

from helix.errors import Invalid, NotFound
from helix.models.vocabulary import TaskStatus
from helix.policies import administration
from helix.policies import boards as policy
from helix.policies.moves import MOVES
from helix.services import agents, boards, tasks
from helix.services.agents import AgentSummary
from helix.services.navigation import VisibleBoard
from helix.services.tasks.columns import COLUMNS, column_totals, columns
from helix.services.tasks.lanes import lane_totals
from helix.services.work import assignees
from helix.services.work.positions import statuses_of_column
from helix.web.blueprint import (
    actor,
    layout_context,
    render_page,
    render_partial,
    signed_in_blueprint,
)
from helix.web.boards import columns as board_columns
from helix.web.boards import layouts
from helix.web.boards.cards import cards, rights
from helix.web.boards.filter_form import people_names
from helix.web.boards.filters import LANES, BoardFilter, lane_fields
from helix.web.boards.rows import html_of_cards
from helix.web.boards.views import tabs
from helix.web.forms import is_id
from helix.web.page_cache import cached


class May(NamedTuple):
    """What the viewer may do with a board."""

    create: bool
    manage: bool
    administer: bool


blueprint = signed_in_blueprint("board")
BLUEPRINTS = (blueprint,)


@blueprint.get("/boards")
def index() -> ResponseReturnValue:
    return render_page("boards/index.html", here="boards", departments=_departments(), may_administer=_may_administer())


def _may_administer() -> bool:
    return administration.may_administer(actor())


def _departments() -> list[dict[str, Any]]:
    """Departments with boards that the actor may see; for admins also the others."""
    seen = {department["id"]: department for department in layout_context().departments()}
    found = boards.serialize_departments(actor(), boards.departments())
    return [
        {**department, "boards": seen.get(department["id"], {"boards": []})["boards"]}
        for department in found
        if department["id"] in seen or _may_administer()
    ]


@blueprint.get("/boards/<int:board_id>")
@cached
def show(board_id: int) -> ResponseReturnValue:
    board = _seen(board_id)
    kept = layouts.settings_of(board.id)
    board_filter = BoardFilter.from_args(request.args).shown_as(kept.layout)
    team = agents.summaries()
    return render_page(
        "boards/board.html",
        kept=kept,
        layout=board_filter.layout or "board",
        part="content",
        here=f"board-{board.id}",
        board=board,
        board_id=board.id,
        is_private=board.is_private,
        may=May(
            create=policy.may_create_tasks(actor(), board) and not board_filter.archived,
            manage=policy.may_manage(actor(), board),
            administer=_may_administer(),
        ),
        is_read_only=not policy.may_create_tasks(actor(), board) and not board_filter.archived,
        moves_of_rejected=MOVES[TaskStatus.REJECTED],
        narrowed=board_filter,
        chips=_chips(board_filter, team),
        team=team,
        columns_in_order=COLUMNS,
        bulk_agents=tuple((agent.id, agent.name, agent.role_title, agent.avatar_url or "") for agent in team),
        bulk_people=tuple((person["id"], person["name"]) for person in assignees.people(board.id)),
        lane_choices=tuple(LANES.items()),
        **tabs(board.id, board_filter),
        **_cards(board, board_filter, team),
        opened=request.args.get("task", type=int),
    )


def _cards(board: VisibleBoard, board_filter: BoardFilter, team: Sequence[AgentSummary]) -> dict[str, Any]:
    """The context of the layout: columns, lanes, a list or a calendar."""
    if board_filter.layout in ("list", "calendar"):
        of_layout = layouts.list_context if board_filter.layout == "list" else layouts.calendar_context
        heads = board_columns.column_heads(board, _everything(board), board_filter, _everything(board))
        return {"heads": heads, "lanes": None, **of_layout(board.id, board_filter, team)}
    return _lanes(board, board_filter, team) if board_filter.lanes else _columns(board, board_filter, team)


def _chips(board_filter: BoardFilter, team: Sequence[AgentSummary]) -> list[dict[str, str]]:
    names_someone = any(is_id(word) for word in (*board_filter.assignee, *board_filter.creator))
    return board_filter.chips({agent.id: agent.name for agent in team}, people_names() if names_someone else None)


def _seen(board_id: int) -> VisibleBoard:
    board = layout_context().board(board_id)
    if board is None:
        raise NotFound("There is no such board.")
    return board


def _columns(board: VisibleBoard, board_filter: BoardFilter, team: Sequence[AgentSummary]) -> dict[str, Any]:
    task_filter = board_filter.to_task_filter(actor(), board.id, actor().zone)
    found = columns(actor(), task_filter, limit=board_columns.PAGE_SIZE)
    html = html_of_cards(actor(), board.id, team, [card for column in found for card in column.cards])
    query = board_filter.query()
    return {
        "heads": board_columns.column_heads(
            board,
            column_totals(actor(), task_filter) if board_filter else _everything(board),
            board_filter,
            _everything(board),
        ),
        "cells": {
            column.status: board_columns.cell(
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


def _everything(board: VisibleBoard) -> dict[TaskStatus, int]:
    """Tasks per column without filters, from the counters, which is cheaper than counting."""
    counts = layout_context().counts[board.id]
    return {status: sum(counts[shared] for shared in statuses_of_column(status)) for status in COLUMNS}


def _lanes(board: VisibleBoard, board_filter: BoardFilter, team: Sequence[AgentSummary]) -> dict[str, Any]:
    task_filter = board_filter.to_task_filter(actor(), board.id, actor().zone)
    totals = lane_totals(actor(), task_filter, board_filter.lanes)
    rows = board_columns.lanes(actor(), board, board_filter, task_filter, totals, team)
    sums = {status: sum(lane[status] for lane in totals.values()) for status in COLUMNS}
    return {"heads": board_columns.column_heads(board, sums, board_filter, _everything(board)), "lanes": rows}


@blueprint.get("/boards/<int:board_id>/columns/<status>")
def more(board_id: int, status: str) -> ResponseReturnValue:
    """More cards of a column or of a cell (`?lane=`), after `?after=<position>~<id>`, with the board's filters."""
    board = boards.get(actor(), board_id)
    after = _place(request.args.get("after", ""))
    if status not in {str(column) for column in COLUMNS}:
        raise NotFound("There is no such column.")
    board_filter = BoardFilter.from_args(request.args)
    task_filter = board_filter.to_task_filter(actor(), board.id, actor().zone)
    query = board_filter.query()
    if board_filter.lanes:
        task_filter = board_columns.restrict_to_lane(
            task_filter, lane_fields(board_filter.lanes, request.args.get("lane", ""))
        )
        query["lane"] = request.args["lane"]
    found = tasks.column(actor(), task_filter, TaskStatus(status), limit=board_columns.PAGE_SIZE + 1, after=after)
    some = cards(actor(), found[: board_columns.PAGE_SIZE])
    cell = board_columns.cell_of_tasks(
        board.id, TaskStatus(status), some, query, rights(actor()), more=len(found) > board_columns.PAGE_SIZE
    )
    return render_partial("boards/_cell.html", cell=cell)


@blueprint.get("/boards/<int:board_id>/lanes/<lane>")
def cells_of(board_id: int, lane: str) -> ResponseReturnValue:
    """The cells of a lane, loaded when it is scrolled into view."""
    board = _seen(board_id)
    board_filter = BoardFilter.from_args(request.args)
    fields = lane_fields(board_filter.lanes, lane)
    task_filter = board_columns.restrict_to_lane(board_filter.to_task_filter(actor(), board.id, actor().zone), fields)
    totals = lane_totals(actor(), task_filter, board_filter.lanes)
    rows = board_columns.lanes(actor(), board, board_filter, task_filter, totals, agents.summaries())
    found = next((row for row in rows if row.key == lane), None)
    if found is None or found.cells is None:
        raise NotFound("There is no such lane.")
    heads = board_columns.column_heads(board, dict.fromkeys(COLUMNS, 0), board_filter, _everything(board))
    return render_partial("boards/_lane_cells.html", lane=found, heads=heads, board_id=board.id)


def _place(text: str) -> tuple[str, int]:
    position, _, task_id = text.partition("~")
    if not position or len(position) > 80 or not position.isprintable() or not is_id(task_id):
        raise Invalid.field("after", "That place in the column is not known.")
    return position, int(task_id)
