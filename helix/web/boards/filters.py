"""The filters, lanes and layout of a board, read from and written to its query string (NAMES)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from helix import clock
from helix.errors import Invalid
from helix.models.vocabulary import Priority, TaskStatus
from helix.policies.actor import Actor
from helix.services.tasks import TaskFilter
from helix.services.tasks.columns import COLUMNS
from helix.services.work.positions import statuses_of_column
from helix.text import times
from helix.text.tags import tidy
from helix.web.formats import status_label
from helix.web.forms import int_or_none, is_id, one_line, search_text

# Fields with several values, in the address with commas between them: `priority=high,urgent`. `not=priority,tag` names
# those of which a task must have none.
CHOICES = ("agent", "assignee", "status", "priority", "tag", "due", "creator")
NAMES = ("q", *CHOICES, "not", "blocked", "archived", "layout", "lanes", "group", "sort", "month", "view")
# Parts of the address that do not narrow the board.
VIEW_NAMES = ("layout", "lanes", "group", "sort", "month", "view")
LABELS = {
    "agent": "Agent",
    "assignee": "Person",
    "status": "Status",
    "priority": "Priority",
    "tag": "Tag",
    "due": "Due",
    "creator": "Created by",
}
LAYOUTS = {"board": "Board", "list": "List", "calendar": "Calendar"}
LANES = {"agent": "Agent", "priority": "Priority"}
GROUPS = {"status": "Status", "agent": "Agent", "priority": "Priority", "due": "Due date"}
SORTS = {
    "position": "As on the board",
    "priority": "Priority",
    "due": "Due date",
    "created": "Newest",
    "updated": "Last change",
    "title": "Title",
}
NOBODY = "none"
ME = "me"
DUE = {"overdue": "Overdue", "today": "Due today", "week": "Due within a week", "none": "No due date"}
PRIORITIES = {str(word) for word in Priority}
# Values of one field; more are ignored.
MOST_VALUES = 30
TAG_LENGTH = 50


@dataclass(frozen=True)
class BoardFilter:
    """Values as in the query string. Invalid ones are ignored."""

    q: str = ""
    agent: tuple[str, ...] = ()
    assignee: tuple[str, ...] = ()
    status: tuple[str, ...] = ()
    priority: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    due: tuple[str, ...] = ()
    creator: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    blocked: bool = False
    archived: bool = False
    layout: str = ""
    lanes: str = ""
    group: str = ""
    sort: str = ""
    month: str = ""
    view: int | None = None
    # The layout comes from the person's settings, and so is not part of the address.
    is_kept_layout: bool = False

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "BoardFilter":
        found: dict[str, Any] = {
            "agent": _chosen(args, "agent", lambda word: word == NOBODY or is_id(word)),
            "assignee": _chosen(args, "assignee", lambda word: word in (NOBODY, ME) or is_id(word)),
            "status": _in_order(args, "status", [str(status) for status in COLUMNS]),
            "priority": _in_order(args, "priority", [str(word) for word in Priority]),
            "tag": tuple(sorted({tag for word in _words(args, "tag") if (tag := _tag(word))}))[:MOST_VALUES],
            "due": _in_order(args, "due", list(DUE)),
            "creator": _chosen(args, "creator", lambda word: word == ME or is_id(word)),
        }
        return cls(
            q=search_text(args, "q"),
            without=tuple(name for name in _in_order(args, "not", list(CHOICES)) if found[name]),
            blocked=args.get("blocked") == "1",
            archived=args.get("archived") == "1",
            layout=_one_of(args, "layout", LAYOUTS),
            lanes=_one_of(args, "lanes", LANES),
            group=_one_of(args, "group", {**GROUPS, "none": ""}),
            sort=_one_of(args, "sort", SORTS),
            month=args["month"] if _is_month(args.get("month", "")) else "",
            view=int_or_none(args, "view") or None,
            **found,
        )

    def __bool__(self) -> bool:
        """Whether any filter is set. Lanes and layout are none."""
        return bool(self.query(*VIEW_NAMES))

    def query(self, *without: str) -> dict[str, str]:
        """The parameters that are set, except those in `without`."""
        values = {name: self.without if name == "not" else getattr(self, name) for name in NAMES if name not in without}
        if "not" in values:
            values["not"] = tuple(name for name in self.without if name not in without)
        if self.is_kept_layout:
            values.pop("layout", None)
        return {name: _written(value) for name, value in values.items() if value}

    def address(self, *without: str) -> str:
        """The query string, such as "?tag=seo&due=week", or "?" without filters."""
        return f"?{_encoded(self.query(*without))}"

    def address_of_lanes(self) -> str:
        """The query string without filters, with the same lanes and layout."""
        return self.address(*(name for name in NAMES if name not in VIEW_NAMES or name == "view"))

    def saved_query(self) -> str:
        """The query that a saved view stores, in a fixed order of parameters."""
        return _encoded(self.query("view", "month"))

    def with_lanes(self, word: str) -> str:
        return self.with_value("lanes", word)

    def with_value(self, name: str, value: str) -> str:
        """The query string with another value of one parameter."""
        return f"?{_encoded({**self.query(name), name: value})}"

    def shown_as(self, layout: str) -> "BoardFilter":
        """With the layout that is kept for the person, where the address names none."""
        return self if self.layout else replace(self, layout=layout, is_kept_layout=True)

    def to_task_filter(self, actor: Actor, board_id: int, zone: str) -> TaskFilter:
        now = clock.now()
        today = times.today(now, zone)
        until = {
            "overdue": now,
            "today": times.end_of_day(today, zone),
            "week": times.end_of_day(today + timedelta(days=7), zone),
            "none": None,
        }
        names = {
            "agent": "agents",
            "assignee": "people",
            "status": "statuses",
            "priority": "priorities",
            "tag": "tags",
            "due": "due",
            "creator": "creators",
        }
        return TaskFilter(
            board_id=board_id,
            archived=self.archived,
            blocked=self.blocked,
            q=self.q or None,
            agents=tuple(None if word == NOBODY else int(word) for word in self.agent),
            people=tuple(_person(actor, word) for word in self.assignee),
            statuses=tuple(status for word in self.status for status in statuses_of_column(TaskStatus(word))),
            priorities=tuple(Priority(word) for word in self.priority),
            tags=self.tag,
            due=tuple(until[word] for word in self.due),
            creators=tuple(_person(actor, word) or 0 for word in self.creator),
            excluded=frozenset(names[name] for name in self.without),
        )

    def hides(self, status: TaskStatus) -> bool:
        """Whether no card of this column can match."""
        return bool(self.status) and (str(status) in self.status) == ("status" in self.without)

    def chips(self, agents: Mapping[int, str], people: Mapping[int, str] | None = None) -> list[dict[str, str]]:
        """The active filters as labels, each with its field and the query string that removes it."""
        known = people or {}
        words = {
            "agent": ["nobody" if word == NOBODY else agents.get(int(word), "unknown") for word in self.agent],
            "assignee": [_name(word, known) for word in self.assignee],
            "status": [status_label(TaskStatus(word)) for word in self.status],
            "priority": [word.capitalize() for word in self.priority],
            "tag": list(self.tag),
            "due": [DUE[word] for word in self.due],
            "creator": [_name(word, known) for word in self.creator],
        }
        chips = [{"name": "q", "label": f"“{self.q}”", "href": self.address("q")}] if self.q else []
        for name in CHOICES:
            if words[name]:
                between = " not: " if name in self.without else ": "
                label = f"{LABELS[name]}{between}{', '.join(words[name])}"
                chips.append({"name": name, "label": label, "href": self.address(name)})
        if self.blocked:
            chips.append({"name": "blocked", "label": "Blocked", "href": self.address("blocked")})
        if self.archived:
            chips.append({"name": "archived", "label": "Archived", "href": self.address("archived")})
        return chips


def _words(args: Mapping[str, str], name: str) -> list[str]:
    """The values of a parameter, which may be there several times (a plain form) or hold commas."""
    several = getattr(args, "getlist", None)
    texts = several(name) if several else [args.get(name, "")]
    return [word.strip() for text in texts for word in one_line(text).split(",") if word.strip()]


def _tag(word: str) -> str:
    return tidy(tidy("".join(letter for letter in word if letter.isprintable()))[:TAG_LENGTH])


def _chosen(args: Mapping[str, str], name: str, is_valid: Any) -> tuple[str, ...]:
    words = (str(int(word)) if is_id(word) else word for word in _words(args, name) if is_valid(word))
    return tuple(sorted(set(words), key=lambda word: (word.isdigit(), len(word), word)))[:MOST_VALUES]


def _in_order(args: Mapping[str, str], name: str, vocabulary: list[str]) -> tuple[str, ...]:
    found = set(_words(args, name))
    return tuple(word for word in vocabulary if word in found)


def _one_of(args: Mapping[str, str], name: str, vocabulary: Mapping[str, str]) -> str:
    return args[name] if args.get(name) in vocabulary else ""


def _is_month(text: str) -> bool:
    """Whether it is such as 2026-11, within the years that dates have here."""
    year, dash, month = text.partition("-")
    return (
        bool(dash)
        and text.isascii()
        and (len(year), len(month)) == (4, 2)
        and year.isdigit()
        and month.isdigit()
        and 1900 <= int(year) <= 2200
        and 1 <= int(month) <= 12
    )


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    return "1" if value is True else str(value)


def _encoded(query: Mapping[str, str]) -> str:
    return urlencode(query, safe=",")


def _person(actor: Actor, word: str) -> int | None:
    if word == ME:
        # Nobody has the id 0: an actor that is no user has nothing of its own.
        return actor.user_id or 0
    return None if word == NOBODY else int(word)


def _name(word: str, people: Mapping[int, str]) -> str:
    if word == ME:
        return "me"
    return "nobody" if word == NOBODY else people.get(int(word), "one person")


def lane_fields(lanes: str, key: str) -> dict[str, Any]:
    """The fields that a task in this lane has: its agent or its priority. Raises Invalid for an unknown lane."""
    if lanes == "priority" and key in PRIORITIES:
        return {"priority": Priority(key)}
    if lanes == "agent" and (key == NOBODY or is_id(key)):
        return {"assigned_agent_id": None if key == NOBODY else int(key)}
    raise Invalid.field("lane", "There is no such lane.")
