"""The search page, the command palette, suggestions for mentions, and the count of unread notifications."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from helix import clock
from helix.folding import fold
from helix.models.vocabulary import TaskStatus
from helix.services import agents, attention, search, skills, tasks
from helix.services import mentions as people
from helix.services.names import key_of
from helix.services.navigation import VisibleBoard
from helix.services.notifications import preferences
from helix.services.tasks import TaskFilter
from helix.text import times
from helix.text.snippets import Part, marked, snippet
from helix.web import paging
from helix.web.blueprint import actor, layout_context, render_fragment, render_page, signed_in_blueprint
from helix.web.formats import status_label
from helix.web.forms import int_or_none, search_text
from helix.web.time_zones import viewer_zone

blueprint = signed_in_blueprint("search")
BLUEPRINTS = (blueprint,)
PAGE_SIZE = 25
# Boards, agents and skills that one search lists.
MAX_PLACES = 8
# Characters of a description in which a hit is looked for, to show it.
MAX_READ = 20_000
PERIODS = {"": "Any time", "today": "Today", "this-week": "This week", "last-week": "Last week", "days": "Between"}
CHANGES = {"updated": "Updated", "created": "Created"}
STATUSES = {str(status) for status in TaskStatus}


@dataclass(frozen=True)
class SearchFilter:
    """Values as in the query string. Invalid ones are ignored."""

    q: str = ""
    board: int | None = None
    agent: int | None = None
    status: str = ""
    change: str = "updated"
    period: str = ""
    first: str = ""
    last: str = ""
    archived: bool = False

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "SearchFilter":
        return cls(
            q=search_text(args, "q"),
            board=int_or_none(args, "board") or None,
            agent=int_or_none(args, "agent") or None,
            status=args["status"] if args.get("status") in STATUSES else "",
            change=args["change"] if args.get("change") in CHANGES else "updated",
            period=args["period"] if args.get("period") in PERIODS else "",
            first=_day_text(args.get("first", "")),
            last=_day_text(args.get("last", "")),
            archived=args.get("archived") == "1",
        )

    @property
    def is_narrowed(self) -> bool:
        """Whether more than the text is set."""
        return bool(self.board or self.agent or self.status or self.archived or self._has_period)

    @property
    def _has_period(self) -> bool:
        return bool(self.period) and (self.period != "days" or bool(self.first or self.last))

    def address(self) -> str:
        """The path with this filter, up to the number of the page."""
        values = {
            "q": self.q,
            "board": self.board,
            "agent": self.agent,
            "status": self.status,
            "change": self.change if self._has_period else "",
            "period": self.period,
            "first": self.first if self.period == "days" else "",
            "last": self.last if self.period == "days" else "",
            "archived": "1" if self.archived else "",
        }
        query = urlencode({name: value for name, value in values.items() if value})
        return f"/search?{query}&page=" if query else "/search?page="

    def to_task_filter(self) -> TaskFilter:
        zone = str(viewer_zone())
        first, last = _days(self, times.today(clock.now(), zone))
        start = times.start_of_day(first, zone) if first else None
        end = times.day_bounds(last, zone).end if last else None
        created = self.change == "created"
        return TaskFilter(
            q=self.q or None,
            board_id=self.board,
            agents=(self.agent,) if self.agent else (),
            statuses=(TaskStatus(self.status),) if self.status else (),
            archived=None if self.archived else False,
            created_from=start if created else None,
            created_before=end if created else None,
            updated_from=None if created else start,
            updated_before=None if created else end,
        )


class TaskLine(NamedTuple):
    """A task with the parts of its title and of its description around the hit; the latter may be empty.

    `board` is None when the board was hidden from the viewer in this moment.
    """

    task: dict[str, Any]
    board: VisibleBoard | None
    title: Sequence[Part]
    snippet: Sequence[Part]


def _day_text(typed: str) -> str:
    try:
        return date.fromisoformat(typed.strip()).isoformat()
    except ValueError:
        return ""


def _days(wanted: SearchFilter, today: date) -> tuple[date | None, date | None]:
    """The first and the last day that are searched; None without a limit."""
    monday = times.start_of_week(today)
    if wanted.period == "today":
        return today, today
    if wanted.period == "this-week":
        return monday, today
    if wanted.period == "last-week":
        return monday - timedelta(days=7), monday - timedelta(days=1)
    if wanted.period == "days":
        first, last = (date.fromisoformat(text) if text else None for text in (wanted.first, wanted.last))
        return (last, first) if first and last and last < first else (first, last)
    return None, None


@blueprint.get("/search")
def find() -> ResponseReturnValue:
    """`?q=&board=&agent=&status=&change=&period=&first=&last=&archived=1&page=`, see SearchFilter."""
    wanted = SearchFilter.from_args(request.args)
    found = tasks.Found([], 0, total_is_exact=True)
    if wanted.q or wanted.is_narrowed:
        found = tasks.find(actor(), wanted.to_task_filter(), limit=PAGE_SIZE, offset=paging.offset(PAGE_SIZE))
    team = agents.summaries()
    return render_page(
        "search.html",
        part="results",
        wanted=wanted,
        places=[] if wanted.is_narrowed or paging.current_page() > 1 else _places(wanted.q, team),
        found=found,
        lines=_lines(found.tasks, wanted.q),
        base=wanted.address(),
        boards=[(board.id, board.name) for board in layout_context().boards],
        agents=[(agent.id, agent.name) for agent in team],
        statuses=[(str(status), status_label(status)) for status in TaskStatus],
        periods=PERIODS,
        changes=CHANGES,
        **paging.pager_context(found.total, PAGE_SIZE),
    )


def _lines(found: Sequence[dict[str, Any]], typed: str) -> list[TaskLine]:
    term = search.Term.of(typed)
    text, word_start = (term.text, term.way == search.MatchMode.WORD_START) if term else ("", False)
    return [
        TaskLine(
            task,
            layout_context().board(task["board_id"]),
            marked(task["title"], text, word_start=word_start),
            snippet(task["description"][:MAX_READ], text, word_start=word_start),
        )
        for task in found
    ]


@blueprint.get("/palette")
def palette() -> ResponseReturnValue:
    """Boards, agents, skills and tasks as JSON for static/js/command-palette.js."""
    typed = search_text(request.args, "q")
    found = tasks.serialize_by_ids(actor(), search.tasks(actor(), typed, limit=12))
    names = {board.id: board.name for board in layout_context().boards}
    places = [place | {"group": "Go to"} for place in _places(typed, agents.summaries())]
    return jsonify(places + [_entry(task, names) for task in found])


@blueprint.get("/mentions")
def mentions() -> ResponseReturnValue:
    """People and agents for an @ mention, as JSON; with `?task=22` those who have to do with it come first."""
    task_id = int_or_none(request.args, "task")
    near = people.near_task(actor(), task_id) if task_id else None
    return jsonify(people.search(search_text(request.args, "q"), near=near))


@blueprint.get("/notifications/count")
def bell() -> ResponseReturnValue:
    snoozed_until = preferences.snoozed_until(actor())
    unread = 0 if snoozed_until else attention.unread_elsewhere(actor())
    return render_fragment("base.html", "bell", nav={"unread_count": unread, "snoozed_until": snoozed_until})


def _places(typed: str, team: Sequence[agents.AgentSummary]) -> list[dict[str, Any]]:
    """Boards that the viewer sees, agents and skills with the text in their names."""
    sought = fold(key_of(typed))
    if not sought:
        return []
    boards = [
        {
            "label": board.name,
            "hint": f"Board · {board.department.name}",
            "url": f"/boards/{board.id}",
            "icon": "square-kanban",
        }
        for board in layout_context().boards
        if sought in fold(key_of(board.name))
    ]
    colleagues = [
        {
            "label": agent.name,
            "hint": f"Agent · {agent.role_title}" if agent.role_title else "Agent",
            "url": f"/agents/{agent.id}",
            "icon": "bot",
        }
        for agent in team
        if sought in fold(key_of(f"{agent.name} {agent.role_title}"))
    ]
    written = [
        {"label": name, "hint": "Skill", "url": f"/skills/{skill_id}", "icon": "sparkles"}
        for skill_id, name in skills.by_name(typed, limit=MAX_PLACES)
    ]
    return boards[:MAX_PLACES] + colleagues[:MAX_PLACES] + written


def _entry(task: dict[str, Any], boards: Mapping[int, str]) -> dict[str, Any]:
    return {
        "label": task["title"],
        "hint": f"{task['key']} · {boards.get(task['board_id'], '')}",
        "url": f"/boards/{task['board_id']}?task={task['id']}",
        "task": task["id"],
        "icon": f"st-{task['status']}",
        "group": "Tasks",
    }
