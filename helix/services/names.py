"""Names are unique over people and agents together, without case, so that an @mention means one of them."""

from sqlalchemy import delete, select

from helix.errors import Conflict, Invalid
from helix.extensions import db
from helix.models import Name
from helix.services.clash import unless_taken

LONGEST_KEY = 160
# Of a name that was not typed for this purpose, so that a number fits behind it.
LONGEST_WANTED = 70


def key_of(name: str) -> str:
    return " ".join(name.split()).casefold()


def claim(name: str, *, user_id: int | None = None, agent_id: int | None = None) -> str:
    """Take a name for a person or an agent, giving up the earlier one. Returns it tidied.

    Raises Conflict when it is taken, Invalid when nothing is left of it.
    """
    tidy = " ".join(name.split())
    if not tidy:
        raise Invalid.field("name", "Give a name.")
    if len(key_of(tidy)) > LONGEST_KEY:  # a few letters grow when their case is folded
        raise Invalid.field("name", "This name is too long.")
    taken = db.session.get(Name, key_of(tidy))
    if taken and (taken.user_id, taken.agent_id) != (user_id, agent_id):
        whose = "an agent" if taken.agent_id else "a person"
        raise Conflict(f"The name {tidy} is already {whose}'s here. Choose another, so that @mentions stay clear.")
    if not taken:
        release(user_id=user_id, agent_id=agent_id)
        with unless_taken(f"The name {tidy} is already taken here. Choose another, so that @mentions stay clear."):
            db.session.add(Name(key=key_of(tidy), user_id=user_id, agent_id=agent_id))
    return tidy


def free(wanted: str) -> str:
    """A name to claim for somebody who did not choose one: `wanted`, with a number behind it where that is taken."""
    wanted = wanted[:LONGEST_WANTED].strip() or "Somebody"
    for name in (wanted, *(f"{wanted} {number}" for number in range(2, 1000))):
        if db.session.get(Name, key_of(name)) is None:
            return name
    raise Conflict(f"There are too many people called {wanted} here. Give another name.")


def release(*, user_id: int | None = None, agent_id: int | None = None) -> None:
    condition = Name.user_id == user_id if user_id is not None else Name.agent_id == agent_id
    db.session.execute(delete(Name).where(condition))


def all_names() -> dict[str, tuple[str, int]]:
    """Case-folded name to ("user" or "agent", id): what mentions are found in."""
    rows = db.session.execute(select(Name.key, Name.user_id, Name.agent_id)).all()
    return {row.key: ("agent", row.agent_id) if row.agent_id else ("user", row.user_id) for row in rows}
