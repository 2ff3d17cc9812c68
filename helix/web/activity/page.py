"""The activity feed: filtered by the query string, grouped by days of the viewer's zone, with CSV export."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode

from flask import Response, request, stream_with_context
from flask.typing import ResponseReturnValue
from pydantic import ValidationError

from helix import clock
from helix.clock import iso
from helix.schemas.activity import ActivityQuery
from helix.services import activity, mentions
from helix.services.activity import ActivityFilter
from helix.services.paging import PageRequest
from helix.web.activity.labels import SENTENCES, TASK_SENTENCES, label
from helix.web.activity.lines import Line, line, lines
from helix.web.blueprint import actor, layout_context, render_page, render_partial, signed_in_blueprint
from helix.web.forms import field_errors, int_or_none
from helix.web.spreadsheet import csv_row
from helix.web.time_zones import viewer_zone

blueprint = signed_in_blueprint("activity")
BLUEPRINTS = (blueprint,)
PAGE_SIZE = 50
MAX_EXPORTED, EXPORT_BATCH = 100_000, 1000
NAMES = ("entity_type", "action", "agent_id", "user_id", "date_from", "date_to")
TYPES = (
    "task",
    "comment",
    "agent",
    "board",
    "department",
    "skill",
    "model",
    "tool",
    "tool_source",
    "user",
    "settings",
    "token",
    "webhook",
    "workflow",
)
NOTHING: dict[str, Any] = {"days": [], "next_query": "", "total": 0, "total_is_exact": True}
COLUMNS = ("time", "actor type", "actor", "action", "on", "id", "title", "what happened")


@blueprint.get("/activity")
def index() -> ResponseReturnValue:
    typed = {name: request.args.get(name, "").strip() for name in NAMES}
    query = {name: value for name, value in typed.items() if value}
    people = mentions.search("", limit=1000)
    filters, problems = _parse_filter(query)
    return render_page(
        "activity/index.html",
        here="activity",
        part="found",
        status=200 if filters else 422,
        typed=typed,
        problems=problems,
        query=urlencode(query),
        agents=[(each["id"], each["name"]) for each in people if each["type"] == "agent"],
        people=[(each["id"], each["name"]) for each in people if each["type"] == "user"],
        types=[(name, name.replace("_", " ").capitalize()) for name in TYPES],
        actions=sorted((name, label(name)) for name in {**TASK_SENTENCES, **SENTENCES, **_PLAIN_ACTIONS}),
        **(_days(filters, int_or_none(request.args, "cursor"), "") if filters else NOTHING),
    )


@blueprint.get("/activity/more")
def more() -> ResponseReturnValue:
    """More lines after `?cursor=`. The heading of `?day=` is already on the page."""
    query = {name: request.args[name] for name in NAMES if request.args.get(name)}
    filters, _problems = _parse_filter(query)
    cursor = int_or_none(request.args, "cursor")
    return render_partial(
        "activity/_more.html", **(_days(filters, cursor, request.args.get("day", "")) if filters else NOTHING)
    )


@blueprint.get("/activity.csv")
def export() -> ResponseReturnValue:
    """Export the filtered activity as CSV, newest first, at most 100,000 lines. Times are in UTC."""
    query = {name: request.args[name] for name in NAMES if request.args.get(name)}
    filters, problems = _parse_filter(query)
    if filters is None:
        return Response("; ".join(problems.values()), 422, mimetype="text/plain")
    answer = Response(stream_with_context(_csv(filters)), mimetype="text/csv")
    day = clock.now().astimezone(viewer_zone()).date()
    answer.headers.set("Content-Disposition", "attachment", filename=f"activity-{day.isoformat()}.csv")
    return answer


def _csv(filters: ActivityFilter) -> Iterator[str]:
    yield csv_row(COLUMNS)
    cursor: int | None = None
    for _ in range(MAX_EXPORTED // EXPORT_BATCH):
        found = activity.list_activity(actor(), filters, PageRequest(limit=EXPORT_BATCH, after=cursor))
        yield "".join(csv_row(_cells(entry)) for entry in found.rows)
        cursor = found.cursor
        if cursor is None:
            return


def _cells(entry: Any) -> Sequence[object]:
    feed_line = line(entry)
    words = " ".join(filter(None, (feed_line.before, feed_line.after)))
    return (
        iso(entry.created_at),
        entry.actor_type,
        entry.actor_name,
        entry.action,
        entry.entity_type,
        entry.entity_id,
        entry.entity_title,
        words,
    )


# Actions without a sentence of their own, which can be filtered by.
_PLAIN_ACTIONS = {
    f"{noun}.{verb}": None
    for noun in ("agent", "board", "department", "model", "user", "skill")
    for verb in ("created", "deleted")
}


def _parse_filter(query: dict[str, str]) -> tuple[ActivityFilter | None, dict[str, str]]:
    """The filter, validated as in the API, or None with the errors."""
    try:
        found = ActivityQuery.model_validate(query)
    except ValidationError as error:
        return None, field_errors(error)
    return ActivityFilter(**found.model_dump(exclude={"page", "per_page", "cursor"})), {}


def _days(filters: ActivityFilter, cursor: int | None, day: str) -> dict[str, Any]:
    found = activity.list_activity(actor(), filters, PageRequest(limit=PAGE_SIZE, after=cursor))
    groups = _grouped(lines(found.rows, layout_context().board_keys()))
    following = ""
    if found.cursor and groups:
        query = {name: request.args[name] for name in NAMES if request.args.get(name)}
        following = urlencode({**query, "cursor": found.cursor, "day": groups[-1][0].isoformat()})
    return {
        "days": [(_heading(each, day), feed_line) for each, feed_line in groups],
        "next_query": following,
        "total": found.total,
        "total_is_exact": found.total_is_exact,
    }


def _grouped(found: Sequence[Line]) -> list[tuple[date, list[Line]]]:
    zone = viewer_zone()
    groups: list[tuple[date, list[Line]]] = []
    for each in found:
        day = each.at.astimezone(zone).date()
        if not groups or groups[-1][0] != day:
            groups.append((day, []))
        groups[-1][1].append(each)
    return groups


def _heading(day: date, shown: str) -> str:
    """The heading of a day; empty if it is already on the page."""
    if day.isoformat() == shown:
        return ""
    today = clock.now().astimezone(viewer_zone()).date()
    ago = (today - day).days
    near = {0: "Today, ", 1: "Yesterday, "}.get(ago, "")
    return f"{near}{day:%A} {day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")
