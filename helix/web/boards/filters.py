"""The filters and lanes of a board, read from and written to its query string (NAMES)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from helix import clock
from helix.errors import Invalid
from helix.models.vocabulary import Priority
from helix.policies.actor import Actor
from helix.services.tasks import TaskFilter
from helix.text import times
from helix.text.tags import tidy
from helix.web.forms import int_or_none, is_id, search_text

NAMES = ("q", "agent", "priority", "tag", "due", "creator", "archived", "lanes", "view")
LANES = {"agent": "Agent", "priority": "Priority"}
NOBODY = "none"
DUE = {"overdue": "Overdue", "today": "Due today", "week": "Due within a week"}
PRIORITIES = {str(word) for word in Priority}


@dataclass(frozen=True)
class BoardFilter:
    """Values as in the query string. Invalid ones are ignored."""

    q: str = ""
    agent: int | str | None = None
    priority: str = ""
    tag: str = ""
    due: str = ""
    creator: str = ""
    archived: bool = False
    lanes: str = ""
    view: int | None = None

    @classmethod
    def from_args(cls, args: Mapping[str, str]) -> "BoardFilter":
        creator = args.get("creator", "")
        return cls(
            q=search_text(args, "q"),
            agent=NOBODY if args.get("agent") == NOBODY else int_or_none(args, "agent") or None,
            priority=args["priority"] if args.get("priority") in PRIORITIES else "",
            tag=tidy(search_text(args, "tag", 50)),
            due=args["due"] if args.get("due") in DUE else "",
            creator=creator if creator == "me" or is_id(creator) else "",
            archived=args.get("archived") == "1",
            lanes=args["lanes"] if args.get("lanes") in LANES else "",
            view=int_or_none(args, "view") or None,
        )

    def __bool__(self) -> bool:
        """Whether any filter is set. Lanes are no filter."""
        return bool(self.query("lanes", "view"))

    def query(self, *without: str) -> dict[str, str]:
        """The parameters that are set, except those in `without`."""
        found = {name: getattr(self, name) for name in NAMES if name not in without}
        return {name: "1" if value is True else str(value) for name, value in found.items() if value}

    def address(self, *without: str) -> str:
        """The query string, such as "?tag=seo&due=week", or "?" without filters."""
        return f"?{urlencode(self.query(*without))}"

    def address_of_lanes(self) -> str:
        """The query string without filters, with the same lanes."""
        return self.address(*(name for name in NAMES if name != "lanes"))

    def saved_query(self) -> str:
        """The query that a saved view stores, in a fixed order of parameters."""
        return urlencode(self.query("view"))

    def with_lanes(self, word: str) -> str:
        return f"?{urlencode({**self.query('lanes'), 'lanes': word})}"

    def to_task_filter(self, actor: Actor, board_id: int, zone: str) -> TaskFilter:
        now = clock.now()
        today = times.today(now, zone)
        before = {
            "": None,
            "overdue": now,
            "today": times.end_of_day(today, zone),
            "week": times.end_of_day(today + timedelta(days=7), zone),
        }[self.due]
        creator = actor.user_id if self.creator == "me" else int(self.creator) if self.creator else None
        return TaskFilter(
            board_id=board_id,
            assigned_agent_id=self.agent if isinstance(self.agent, int) else None,
            unassigned=self.agent == NOBODY,
            archived=self.archived,
            priority=Priority(self.priority) if self.priority else None,
            tag=self.tag or None,
            created_by=creator,
            due_before=before,
            q=self.q or None,
        )

    def chips(self, agents: Mapping[int, str]) -> list[dict[str, str]]:
        """The active filters as labels, each with the URL that removes it."""
        words = {
            "q": f"“{self.q}”",
            "agent": f"Agent: {'nobody' if self.agent == NOBODY else agents.get(int(self.agent or 0), 'unknown')}",
            "priority": f"Priority: {self.priority.capitalize()}",
            "tag": f"Tag: {self.tag}",
            "due": DUE.get(self.due, ""),
            "creator": "Created by me" if self.creator == "me" else "Created by one person",
            "archived": "Archived",
        }
        return [{"label": words[name], "href": self.address(name)} for name in self.query("lanes", "view")]


def lane_fields(lanes: str, key: str) -> dict[str, Any]:
    """The fields that a task in this lane has: its agent or its priority. Raises Invalid for an unknown lane."""
    if lanes == "priority" and key in PRIORITIES:
        return {"priority": Priority(key)}
    if lanes == "agent" and (key == NOBODY or is_id(key)):
        return {"assigned_agent_id": None if key == NOBODY else int(key)}
    raise Invalid.field("lane", "There is no such lane.")
