"""PostgreSQL: ILIKE on trigram indexes, and the beginnings of words in an index of words.

Where a term is common the newest rows are read until there are enough, where it is rare the index finds it: the
planner knows which from the term itself, so a plan must not be kept for the next one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from helix.extensions import db
from helix.models import Task
from helix.services.search.engine import MOST_RANKED, Hits, newest_recent, split
from helix.services.search.term import Term, Way

# To the letter the expression of the index ix_tasks_words_trigram.
WORDS = literal_column("to_tsvector('simple', tasks.title || ' ' || left(tasks.description, 20000))")
# So many of the newest tasks are looked at before the index is asked for two letters.
MOST_WALKED = 1000


def newest(term: Term, among: Sequence[Any], limit: int) -> Hits:
    if term.way == Way.RECENT:
        return newest_recent(term, among)
    with _planned_anew():
        return _newest_indexed(term, among, limit)


def _newest_indexed(term: Term, among: Sequence[Any], limit: int) -> Hits:
    if term.way == Way.WORD_START:
        if len(begun := _in_newest_titles(term, among, limit)) >= limit:
            return begun, []
        query = select(Task.id, Task.title).where(matches(term), *among).order_by(Task.id.desc())
        return split(term, db.session.execute(query.limit(MOST_RANKED)))
    in_title = _newest(Task.title.ilike(term.like), among, limit)
    if len(in_title) >= limit:
        return in_title, []
    return in_title, _newest(Task.description.ilike(term.like), [*among, Task.id.not_in(in_title)], limit)


def _in_newest_titles(term: Term, among: Sequence[Any], limit: int) -> list[int]:
    """Of the newest tasks, those with a word in their title that begins so: where there are enough, older ones and
    descriptions do not matter. Two letters may begin words of nearly every task, and the index hands out all of them.
    """
    latest = aliased(Task)
    oldest = select(func.max(latest.id) - MOST_WALKED).scalar_subquery()
    likely = (
        select(Task.id, Task.title, Task.description)
        .where(Task.id > oldest, Task.title.op("~*", is_comparison=True)(rf"\m{term.text}"), *among)
        .order_by(Task.id.desc())
        .limit(MOST_WALKED)
        .subquery()
    )
    words = func.to_tsvector(
        literal_column("'simple'::regconfig"), likely.c.title + " " + func.left(likely.c.description, 20000)
    )
    query = select(likely.c.id, likely.c.title).where(_begins(words, term)).order_by(likely.c.id.desc())
    return [task_id for task_id, title in db.session.execute(query.limit(limit)) if term.is_in(title)]


def _newest(hit: ColumnElement[bool], among: Sequence[Any], limit: int) -> list[int]:
    return list(db.session.scalars(select(Task.id).where(hit, *among).order_by(Task.id.desc()).limit(limit)))


@contextmanager
def _planned_anew() -> Iterator[None]:
    """No statement is prepared: its plan is made for the term at hand, and forgotten with it."""
    connection: Any = db.session.connection().connection.driver_connection
    threshold, connection.prepare_threshold = connection.prepare_threshold, None
    try:
        yield
    finally:
        connection.prepare_threshold = threshold


def matches(term: Term) -> ColumnElement[bool]:
    if term.way == Way.WORD_START:
        return _begins(WORDS, term)
    return or_(Task.title.ilike(term.like), Task.description.ilike(term.like))


def _begins(words: ColumnElement[Any], term: Term) -> ColumnElement[bool]:
    return words.op("@@", is_comparison=True)(func.to_tsquery("simple", f"'{term.text}':*"))
