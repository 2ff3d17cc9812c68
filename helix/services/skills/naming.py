"""Names of skills, unique ignoring case, and the slugs made from them."""

from collections.abc import Iterator
from itertools import count

from sqlalchemy import select

from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Skill
from helix.services.conflicts import conflict_on_duplicate
from helix.text.filenames import slug

MAX_KEY_LENGTH = 240
MAX_NAME_LENGTH = 120
# An attempt fails only when another request saves the same name or slug at the same moment.
MAX_ATTEMPTS = 20


class NameTaken(Conflict):
    """Another skill has the name; the response includes its id."""

    def __init__(self, name: str, skill_id: int) -> None:
        super().__init__(f"There is already a skill named {name}. Choose another name.", skill_id=skill_id)


def normalize_name(name: str) -> tuple[str, str]:
    """The name with normalized white space, and its case-insensitive key. Raises Invalid when empty or too long."""
    name = " ".join(name.split())
    if not name:
        raise Invalid.field("name", "Give the skill a name.")
    if len(name.casefold()) > MAX_KEY_LENGTH:  # case folding makes some texts longer
        raise Invalid.field("name", "This name is too long.")
    return name, name.casefold()


def find_by_name(name: str, *, besides: int | None = None) -> Skill | None:
    """The skill that has this name, ignoring case; None when there is none."""
    return db.session.scalar(select(Skill).where(Skill.name_key == normalize_name(name)[1], Skill.id != (besides or 0)))


def set_name(skill: Skill, name: str) -> None:
    """Set the name and slug of a new or existing skill, and flush it. Raises NameTaken."""
    name, key = normalize_name(name)
    for _try in range(MAX_ATTEMPTS):
        if taken := find_by_name(name, besides=skill.id):
            raise NameTaken(name, taken.id)
        address = _free_slug(name, besides=skill.id)
        try:
            with conflict_on_duplicate("Somebody else saved a skill at the same moment. Try again."):
                skill.name, skill.name_key, skill.slug = name, key, address
                db.session.add(skill)
        except Conflict:
            continue
        return
    raise Conflict("Others are saving skills with this name right now. Try again in a moment.")


def free_name(name: str) -> str:
    """The name, or the first of "Name (2)", "Name (3)" … that no skill has."""
    return next(candidate for candidate in _numbered(name) if find_by_name(candidate) is None)


def _numbered(name: str) -> Iterator[str]:
    yield name
    for number in count(2):
        ending = f" ({number})"
        yield name[: MAX_NAME_LENGTH - len(ending)].rstrip() + ending


def _free_slug(name: str, *, besides: int | None) -> str:
    base = slug(name)
    alike = select(Skill.slug).where(Skill.slug.startswith(base), Skill.id != (besides or 0))
    taken = set(db.session.scalars(alike))
    return next(
        candidate for number in count(1) if (candidate := base if number == 1 else f"{base}-{number}") not in taken
    )
