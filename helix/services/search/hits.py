from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select

from helix.extensions import db
from helix.models import Name, Task
from helix.models.task import LIVE_TASK
from helix.policies.actor import Actor
from helix.services import names
from helix.services.access import on_visible_boards
from helix.services.search import postgresql, sqlite
from helix.services.search.engine import Engine, recent
from helix.services.search.term import Term, Way


def tasks(actor: Actor, typed: str, *, limit: int = 20) -> list[int]:
    """The ids of the best `limit` hits. Nothing typed finds nothing."""
    term = Term.of(typed)
    if term is None:
        return []
    among = [LIVE_TASK, on_visible_boards(actor, Task.board_id)]
    in_title, in_description = _engine().newest(term, among, limit)
    ids = list(in_title)
    if len(ids) < limit:
        ids += _of_agents(db.session.scalars(_agents(term)).all(), among, limit)
    return list(dict.fromkeys([*ids, *in_description]))[:limit]


def matching(typed: str) -> ColumnElement[bool] | None:
    """A condition on Task: its title, its description or its agent's name holds what was typed."""
    term = Term.of(typed)
    if term is None:
        return None
    texts = Task.id.in_(recent(term)) if term.way == Way.RECENT else _engine().matches(term)
    return or_(texts, Task.assigned_agent_id.in_(_agents(term)))


def _engine() -> Engine:
    return postgresql if db.engine.dialect.name == "postgresql" else sqlite


def _agents(term: Term) -> Select[Any]:
    """Ids of the agents with the term in their name. Names are kept without case, in every alphabet."""
    key = names.key_of(term.text)
    hit = Name.key.contains(key, autoescape=True)
    if term.way == Way.WORD_START:
        hit = or_(Name.key.startswith(key, autoescape=True), Name.key.contains(f" {key}", autoescape=True))
    return select(Name.agent_id).where(Name.agent_id.is_not(None), hit)


def _of_agents(agent_ids: Sequence[int], among: Sequence[Any], limit: int) -> list[int]:
    if not agent_ids:
        return []
    query = select(Task.id).where(Task.assigned_agent_id.in_(agent_ids), *among)
    return list(db.session.scalars(query.order_by(Task.id.desc()).limit(limit)))
