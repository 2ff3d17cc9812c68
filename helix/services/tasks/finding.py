"""Search over the tasks of all boards with filters, for the search page."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import case, func, select

from helix.db.read import rows
from helix.models import Task
from helix.policies.actor import Actor
from helix.services.access import board_scope
from helix.services.search import Term, in_title
from helix.services.tasks import serialize
from helix.services.work.filters import TaskFilter, permitted

# Of more matches, only the newest are ranked and shown.
MAX_FOUND = 1000


@dataclass(frozen=True)
class Found:
    """One page. `total` is at most MAX_FOUND, and then `total_is_exact` is False."""

    tasks: list[dict[str, Any]]
    total: int
    total_is_exact: bool


def find(actor: Actor, wanted: TaskFilter, *, limit: int, offset: int = 0) -> Found:
    """Tasks on the boards that the actor sees: matches in the title first, then by their last change."""
    newest = (
        permitted(board_scope(actor), wanted)
        .with_only_columns(Task.id, Task.updated_at, _rank(wanted).label("rank"))
        .order_by(Task.id.desc())
        .limit(MAX_FOUND + 1)
        .subquery()
    )
    query = (
        select(newest.c.id, func.count().over().label("total"))
        .order_by(newest.c.rank, newest.c.updated_at.desc(), newest.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    found = rows(query)
    total = found[0].total if found else 0
    tasks = serialize.serialize_by_ids(actor, [row.id for row in found])
    return Found(tasks, min(total, MAX_FOUND), total <= MAX_FOUND)


def _rank(wanted: TaskFilter) -> Any:
    term = Term.of(wanted.q or "")
    return case((in_title(term), 0), else_=1) if term is not None else case((Task.id.is_not(None), 0))
