"""SQLite: FTS5, by trigrams (`task_search`) and by word prefixes (`task_words`).

Both return matches newest first while scanning, so that the newest thousand cost the same however many there are.
"""

from typing import Any

from sqlalchemy import ColumnElement, column, literal_column, select, table

from helix.extensions import db
from helix.models import Task
from helix.policies.actor import Actor
from helix.services.search.engine import MAX_RANKED, Hits, newest_recent, split, visible_tasks
from helix.services.search.term import MatchMode, Term

TRIGRAMS = table("task_search", column("rowid"))
WORDS = table("task_words", column("rowid"))


def newest(actor: Actor, term: Term, limit: int) -> Hits:
    if term.way == MatchMode.RECENT:
        return newest_recent(actor, term)
    index, match = _match(term)
    query = select(Task.id, Task.title).join(index, index.c.rowid == Task.id).where(match, *visible_tasks(actor))
    return split(term, db.session.execute(query.order_by(index.c.rowid.desc()).limit(max(MAX_RANKED, limit))))


def matches(term: Term) -> ColumnElement[bool]:
    index, match = _match(term)
    return Task.id.in_(select(index.c.rowid).where(match))


def _match(term: Term) -> tuple[Any, ColumnElement[bool]]:
    # In quotes no character is an operator; quotes are doubled.
    phrase = '"' + term.text.replace('"', '""') + '"'
    if term.way == MatchMode.WORD_START:
        return WORDS, literal_column("task_words").op("MATCH", is_comparison=True)(f"{phrase}*")
    return TRIGRAMS, literal_column("task_search").op("MATCH", is_comparison=True)(phrase)
