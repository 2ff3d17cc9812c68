"""The feed of what happened: narrowed by its address, by days of the viewer's zone, going on as one scrolls; as CSV."""

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
from helix.web.activity import words as activity_words
from helix.web.activity.lines import WORDS, Line, label, line, lines
from helix.web.blueprint import actor, page, part, signed_in_blueprint
from helix.web.forms import field_errors, number
from helix.web.spreadsheet import row
from helix.web.zone import viewers_zone

blueprint = signed_in_blueprint("activity")
BLUEPRINTS = (blueprint,)
AT_ONCE = 50
MOST_EXPORTED, EXPORTED_AT_ONCE = 100_000, 1000
NAMES = ("entity_type", "action", "agent_id", "user_id", "date_from", "date_to")
TYPES = ("task", "comment", "agent", "board", "department", "skill", "model", "user", "settings", "token", "webhook")
NOTHING: dict[str, Any] = {"days": [], "next_query": "", "total": 0, "total_is_exact": True}
COLUMNS = ("time", "actor type", "actor", "action", "on", "id", "title", "what happened")


@blueprint.get("/activity")
def index() -> ResponseReturnValue:
    typed = {name: request.args.get(name, "").strip() for name in NAMES}
    query = {name: value for name, value in typed.items() if value}
    people = mentions.search("", limit=1000)
    wanted, problems = _wanted(query)
    return page(
        "activity/index.html",
        here="activity",
        part="found",
        status=200 if wanted else 422,
        typed=typed,
        problems=problems,
        query=urlencode(query),
        agents=[(each["id"], each["name"]) for each in people if each["type"] == "agent"],
        people=[(each["id"], each["name"]) for each in people if each["type"] == "user"],
        types=[(name, name.capitalize()) for name in TYPES],
        actions=sorted((name, label(name)) for name in {**activity_words.WORDS, **WORDS, **_MADE}),
        **(_days(wanted, number(request.args, "cursor"), "") if wanted else NOTHING),
    )


@blueprint.get("/activity/more")
def more() -> ResponseReturnValue:
    """The lines below `?cursor=`; `?day=` is the one whose heading stands already."""
    query = {name: request.args[name] for name in NAMES if request.args.get(name)}
    wanted, _problems = _wanted(query)
    cursor = number(request.args, "cursor")
    return part("activity/_more.html", **(_days(wanted, cursor, request.args.get("day", "")) if wanted else NOTHING))


@blueprint.get("/activity.csv")
def export() -> ResponseReturnValue:
    """All that the filters find, at most 100,000 lines, newest first. Times are in UTC."""
    query = {name: request.args[name] for name in NAMES if request.args.get(name)}
    wanted, problems = _wanted(query)
    if wanted is None:
        return Response("; ".join(problems.values()), 422, mimetype="text/plain")
    answer = Response(stream_with_context(_csv(wanted)), mimetype="text/csv")
    day = clock.now().astimezone(viewers_zone()).date()
    answer.headers.set("Content-Disposition", "attachment", filename=f"activity-{day.isoformat()}.csv")
    return answer


def _csv(wanted: ActivityFilter) -> Iterator[str]:
    yield row(COLUMNS)
    cursor: int | None = None
    for _ in range(MOST_EXPORTED // EXPORTED_AT_ONCE):
        found = activity.list_activity(actor(), wanted, PageRequest(limit=EXPORTED_AT_ONCE, after=cursor))
        yield "".join(row(_cells(entry)) for entry in found.rows)
        cursor = found.cursor
        if cursor is None:
            return


def _cells(entry: Any) -> Sequence[object]:
    told = line(entry)
    words = " ".join(filter(None, (told.before, told.after)))
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


# Said in other words by the lines, and still to be chosen by name.
_MADE = {
    f"{noun}.{verb}": None
    for noun in ("agent", "board", "department", "model", "user", "skill")
    for verb in ("created", "deleted")
}


def _wanted(query: dict[str, str]) -> tuple[ActivityFilter | None, dict[str, str]]:
    """As the API reads it; None with what is wrong."""
    try:
        found = ActivityQuery.model_validate(query)
    except ValidationError as error:
        return None, field_errors(error)
    return ActivityFilter(**found.model_dump(exclude={"page", "per_page", "cursor"})), {}


def _days(wanted: ActivityFilter, cursor: int | None, day: str) -> dict[str, Any]:
    found = activity.list_activity(actor(), wanted, PageRequest(limit=AT_ONCE, after=cursor))
    groups = _grouped(lines(found.rows))
    following = ""
    if found.cursor and groups:
        query = {name: request.args[name] for name in NAMES if request.args.get(name)}
        following = urlencode({**query, "cursor": found.cursor, "day": groups[-1][0].isoformat()})
    return {
        "days": [(_heading(each, day), told) for each, told in groups],
        "next_query": following,
        "total": found.total,
        "total_is_exact": found.total_is_exact,
    }


def _grouped(found: Sequence[Line]) -> list[tuple[date, list[Line]]]:
    zone = viewers_zone()
    groups: list[tuple[date, list[Line]]] = []
    for each in found:
        day = each.at.astimezone(zone).date()
        if not groups or groups[-1][0] != day:
            groups.append((day, []))
        groups[-1][1].append(each)
    return groups


def _heading(day: date, shown: str) -> str:
    """Empty for the day whose heading stands above already."""
    if day.isoformat() == shown:
        return ""
    today = clock.now().astimezone(viewers_zone()).date()
    ago = (today - day).days
    near = {0: "Today, ", 1: "Yesterday, "}.get(ago, "")
    return f"{near}{day:%A} {day.day} {day:%B}" + (f" {day.year}" if day.year != today.year else "")
