from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, case, func, or_, select, true

from helix.db.read import rows
from helix.extensions import db
from helix.models import Skill, SkillBoard, SkillTag
from helix.models.types import search_expression
from helix.models.vocabulary import ActivationMode
from helix.services.search.term import Term
from helix.text import tags as tags_of


@dataclass(frozen=True)
class SkillFilter:
    """Filters of a list. `search` matches any part of name, description or content, ignoring case."""

    search: str | None = None
    category: str | None = None
    tag: str | None = None


def list_skills(wanted: SkillFilter, *, limit: int, offset: int = 0) -> tuple[Sequence[Any], int]:
    """One page of rows and the total number of matches: matches in the name first, then in the description, by name."""
    found = rows(_page(wanted, limit, offset))
    if found or not offset:
        return found, found[0].total if found else 0
    return found, list_skills(wanted, limit=1)[1]


@lru_cache(100)
def _page(wanted: SkillFilter, limit: int, offset: int) -> Select[Any]:
    """One query that scans the texts once, for both the total and the page."""
    conditions, order = _conditions(wanted), [Skill.name_key, Skill.id]
    term = Term.of(wanted.search or "")
    if term is not None:
        in_name = _holds(Skill.name, Skill.name_folded, term)
        in_description = _holds(Skill.description, Skill.description_folded, term)
        conditions.append(or_(in_name, in_description, _holds(Skill.content, Skill.content_folded, term)))
        order.insert(0, case((in_name, 0), (in_description, 1), else_=2))
    hits = select(Skill.id, func.count().over().label("total"), func.row_number().over(order_by=order).label("place"))
    page = hits.where(*conditions).order_by("place").limit(limit).offset(offset).subquery()
    return select(Skill.__table__, page.c.total).join(page, page.c.id == Skill.id).order_by(page.c.place)


def by_name(typed: str, *, limit: int) -> list[tuple[int, str]]:
    """(id, name) of skills with the text in their name, by name; none for an empty text."""
    term = Term.of(typed)
    if term is None:
        return []
    query = select(Skill.id, Skill.name).where(_holds(Skill.name, Skill.name_folded, term))
    return [(id_, name) for id_, name in rows(query.order_by(Skill.name_key, Skill.id).limit(limit))]


class Activation(NamedTuple):
    """What narrows the runs in which a skill is used: boards in the mode `board`, tags of tasks in the mode `tag`."""

    mode: ActivationMode
    board_ids: list[int]
    tags: list[str]


def activations(skill_ids: Collection[int]) -> dict[int, Activation]:
    """By skill id, with all boards, also those that the viewer does not see."""
    skills_query = select(Skill.id, Skill.activation_mode, Skill.activation_tags).where(Skill.id.in_(skill_ids))
    found = {id_: Activation(mode, [], tags) for id_, mode, tags in rows(skills_query)}
    boards_query = select(SkillBoard.skill_id, SkillBoard.board_id).where(SkillBoard.skill_id.in_(skill_ids))
    for skill_id, board_id in rows(boards_query):
        if skill_id in found:
            found[skill_id].board_ids.append(board_id)
    return found


def matches_name_or_description(search: str) -> ColumnElement[bool]:
    """A condition: the text is in the skill's name or description. True for an empty search."""
    term = Term.of(search)
    if term is None:
        return true()
    return or_(_holds(Skill.name, Skill.name_folded, term), _holds(Skill.description, Skill.description_folded, term))


def categories() -> list[str]:
    """The values in use, for selection lists."""
    used = select(Skill.category).where(Skill.category != "").distinct().order_by(Skill.category)
    return list(db.session.scalars(used))


def tags() -> list[str]:
    """The values in use, for selection lists."""
    return list(db.session.scalars(select(SkillTag.tag).distinct().order_by(SkillTag.tag)))


def _conditions(filters: SkillFilter) -> list[Any]:
    conditions: list[Any] = []
    if filters.category is not None:
        category = filters.category.strip()
        conditions.append(or_(Skill.category == category, func.lower(Skill.category) == category.lower()))
    if filters.tag is not None:
        conditions.append(Skill.id.in_(select(SkillTag.skill_id).where(SkillTag.tag == tags_of.tidy(filters.tag))))
    return conditions


def _holds(text: Any, folded: Any, term: Term) -> ColumnElement[bool]:
    return search_expression(text, folded).ilike(term.like, escape="\\")
