"""The other layouts of a board: a list in groups and a calendar of due dates; and which one a person keeps."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from flask import request
from flask.typing import ResponseReturnValue

from helix import clock
from helix.errors import NotFound
from helix.models.vocabulary import Priority
from helix.services import accounts, agents, boards, tasks
from helix.services.accounts import BoardSettings
from helix.services.accounts.board_settings import CARD_FIELDS
from helix.services.agents import AgentSummary
from helix.services.tasks.columns import COLUMNS, CardRow
from helix.text import times
from helix.web.blueprint import (
    actor,
    is_htmx_request,
    layout_context,
    redirect_to,
    render_page,
    render_partial,
    signed_in_blueprint,
)
from helix.web.boards.filters import GROUPS, LAYOUTS, SORTS, BoardFilter
from helix.web.boards.rows import card_values
from helix.web.formats import status_label

blueprint = signed_in_blueprint("board_layouts")
BLUEPRINTS = (blueprint,)
PAGE_SIZE = 100
# Tasks of a month; more are said to be there.
MOST_IN_MONTH = 600


class Row(NamedTuple):
    """A card of the list. `head` is the label and total of the group that begins with it, or None."""

    card: Any
    head: tuple[str, int] | None


class Day(NamedTuple):
    day: date
    is_in_month: bool
    is_today: bool
    cards: list[Any]


def settings_of(board_id: int) -> BoardSettings:
    return accounts.board_settings(layout_context().preferences, board_id)


def list_context(board_id: int, board_filter: BoardFilter, team: Sequence[AgentSummary]) -> dict[str, Any]:
    """The rows of a page of the list, after `?after=`."""
    arrangement = _arrangement(board_filter)
    wanted = board_filter.to_task_filter(actor(), board_id, actor().zone)
    after = request.args.get("after") or None
    found = tasks.listed_by(actor(), wanted, arrangement, limit=PAGE_SIZE, after=after)
    totals = tasks.group_totals(actor(), wanted, arrangement) if arrangement.group != "none" else {}
    cards = card_values(actor(), board_id, team, [card for _, card in found.cards])
    last = json.loads(after)[0] if after else None
    list_rows = []
    for (key, _), card in zip(found.cards, cards, strict=True):
        head = (_group_name(arrangement.group, key, team), totals.get(key, 0)) if totals and key != last else None
        list_rows.append(Row(card, head))
        last = key
    return {"list_rows": list_rows, "list_next": found.next, "list_query": board_filter.query()}


def _arrangement(board_filter: BoardFilter) -> tasks.Arrangement:
    now, zone = clock.now(), actor().zone
    today = times.today(now, zone)
    ends = (now, times.end_of_day(today, zone), times.end_of_day(today + timedelta(days=7), zone))
    group = board_filter.group or "status"
    return tasks.Arrangement(group, board_filter.sort or "position", ends if group == "due" else ())


def _group_name(group: str, key: int, team: Sequence[AgentSummary]) -> str:
    if group == "status":
        return status_label(COLUMNS[key])
    if group == "priority":
        return str(Priority.at(-key)).capitalize()
    if group == "due":
        return ("Overdue", "Due today", "Due within a week", "Later", "No due date")[key]
    return next((agent.name for agent in team if agent.id == key), "Nobody" if key > 2**60 else "A deleted agent")


def calendar_context(board_id: int, board_filter: BoardFilter, team: Sequence[AgentSummary]) -> dict[str, Any]:
    """The weeks of `?month=`, from Monday to Sunday, with the cards that are due on each day."""
    zone = actor().zone
    today = times.today(clock.now(), zone)
    first = date.fromisoformat(f"{board_filter.month}-01") if board_filter.month else today.replace(day=1)
    start = first - timedelta(days=first.weekday())
    following = (first + timedelta(days=31)).replace(day=1)
    end = following + timedelta(days=-following.weekday() % 7)
    wanted = board_filter.to_task_filter(actor(), board_id, zone)
    bounds = times.start_of_day(start, zone), times.start_of_day(end, zone)
    found = tasks.due_between(actor(), wanted, *bounds, limit=MOST_IN_MONTH + 1)
    shown = found[:MOST_IN_MONTH]
    by_day: dict[date, list[Any]] = {}
    for row, card in zip(shown, card_values(actor(), board_id, team, shown), strict=True):
        by_day.setdefault(_day_of(row, zone), []).append(card)
    days = [start + timedelta(days=number) for number in range((end - start).days)]
    return {
        "weeks": [
            [Day(day, day.month == first.month, day == today, by_day.get(day, [])) for day in days[begin : begin + 7]]
            for begin in range(0, len(days), 7)
        ],
        "month": first,
        "month_before": (first - timedelta(days=1)).strftime("%Y-%m"),
        "month_after": following.strftime("%Y-%m"),
        "has_more": len(found) > MOST_IN_MONTH,
    }


def _day_of(row: CardRow, zone: str) -> date:
    assert row.due_at is not None
    return row.due_at.astimezone(times.zone_of(zone)).date()


@blueprint.get("/boards/<int:board_id>/list")
def more(board_id: int) -> ResponseReturnValue:
    """More rows of the list, with the board's filters and `?after=`."""
    if layout_context().board(board_id) is None:
        raise NotFound("There is no such board.")
    context = list_context(board_id, BoardFilter.from_args(request.args), agents.summaries())
    return render_partial("boards/_list_rows.html", board_id=board_id, **context)


@blueprint.get("/boards/<int:board_id>/display")
def display(board_id: int) -> ResponseReturnValue:
    """The menu of layouts and of what cards show; a page without a script."""
    board, kept = boards.get(actor(), board_id), settings_of(board_id)
    board_filter = BoardFilter.from_args(request.args).shown_as(kept.layout)
    context: dict[str, Any] = {
        "address": f"/boards/{board_id}",
        "narrowed": board_filter,
        "layout": board_filter.layout or "board",
        "kept": kept,
        "layout_choices": tuple(LAYOUTS.items()),
        "group_choices": (*GROUPS.items(), ("none", "Nothing")),
        "sort_choices": tuple(SORTS.items()),
        "card_fields": (
            ("due", "Due date"),
            ("tags", "Tags"),
            ("agent", "Agent"),
            ("counts", "Comments and files"),
        ),
    }
    if is_htmx_request():
        return render_partial("boards/_display_fields.html", **context)
    return render_page("boards/display.html", here=f"board-{board_id}", board=board, **context)


@blueprint.post("/boards/<int:board_id>/display")
def keep(board_id: int) -> ResponseReturnValue:
    """Keep the layout, compact cards and hidden fields for the person, and show the board so."""
    boards.get(actor(), board_id)
    before = settings_of(board_id)
    layout = request.form.get("layout", before.layout)
    wanted = BoardSettings(layout if layout in LAYOUTS else before.layout, before.is_compact, before.hidden)
    if "cards" in request.form:
        shown = request.form.getlist("shows")
        hidden = tuple(name for name in CARD_FIELDS if name not in shown)
        wanted = wanted._replace(is_compact="compact" in request.form, hidden=hidden)
    accounts.keep_board_settings(actor(), board_id, wanted)
    board_filter = BoardFilter.from_args(request.args)
    return redirect_to(f"/boards/{board_id}{board_filter.address('layout', 'month').rstrip('?')}")
