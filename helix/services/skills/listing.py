from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select

from helix.extensions import db
from helix.models import Skill, SkillTag
from helix.services.search.term import Term


@dataclass(frozen=True)
class SkillFilter:
    """What a list is narrowed to. `search` is any part of name, description or content, without case."""

    search: str | None = None
    category: str | None = None
    tag: str | None = None


def listed(wanted: SkillFilter, *, limit: int, offset: int = 0) -> tuple[list[Skill], int]:
    """One page of skills, and how many there are in all. By name, those with the words in their name first."""
    conditions, order = _conditions(wanted), [Skill.name_key, Skill.id]
    term = Term.of(wanted.search or "")
    if term is not None:
        in_name, in_description = _holds(Skill.name, term), _holds(Skill.description, term)
        conditions.append(or_(in_name, in_description, _holds(Skill.content, term)))
        order.insert(0, case((in_name, 0), (in_description, 1), else_=2))
    # The texts are read through once, for the number of hits and for the page alike.
    ids = list(db.session.scalars(select(Skill.id).where(*conditions).order_by(*order)))
    page = ids[offset : offset + limit]
    rows = {skill.id: skill for skill in db.session.scalars(select(Skill).where(Skill.id.in_(page)))} if page else {}
    return [rows[skill_id] for skill_id in page if skill_id in rows], len(ids)


def categories() -> list[str]:
    """Those in use, for choosing from."""
    used = select(Skill.category).where(Skill.category != "").distinct().order_by(Skill.category)
    return list(db.session.scalars(used))


def tags() -> list[str]:
    """Those in use, for choosing from."""
    return list(db.session.scalars(select(SkillTag.tag).distinct().order_by(SkillTag.tag)))


def _conditions(wanted: SkillFilter) -> list[Any]:
    found: list[Any] = []
    if wanted.category is not None:
        category = wanted.category.strip()
        found.append(or_(Skill.category == category, func.lower(Skill.category) == category.lower()))
    if wanted.tag is not None:
        found.append(Skill.id.in_(select(SkillTag.skill_id).where(SkillTag.tag == wanted.tag.strip().lower())))
    return found


def _holds(column: Any, term: Term) -> ColumnElement[bool]:
    if not term.text.isascii() and db.engine.dialect.name == "sqlite":
        # Its own LIKE knows the case of ASCII alone.
        return func.helix_casefold(column).like(term.like.casefold(), escape="\\")
    return column.ilike(term.like, escape="\\")
