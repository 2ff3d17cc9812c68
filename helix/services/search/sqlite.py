"""SQLite: FTS5, by trigrams (`task_search`) and by word prefixes (`task_words`).

Both return matches newest first while scanning, so that the newest thousand cost the same however many there are.
"""

from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, TableClause, bindparam, column, literal_column, select, table

from helix.db.read import rows
from helix.models import Task
from helix.services.access import BoardScope
from helix.services.search.engine import MAX_RANKED, Hits, newest_recent, split, visible_tasks
from helix.services.search.term import MatchMode, Term

TRIGRAMS = table("task_search", column("rowid"))
WORDS = table("task_words", column("rowid"))


def newest(scope: BoardScope, term: Term, limit: int) -> Hits:
    if term.way == MatchMode.RECENT:
        return newest_recent(scope, term)
    index = _index(term)
    query = _newest(scope, index, max(MAX_RANKED, limit))
    return split(term, rows(query, phrase=_phrase(term)))


@lru_cache(100)
def _newest(scope: BoardScope, index: TableClause, most: int) -> Any:
    return (
        select(Task.id, Task.title)
        .join(index, index.c.rowid == Task.id)
        .where(_match(index, bindparam("phrase")), *visible_tasks(scope))
        .order_by(index.c.rowid.desc())
        .limit(most)
    )


def matches(term: Term) -> ColumnElement[bool]:
    index = _index(term)
    return Task.id.in_(select(index.c.rowid).where(_match(index, _phrase(term))))


def _index(term: Term) -> TableClause:
    return WORDS if term.way == MatchMode.WORD_START else TRIGRAMS


def _match(index: TableClause, phrase: Any) -> ColumnElement[bool]:
    return literal_column(index.name).op("MATCH", is_comparison=True)(phrase)


def _phrase(term: Term) -> str:
    """The term as a query of FTS5. In quotes no character is an operator; quotes are doubled."""
    phrase = '"' + term.text.replace('"', '""') + '"'
    return f"{phrase}*" if term.way == MatchMode.WORD_START else phrase
