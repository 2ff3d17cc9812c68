"""PostgreSQL: ILIKE on trigram indexes, and word prefixes in a full-text index.

For a common term it is fastest to scan the newest rows, for a rare one to use the index. The planner decides by the
term itself, so these statements must not use a cached generic plan.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, bindparam, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from helix.db.read import planned_each_time, rows
from helix.models import Task
from helix.models.task import DESCRIPTION, TITLE
from helix.services.access import BoardScope
from helix.services.search.engine import MAX_RANKED, Hits, newest_recent, split, visible_tasks
from helix.services.search.term import MatchMode, Term

# Must be exactly the expression of the index ix_tasks_words_trigram.
WORDS = literal_column(
    "to_tsvector('simple', coalesce(tasks.title_folded, tasks.title) || ' ' || "
    "left(coalesce(tasks.description_folded, tasks.description), 20000))"
)
# For one or two letters, this many of the newest tasks are scanned before the index is used.
MAX_SCANNED = 1000


def newest(scope: BoardScope, term: Term, limit: int) -> Hits:
    if term.way == MatchMode.RECENT:
        return newest_recent(scope, term)
    if term.way == MatchMode.WORD_START:
        return _newest_begun(scope, term, limit)
    in_title = [row.id for row in rows(_in(scope, "title", limit), like=term.like)]
    if len(in_title) >= limit:
        return in_title, []
    # Twice the limit, since some of these also match by title.
    found = [row.id for row in rows(_in(scope, "description", 2 * limit), like=term.like)]
    return in_title, [task_id for task_id in found if task_id not in in_title][:limit]


def _newest_begun(scope: BoardScope, term: Term, limit: int) -> Hits:
    """Matches of a word prefix, first in the titles of the newest tasks only. Two letters may match nearly every task,
    and the index would return all of them.
    """
    walked = rows(_in_newest_titles(scope, limit), regex=rf"\m{term.text}", words=_words(term))
    begun = [row.id for row in walked if term.is_in(row.title)]
    return (begun, []) if len(begun) >= limit else split(term, rows(_begun(scope), words=_words(term)))


@lru_cache(100)
def _in(scope: BoardScope, column: str, most: int) -> Any:
    hit = (TITLE if column == "title" else DESCRIPTION).ilike(bindparam("like"))
    query = select(Task.id).where(hit, *visible_tasks(scope)).order_by(Task.id.desc()).limit(most)
    return planned_each_time(query)


@lru_cache(100)
def _in_newest_titles(scope: BoardScope, most: int) -> Any:
    latest = aliased(Task)
    oldest = select(func.max(latest.id) - MAX_SCANNED).scalar_subquery()
    begins = TITLE.op("~*", is_comparison=True)(bindparam("regex"))
    likely = (
        select(Task.id, TITLE.label("title"), DESCRIPTION.label("description"))
        .where(Task.id > oldest, begins, *visible_tasks(scope))
        .order_by(Task.id.desc())
        .limit(MAX_SCANNED)
        .subquery()
    )
    words = func.to_tsvector(
        literal_column("'simple'::regconfig"), likely.c.title + " " + func.left(likely.c.description, 20000)
    )
    query = select(likely.c.id, likely.c.title).where(_hold(words, bindparam("words"))).order_by(likely.c.id.desc())
    return planned_each_time(query.limit(most))


@lru_cache(100)
def _begun(scope: BoardScope) -> Any:
    query = select(Task.id, Task.title).where(_hold(WORDS, bindparam("words")), *visible_tasks(scope))
    return planned_each_time(query.order_by(Task.id.desc()).limit(MAX_RANKED))


def matches(term: Term) -> ColumnElement[bool]:
    if term.way == MatchMode.WORD_START:
        return _hold(WORDS, _words(term))
    return or_(TITLE.ilike(term.like), DESCRIPTION.ilike(term.like))


def _words(term: Term) -> str:
    """The term as a prefix query of PostgreSQL's full-text search."""
    return f"'{term.text}':*"


def _hold(words: ColumnElement[Any], question: Any) -> ColumnElement[bool]:
    return words.op("@@", is_comparison=True)(func.to_tsquery("simple", question))
