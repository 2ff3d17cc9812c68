"""Names of users and agents, unique across both, so that @mentions are unambiguous."""

from sqlalchemy import delete, select

from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Agent, Name, User
from helix.services.conflicts import conflict_on_duplicate
from helix.text import names
from helix.text.names import key_of

MAX_KEY_LENGTH = 160
# The part of a suggested name that is used, so that a number fits after it.
MAX_SUGGESTION_LENGTH = 70

__all__ = ["all_names", "claim", "first_free", "is_available", "key_of", "release"]


def claim(name: str, *, user_id: int | None = None, agent_id: int | None = None) -> str:
    """Claim a name for a user or an agent, and release the previous one. Returns the normalized name.

    Raises Conflict when the name, or one that looks like it, is taken; Invalid when it is not allowed.
    """
    tidy, key = names.tidy(name), key_of(name)
    if wrong := names.problem(tidy):
        raise Invalid.field("name", wrong)
    if len(key) > MAX_KEY_LENGTH:  # case folding makes some texts longer
        raise Invalid.field("name", "This name is too long.")
    taken = db.session.get(Name, key)
    its_own = taken is not None and (taken.user_id, taken.agent_id) == (user_id, agent_id)
    if taken and not its_own:
        raise _taken_error(tidy, taken)
    alike = _lookalike(tidy, user_id=user_id, agent_id=agent_id)
    if alike:
        raise Conflict(f"{tidy} looks like {alike}, a name that is already taken. Choose another.")
    if not its_own:
        release(user_id=user_id, agent_id=agent_id)
        with conflict_on_duplicate(f"The name {tidy} is already taken. Choose another, so that @mentions stay clear."):
            db.session.add(Name(key=key, user_id=user_id, agent_id=agent_id))
    return tidy


def is_available(name: str) -> bool:
    """Whether neither this name nor one that looks like it is taken."""
    return db.session.get(Name, key_of(name)) is None and _lookalike(names.tidy(name)) is None


def first_free(*wanted: str) -> str:
    """A name for somebody who did not choose one: the first allowed one of `wanted`, with a number when taken."""
    allowed = (names.made_fit(name[:MAX_SUGGESTION_LENGTH]) for name in wanted)
    base = next(filter(None, allowed), "Somebody")
    for name in (base, *(f"{base} {number}" for number in range(2, 1000))):
        if is_available(name):
            return name
    raise Conflict(f"There are too many users named {base}. Choose another name.")


def release(*, user_id: int | None = None, agent_id: int | None = None) -> None:
    condition = Name.user_id == user_id if user_id is not None else Name.agent_id == agent_id
    db.session.execute(delete(Name).where(condition))


def all_names() -> dict[str, tuple[str, int]]:
    """All names by key, as ("user" or "agent", id), for recognizing mentions."""
    rows = db.session.execute(select(Name.key, Name.user_id, Name.agent_id)).all()
    return {row.key: ("agent", row.agent_id) if row.agent_id else ("user", row.user_id) for row in rows}


def _taken_error(name: str, taken: Name) -> Conflict:
    whose = "an agent" if taken.agent_id else "a user"
    return Conflict(f"The name {name} is already used by {whose}. Choose another, so that @mentions stay clear.")


def _lookalike(name: str, *, user_id: int | None = None, agent_id: int | None = None) -> str | None:
    """An existing name in another alphabet that looks the same; None when there is none."""
    query = select(Name.user_id, Name.agent_id, User.name, Agent.name).outerjoin(User).outerjoin(Agent)
    latin = name.isascii()
    for whose, whose_agent, person, agent in db.session.execute(query):
        other = person or agent
        if (whose, whose_agent) == (user_id, agent_id) or (latin and other.isascii()):
            continue
        if names.looks_like(name, other):
            return other
    return None
