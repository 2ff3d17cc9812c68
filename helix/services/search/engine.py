"""The interface of the search implementations, and what they share."""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Select, or_, select

from helix.db.read import rows
from helix.models import Task
from helix.models.task import DESCRIPTION, LIVE_TASK, TITLE
from helix.services.access import BoardScope
from helix.services.search.term import Term

# For a very common term, only the newest matches are ranked.
MAX_RANKED = 1000
# Terms that no index supports are searched among the newest tasks only.
MAX_RECENT = 5000

Hits = tuple[list[int], list[int]]


class Engine(Protocol):
    def newest(self, scope: BoardScope, term: Term, limit: int) -> Hits:
        """Ids of the newest visible tasks with the term in the title, and of those with it in the description only.
        When the first list has `limit` ids, the second may be empty.
        """
        ...

    def matches(self, term: Term) -> ColumnElement[bool]:
        """A condition on Task: the term is in title or description. Not called for MatchMode.RECENT."""
        ...


def visible_tasks(scope: BoardScope) -> list[Any]:
    """Conditions on Task, to apply before any limit: live, and on a board in the scope."""
    return [LIVE_TASK, scope.includes(Task.board_id)]


def split(term: Term, matching: Iterable[Any]) -> Hits:
    """Split rows of (id, title), newest first, by whether the title matches."""
    in_title: list[int] = []
    elsewhere: list[int] = []
    for task_id, title in matching:
        (in_title if term.is_in(title) else elsewhere).append(task_id)
    return in_title, elsewhere


def recent(term: Term, among: Sequence[Any] = ()) -> Select[Any]:
    """Ids of the matches among the newest tasks, by a scan, since no index supports the term."""
    newest = (
        select(Task.id, TITLE.label("title"), DESCRIPTION.label("description"))
        .where(Task.deleted_at.is_(None), *among)
        .order_by(Task.id.desc())
        .limit(MAX_RECENT)
        .subquery()
    )
    hit = or_(newest.c.title.ilike(term.like, escape="\\"), newest.c.description.ilike(term.like, escape="\\"))
    return select(newest.c.id).where(hit)


def newest_recent(scope: BoardScope, term: Term) -> Hits:
    query = select(Task.id, Task.title).where(Task.id.in_(recent(term, visible_tasks(scope)))).order_by(Task.id.desc())
    return split(term, rows(query.limit(MAX_RANKED)))
