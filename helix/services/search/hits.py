from collections.abc import Sequence

from sqlalchemy import ColumnElement, bindparam, or_, select

from helix.extensions import db
from helix.models import Name, Task
from helix.policies.actor import Actor
from helix.rows import rows
from helix.services import names
from helix.services.search import postgresql, sqlite
from helix.services.search.engine import Engine, recent, seen
from helix.services.search.term import Term, Way, literally

# Ids of the agents with a term in their name, as `_patterns` says it.
_AGENTS = select(Name.agent_id).where(
    Name.agent_id.is_not(None),
    or_(Name.key.like(bindparam("first"), escape="\\"), Name.key.like(bindparam("later"), escape="\\")),
)


def tasks(actor: Actor, typed: str, *, limit: int = 20) -> list[int]:
    """The ids of the best `limit` hits. Nothing typed finds nothing."""
    term = Term.of(typed)
    if term is None:
        return []
    in_title, in_description = _engine().newest(actor, term, limit)
    ids = list(in_title)
    if len(ids) < limit:
        ids += _of_agents([row[0] for row in rows(_AGENTS, **_patterns(term))], actor, limit)
    return list(dict.fromkeys([*ids, *in_description]))[:limit]


def matching(typed: str) -> ColumnElement[bool] | None:
    """A condition on Task: its title, its description or its agent's name holds what was typed."""
    term = Term.of(typed)
    if term is None:
        return None
    texts = Task.id.in_(recent(term)) if term.way == Way.RECENT else _engine().matches(term)
    return or_(texts, Task.assigned_agent_id.in_(_AGENTS.params(**_patterns(term))))


def _engine() -> Engine:
    return postgresql if db.engine.dialect.name == "postgresql" else sqlite


def _patterns(term: Term) -> dict[str, str]:
    """Of the names of agents, which are kept without case, in every alphabet."""
    key = literally(names.key_of(term.text))
    if term.way == Way.WORD_START:
        return {"first": f"{key}%", "later": f"% {key}%"}
    return {"first": f"%{key}%", "later": f"%{key}%"}


def _of_agents(agent_ids: Sequence[int], actor: Actor, limit: int) -> list[int]:
    if not agent_ids:
        return []
    query = select(Task.id).where(Task.assigned_agent_id.in_(agent_ids), *seen(actor))
    return list(db.session.scalars(query.order_by(Task.id.desc()).limit(limit)))
