from collections.abc import Sequence

from sqlalchemy import ColumnElement, exists, or_, select

from helix.db.read import rows
from helix.extensions import db
from helix.models import Board, Name, Task
from helix.models.task import TITLE
from helix.policies.actor import Actor
from helix.services.access import BoardScope, board_scope
from helix.services.search import postgresql, sqlite
from helix.services.search.engine import Engine, recent, visible_tasks
from helix.services.search.term import MatchMode, Term
from helix.text import task_keys

# Matched in Python: there are hundreds of agents, not millions.
_AGENTS = select(Name.agent_id, Name.key).where(Name.agent_id.is_not(None))


def tasks(actor: Actor, typed: str, *, limit: int = 20) -> list[int]:
    """The ids of the best `limit` matches; an empty list for an empty query."""
    term = Term.of(typed)
    if term is None:
        return []
    scope = board_scope(actor)
    named = _task_with_id(typed, scope)
    in_title, in_description = _engine().newest(scope, term, limit)
    ids = list(in_title)
    if len(ids) < limit:
        ids += _tasks_of_agents(_matching_agents(term), scope, limit)
    return list(dict.fromkeys([*named, *ids, *in_description]))[:limit]


def matching(typed: str) -> ColumnElement[bool] | None:
    """A condition on Task: the text is in its title, its description or its agent's name. None for an empty query."""
    term = Term.of(typed)
    if term is None:
        return None
    texts = Task.id.in_(recent(term)) if term.way == MatchMode.RECENT else _engine().matches(term)
    agents = _matching_agents(term)
    return or_(texts, Task.assigned_agent_id.in_(agents)) if agents else texts


def _task_with_id(typed: str, scope: BoardScope) -> list[int]:
    """The task that SEO-22, #22 or 22 names. Of the first only if some board has the key: GPT-4 is a word."""
    found = task_keys.parse(typed)
    if found is None:
        return []
    key, task_id = found
    query = select(Task.id).where(Task.id == task_id, *visible_tasks(scope))
    if key:
        query = query.where(exists().where(Board.key == key))
    return list(db.session.scalars(query))


def in_title(term: Term) -> ColumnElement[bool]:
    """A condition on Task: the term is anywhere in its title."""
    return TITLE.ilike(term.like, escape="\\")


def _engine() -> Engine:
    return postgresql if db.engine.dialect.name == "postgresql" else sqlite


def _matching_agents(term: Term) -> list[int]:
    """Ids of agents with the term in their name; terms of one or two letters match at the start of a word only."""
    return [row.agent_id for row in rows(_AGENTS) if term.is_in(row.key)]


def _tasks_of_agents(agent_ids: Sequence[int], scope: BoardScope, limit: int) -> list[int]:
    if not agent_ids:
        return []
    query = select(Task.id).where(Task.assigned_agent_id.in_(agent_ids), *visible_tasks(scope))
    return list(db.session.scalars(query.order_by(Task.id.desc()).limit(limit)))
